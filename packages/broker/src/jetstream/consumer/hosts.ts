/** What a consumer's queue of requests and its pin see of it: its configuration as it is now, its counts, and ways to speak. */
import type { Consumer } from './consumer.ts';
import type { PinnedClient } from './pinned-client.ts';
import type { PullQueue } from './pull.ts';

/** For the pin of a priority group. */
export function pinnedHost(consumer: Consumer): ConstructorParameters<typeof PinnedClient>[0] {
  const { host } = consumer.stream;
  return {
    clock: host.clock,
    get ttlNs(): number {
      return consumer.config.priority_timeout ?? 0;
    },
    newId: () => host.newId(),
    onPinned: (group, id) => consumer.advisories.pinned(group, id),
    onUnpinned: (group, reason) => {
      consumer.advisories.unpinned(group, reason);
      consumer.signal();
    },
  };
}

/** For the requests that wait. */
export function pullHost(consumer: Consumer): ConstructorParameters<typeof PullQueue>[0] {
  const { host, messenger } = consumer.stream;
  return {
    clock: host.clock,
    get policy() {
      return consumer.config.priority_policy ?? 'none';
    },
    get groups() {
      return consumer.config.priority_groups ?? [];
    },
    get maxWaiting() {
      return consumer.config.max_waiting ?? 0;
    },
    get maxBatch() {
      return consumer.config.max_batch ?? 0;
    },
    get maxExpiresNs() {
      return consumer.config.max_expires ?? 0;
    },
    get maxBytes() {
      return consumer.config.max_bytes ?? 0;
    },
    pendingCount: () => Math.max(0, consumer.pendingCount),
    queuedCount: () => consumer.state.queuedCount,
    ackPendingCount: () => consumer.state.pending.size,
    status: (reply, block) => messenger.sendStatus(reply, block),
    heartbeat: (reply) => consumer.sendHeartbeat(reply),
    hasInterest: (subject) => host.account.hasInterest(subject),
  };
}
