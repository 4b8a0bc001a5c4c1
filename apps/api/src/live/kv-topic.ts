/**
 * `kv`: changes of a key-value bucket as they come, read by message get four times a second. Nothing subscribes and no consumer is
 * made; a browser that falls behind gets the changes later, and of a key that changed often only what the bucket still keeps.
 */
import type { KvEntry, KvWatchOptions } from '@sluice/protocol/console';
import type { Clock } from '../env/clock.ts';
import type { KvBucket } from '../nats/jetstream/kv-bucket.ts';
import { readForward } from '../nats/jetstream/message-reader.ts';
import { CreditWindow } from './credit-window.ts';
import type { Topic, TopicOutput } from './topic.ts';

export const KV_CREDITS = 4;
const POLL_MS = 250;
const MAX_ENTRIES = 250;
const DEFAULT_VALUE_BYTES = 1024;

/** Watches `bucket` from the revision after `afterRevision`, or from now. */
export function kvTopic(bucket: KvBucket, first: KvWatchOptions, clock: Clock, output: TopicOutput): Topic {
  const window = new CreditWindow(KV_CREDITS);
  let options = first;
  let revision = first.afterRevision ?? bucket.revision;
  let isBusy = false;
  let isClosed = false;

  const read = async (): Promise<void> => {
    const asked = options;
    const entries: KvEntry[] = [];
    const filter = bucket.prefix + (asked.filter ?? '>');
    let reached = revision;
    await readForward(bucket.js, bucket.target, { filter, seq: revision + 1, batch: MAX_ENTRIES }, (message) => {
      entries.push(bucket.entry(message, asked.maxValueBytes ?? DEFAULT_VALUE_BYTES));
      reached = message.seq;
      return entries.length >= MAX_ENTRIES || message.pending === 0;
    });
    if (isClosed || asked !== options || entries.length === 0) return;
    revision = reached;
    output.send(window.next(), { topic: 'kv', data: { entries, revision } });
  };
  const poll = (): void => {
    if (isBusy || isClosed || !window.canSend) return;
    isBusy = true;
    read().then(
      () => {
        isBusy = false;
      },
      (error: unknown) => {
        close();
        output.end(error instanceof Error ? error.message : String(error));
      },
    );
  };
  const timer = clock.setRepeatingTimer(POLL_MS, poll);
  const close = (): void => {
    isClosed = true;
    timer.cancel();
  };
  poll();
  return {
    ack: (seq) => window.ack(seq),
    update(topic) {
      if (topic.topic !== 'kv' || topic.kv.bucket !== bucket.name || topic.kv.account !== options.account) return false;
      options = topic.kv;
      revision = topic.kv.afterRevision ?? revision;
      return true;
    },
    tick: () => undefined,
    close,
  };
}
