/**
 * The contract of a message store, in words.
 *
 * - A message gets the next sequence and keeps it. Sequences never go back, not after deletes, purges, damage or a restart.
 * - `append` either stores or refuses with a code; it never throws for what a publisher did. A stored message can be read at once,
 *   by its owner; it is *committed* when it will survive what the sync policy promises. Owners acknowledge only what is committed.
 * - Limits hold after every `append`: with "discard old" the oldest go, with "discard new" the new one is refused.
 * - What the store cannot read undamaged it does not return. The damage is counted in `lost`, and reported once to the listener.
 * - A store that failed to write or to sync is read-only: everything not committed is gone, and `append` refuses.
 * - All calls are synchronous but `close`; nothing in the store waits for a lock.
 *
 * Two implementations: memory and file. Both are `StreamStore` over segments; they differ in where a segment's bytes are.
 */
import type { Draft, StoredMessage } from './record.ts';
import type { FilterSet } from './subject-filter.ts';
import type { SubjectIndex } from './subject-index.ts';

/** Limits of a stream as the store enforces them. -1 is unlimited, in all of them. */
export interface StoreLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxMessagesPerSubject: number;
  readonly discardsNew: boolean;
  readonly discardsNewPerSubject: boolean;
  /** Bodies are compressed where that makes them smaller; files only. */
  readonly compresses?: boolean;
}

export const unlimited: StoreLimits = {
  maxMessages: -1,
  maxBytes: -1,
  maxMessagesPerSubject: -1,
  discardsNew: false,
  discardsNewPerSubject: false,
};

/** Sequences are counted as numbers, so that the last one leaves the next one a number too. Nothing is stored after it. */
export const MAX_SEQUENCE = 2 ** 53 - 2;
/** A purge or `first_seq` that names more starts here: room for 2^32 messages. */
export const HIGHEST_START = 2 ** 53 - 2 ** 32;

/** Why `append` refused; sequences are positive, so one number says both. */
export const AppendRefusal = {
  maxMessages: -1,
  maxBytes: -2,
  maxMessagesPerSubject: -3,
  tooLarge: -4,
  failed: -5,
} as const;

/** What a store holds. Times are microseconds since the epoch, 0 when there is no message. */
export interface StoreState {
  readonly messages: number;
  readonly bytes: number;
  readonly firstSeq: number;
  readonly firstTimeUs: number;
  readonly firstTimeNs: number;
  readonly lastSeq: number;
  readonly lastTimeUs: number;
  readonly lastTimeNs: number;
  readonly subjectCount: number;
  /** Sequences between first and last that hold no message. */
  readonly deletedCount: number;
}

/** Messages that damage took, as ranges `[first sequence, count]`, and the damaged bytes. */
export interface LostMessages {
  readonly ranges: readonly (readonly [number, number])[];
  readonly bytes: number;
}

/** Count, first and last sequence of the messages that a filter selects. */
export interface FilteredState {
  readonly messages: number;
  readonly first: number;
  readonly last: number;
}

/** Who owns a store, and hears of what happens in it. */
export interface StoreListener {
  /** One message was removed: by a limit, a delete or damage. `subject` is still its subject. */
  onRemoved(seq: number, subject: string): void;
  /** Many messages were removed at once. */
  onManyRemoved(): void;
  /** Everything up to and including `seq` is committed. */
  onCommitted(seq: number): void;
  /** The store is read-only from now on; messages from `firstLostSeq` on are gone. */
  onFailed(cause: unknown, firstLostSeq: number): void;
  /** Damage was found: `count` messages from `firstSeq` on cannot be read any more. */
  onDamage(firstSeq: number, count: number): void;
}

export interface MessageStore {
  readonly kind: 'memory' | 'file';
  readonly subjects: SubjectIndex;
  /** Bytes of all messages as limits count them. */
  readonly bytes: number;
  readonly lost: LostMessages | undefined;
  /** Highest sequence that is committed. */
  readonly committedSeq: number;
  readonly hasFailed: boolean;
  /** Sync policy in words for people: `memory`, `fsync before ack`, `fsync every 2m0s`. */
  readonly durability: string;
  listener: StoreListener | undefined;

  state(): StoreState;
  /** Sequences without a message between first and last, at most `limit`. */
  deletedSeqs(limit: number): number[];
  /** Stores the draft; returns its sequence, or an `AppendRefusal`. `isRollup` lets it pass a per-subject limit it will make room under. */
  append(draft: Draft, isRollup: boolean): number;
  /** Uses up `count` sequences without messages; with a time, that becomes the time of the last one. */
  skip(count: number, timeUs?: number): void;

  load(seq: number): StoredMessage | undefined;
  /** The last message whose subject matches, or undefined. */
  loadLast(filter: FilterSet | null): StoredMessage | undefined;
  /** The first message from `fromSeq` on whose subject matches, or undefined. */
  loadNext(filter: FilterSet | null, fromSeq: number): StoredMessage | undefined;
  /** Its sequence alone; 0 when there is none. */
  nextSeq(filter: FilterSet | null, fromSeq: number): number;
  subjectOf(seq: number): string | undefined;
  /** The first sequence stored at or after the time; the next free one when all are older. */
  seqFromTime(timeUs: number, timeNs: number): number;
  /** Messages from `fromSeq` on; with `lastPerSubject` only the last of each subject counts. */
  countPending(filter: FilterSet | null, fromSeq: number, lastPerSubject: boolean): number;
  filteredState(filter: FilterSet | null, fromSeq: number): FilteredState;
  subjectTotals(filter: FilterSet | null): Map<string, number>;
  /** Last sequences per subject up to `maxSeq` (0: no bound), sorted; undefined when there are more than `limit` (0: no limit). */
  lastSeqsPerSubject(filters: readonly FilterSet[], maxSeq: number, limit: number): number[] | undefined;
  /** Messages with a time to live that is over, oldest first, at most `limit`. */
  expiredSeqs(nowUs: number, limit: number): number[];
  /** When the next time to live is over, in microseconds; Infinity without one. */
  nextExpiryUs(): number;
  /** First sequence of a segment from `fromSeq` on in which some message has headers; 0 when there is none. */
  nextSeqWithHeaders(fromSeq: number): number;

  /** Removes one message; false when there is none. `erase` overwrites its bytes as well. */
  remove(seq: number, erase: boolean): boolean;
  /** Removes all messages, or those that match and lie below `belowSeq` (0: all), keeping the newest `keep`. Returns how many. */
  purge(request: { filter: FilterSet | null; belowSeq: number; keep: number }): number;
  /** Removes everything below `seq`; the next sequence becomes `seq` when that is beyond the last. Returns how many. */
  compactBelow(seq: number): number;
  updateLimits(limits: StoreLimits): void;

  /** Hands buffered writes to the system; called once per turn. */
  flush(): void;
  /** Resolves when everything is durable and all files are closed. */
  close(): Promise<void>;
  /** Removes all data. The store must not be used afterwards. */
  destroy(): void;
}
