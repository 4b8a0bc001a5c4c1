/** Hears, in a turn of its own, that subscriptions of the account came or went. */
export interface InterestWatcher {
  onInterestChanged(): void;
}

/** What a stream and its consumers need from the account they live in. */
import type { ApiError, JsonObject, StorageType } from '@sluice/protocol/jetstream';
import type { Account } from '../../account/account.ts';
import type { Clock } from '../../env/env.ts';
import type { Log } from '../../env/log.ts';
import type { AssetFile } from '../asset-file.ts';
import type { Consumer } from '../consumer/consumer.ts';
import type { JetStreamOptions } from '../limits.ts';
import type { Messenger } from '../messenger.ts';
import type { JetStreamTurn } from '../turn.ts';
import type { BatchCounter } from './atomic-batch.ts';
import type { Stream } from './stream.ts';

export interface StreamHost {
  readonly account: Account;
  readonly messenger: Messenger;
  readonly turn: JetStreamTurn;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: JetStreamOptions;
  readonly serverName: string;
  readonly atomicBatches: BatchCounter;
  readonly fastBatches: BatchCounter;
  readonly interestWatchers: Set<InterestWatcher>;
  /** A fresh id of 22 characters. */
  newId(): string;
  /** A random number in [0, 1). */
  random(): number;
  /** Publishes an advisory, when anybody listens. */
  advise(subject: string, type: string, fields: JsonObject): void;
  /** Why `bytes` more do not fit into the account or the server. */
  limitProblem(storage: StorageType, bytes: number): ApiError | undefined;
  streamNamed(name: string): Stream | undefined;
  deleteConsumer(stream: Stream, name: string): void;
  /** Where a stream keeps how far its sources were copied; undefined for memory. */
  sourcesFile(stream: Stream): AssetFile | undefined;
  /** What is kept of a consumer. */
  consumerRecord(consumer: Consumer): unknown;
  /** Where a consumer of a stream keeps its configuration and state; undefined for memory. */
  consumerFile(stream: Stream, name: string): AssetFile | undefined;
}
