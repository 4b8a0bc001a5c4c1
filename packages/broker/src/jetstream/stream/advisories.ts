/** What a stream tells the world about itself. */
import type { JsonObject } from '@sluice/protocol/jetstream';
import type { Stream } from './stream.ts';

const words = { create: 'CREATED', delete: 'DELETED', modify: 'UPDATED' } as const;

export class StreamAdvisories {
  private readonly stream: Stream;

  constructor(stream: Stream) {
    this.stream = stream;
  }

  action(action: keyof typeof words): void {
    const { name } = this.stream.config;
    this.send(`${words[action]}.${name}`, 'stream_action', { stream: name, action });
  }

  batchAbandoned(batch: string, reason: string): void {
    const { name } = this.stream.config;
    this.send(`BATCH_ABANDONED.${name}`, 'stream_batch_abandoned', { stream: name, batch, reason });
  }

  private send(subject: string, type: string, fields: JsonObject): void {
    this.stream.host.advise(`$JS.EVENT.ADVISORY.STREAM.${subject}`, `io.nats.jetstream.advisory.v1.${type}`, fields);
  }
}
