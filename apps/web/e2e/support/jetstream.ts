/** What browser tests of stored data need: a JetStream client of the server under test, or the sentence why they are skipped. */
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { test } from '@playwright/test';
import type { Sluice } from './sluice.ts';

export const NO_JETSTREAM = 'skipped: this broker has no JetStream';

export interface StoredData {
  readonly js: JetStreamClient;
  readonly manager: JetStreamManager;
}

/** A client of the server's JetStream; null where it has none. */
export async function storedData(sluice: Sluice): Promise<StoredData | null> {
  const client = await sluice.client({ name: 'stored-data' });
  try {
    const manager = await jetstreamManager(client);
    return { js: jetstream(client), manager };
  } catch (error) {
    process.stderr.write(`no JetStream: ${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}

/** Ends the test as skipped, with the reason, where there is no JetStream. */
export function mustHave(data: StoredData | null): StoredData {
  test.skip(data === null, NO_JETSTREAM);
  if (data === null) throw new Error(NO_JETSTREAM);
  return data;
}
