/** What browser tests of stored data need: a JetStream client of the server under test. */
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Sluice } from './sluice.ts';

export interface StoredData {
  readonly js: JetStreamClient;
  readonly manager: JetStreamManager;
}

/** A client of the server's JetStream. Rejects where it has none: the server under test is ours, and always has it. */
export async function storedData(sluice: Sluice): Promise<StoredData> {
  const client = await sluice.client({ name: 'stored-data' });
  return { js: jetstream(client), manager: await jetstreamManager(client) };
}
