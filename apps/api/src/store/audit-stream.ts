/**
 * The audit log: a stream that neither deletes nor purges, whose entries are chained by hashes. Each entry names the newest message before
 * it, so that two writers cannot fork the chain. Reading verifies every hash, those that were good a few minutes ago once more then; past
 * its size the stream lets go of its oldest entries.
 */
import type { AuditEntry } from '@sluice/protocol/console';
import type { Clock } from '../env/clock.ts';
import { HttpFailure } from '../http-failure.ts';
import { CHAIN_START, chainHash, fitsChain, parseAuditLine } from './audit-chain.ts';
import { boundedRecord, matchesFilter } from './audit-record.ts';
import type { AuditChain, AuditFilter, AuditRecord, AuditSlice } from './console-store.ts';
import { Serial } from './serial.ts';
import type { StateAccount, StreamState } from './state-account.ts';

export const AUDIT_STREAM = 'AUDIT';
/** What the audit may take on disk: some hundred thousand entries. */
const MAX_BYTES = 134_217_728;
const DUPLICATE_WINDOW_NS = 120_000_000_000;
/** Another console that appends without a pause may come in between often. */
const MAX_TRIES = 100;
/** How far back from the end the last entry that can be read may lie. */
const MAX_UNREADABLE = 100;
const EXPORT_BATCH = 500;
/** What was verified is taken for good this long; what comes after it is verified at each look. */
const VERIFY_AGAIN_MS = 10 * 60_000;

/** Where the chain goes on: the last entry, and the last message of the stream. */
interface Tail {
  readonly seq: number;
  readonly hash: string;
  readonly streamSeq: number;
}

/** A page of the log. */
export interface AuditPageOf {
  readonly offset: number;
  readonly limit: number;
  readonly isAscending: boolean;
}

/** What is known of the chain from its beginning up to a message of the stream. */
interface Walked {
  readonly throughSeq: number;
  /** The last entry, and the number of the first. */
  readonly before: AuditEntry | undefined;
  readonly first: number;
  readonly brokenAtSeq: number | null;
  /** Messages that are no entries. */
  readonly unreadable: number;
}

/** The stream at one moment, and the highest entry that was known before it. */
interface Sight extends StreamState {
  readonly knownSeq: number;
}

export class AuditStream {
  readonly #state: StateAccount;
  readonly #clock: Clock;
  readonly #serial = new Serial();
  /** One at a time: each reads through everything, the next one after it has less to do. */
  readonly #verifications = new Serial();
  readonly #searches = new Serial();
  #tail: Tail | undefined;
  /** The highest entry that this process knows of. */
  #knownSeq = 0;
  #verified: { readonly walked: Walked; readonly created: string; readonly atMs: number } | undefined;

  constructor(state: StateAccount, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  /** Makes the stream unless it is there; its first message gets the sequence `firstSeq`. */
  ensure(firstSeq: number, maxBytes: number = MAX_BYTES): Promise<void> {
    return this.#state.ensureStream({
      name: AUDIT_STREAM,
      description: 'Who did what in the console; each entry holds the hash of the one before',
      subjects: ['audit.>'],
      retention: 'limits',
      storage: 'file',
      discard: 'old',
      max_bytes: maxBytes,
      max_msgs: -1,
      max_age: 0,
      max_consumers: -1,
      max_msgs_per_subject: -1,
      max_msg_size: -1,
      num_replicas: 1,
      duplicate_window: DUPLICATE_WINDOW_NS,
      deny_delete: true,
      deny_purge: true,
      allow_direct: true,
      ...(firstSeq > 1 ? { first_seq: firstSeq } : {}),
    });
  }

  /** Resolves when the entry is on disk. */
  append(record: AuditRecord): Promise<AuditEntry> {
    return this.#serial.run(async () => {
      const { atMs = this.#clock.nowMs(), ...rest } = record;
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        this.#tail ??= await this.#readTail();
        const tail = this.#tail;
        const open = { seq: tail.seq + 1, atMs, ...boundedRecord(rest) };
        const entry: AuditEntry = { ...open, hash: chainHash(tail.hash, open) };
        const stored = await this.#publish(entry, tail.streamSeq);
        this.#tail = stored.ok ? { seq: entry.seq, hash: entry.hash, streamSeq: stored.seq } : undefined;
        if (stored.ok) {
          this.#knownSeq = entry.seq;
          return entry;
        }
      }
      throw new HttpFailure('unavailable', 'the audit log is being written by somebody else; try again');
    });
  }

  /** Stores a line as it is, right after the message `lastSeq`: for logs that were kept elsewhere. */
  async adopt(line: string, lastSeq: number): Promise<void> {
    const stored = await this.#state.publish(subjectOf(parseAuditLine(line)?.action ?? 'unreadable'), line, { lastSeq });
    if (!stored.ok) throw new Error('the audit log was written to while an older one was taken in');
  }

  /** Another broker process answers now: the end is looked for again before the next entry. */
  forgetTail(): void {
    this.#tail = undefined;
  }

  streamState(): Promise<StreamState> {
    return this.#state.streamState(AUDIT_STREAM);
  }

  async read(filter: AuditFilter, page: AuditPageOf): Promise<AuditSlice> {
    await this.#serial.idle();
    const isFiltered = Object.values(filter).some((wanted) => wanted !== undefined && wanted !== '');
    if (isFiltered) return this.#searches.run(async () => this.#readAll(filter, await this.#sight(), page));
    const { sight, walked } = await this.#verifications.run(() => this.#verify());
    // Without a hole and without anything unreadable a page is a range of sequences.
    if (isWhole(walked, sight)) return this.#readRange(walked, sight, page);
    return this.#searches.run(() => this.#readAll(filter, sight, page));
  }

  /** How the stream is now. Entries that come later are not missed in it. */
  async #sight(): Promise<Sight> {
    const knownSeq = this.#knownSeq;
    return { ...(await this.streamState()), knownSeq };
  }

  async *export(): AsyncIterable<string> {
    await this.#serial.idle();
    const { lastSeq } = await this.streamState();
    for (let seq = 1; seq <= lastSeq; ) {
      const lines: string[] = [];
      let next = lastSeq + 1;
      await this.#state.read(AUDIT_STREAM, { seq }, (message) => {
        lines.push(Buffer.from(message.payload).toString('utf8'));
        next = message.seq + 1;
        return lines.length >= EXPORT_BATCH || message.seq >= lastSeq;
      });
      for (const line of lines) yield `${line}\n`;
      seq = next;
    }
  }

  idle(): Promise<void> {
    return this.#serial.idle();
  }

  /** Reads everything, and hands on what the filter asks for. */
  async #readAll(filter: AuditFilter, sight: Sight, page: AuditPageOf): Promise<AuditSlice> {
    const text = filter.text?.toLowerCase();
    const { offset, limit, isAscending } = page;
    const kept: AuditEntry[] = [];
    let total = 0;
    const walked = await this.#walk(nothingWalked(sight), sight, (entry) => {
      if (!matchesFilter(entry, filter, text)) return;
      total += 1;
      if (isAscending && (total <= offset || total > offset + limit)) return;
      kept.push(entry);
      if (kept.length > offset + limit) kept.shift();
    });
    const items = isAscending ? kept : kept.toReversed().slice(offset);
    return { items, total, chain: chainOf(walked, sight) };
  }

  /** A page of everything, by sequence. What it reads is verified once more. */
  async #readRange(walked: Walked, sight: Sight, page: AuditPageOf): Promise<AuditSlice> {
    const { firstSeq, lastSeq, messages } = sight;
    const { offset, limit, isAscending } = page;
    const start = isAscending ? firstSeq + offset : Math.max(firstSeq, lastSeq - offset - limit + 1);
    const end = isAscending ? Math.min(lastSeq, start + limit - 1) : lastSeq - offset;
    const items: AuditEntry[] = [];
    let brokenAtSeq: number | null = null;
    if (end >= start)
      await this.#state.read(AUDIT_STREAM, { seq: start }, ({ payload, seq }) => {
        const entry = seq > end ? undefined : readEntry(payload);
        if (entry !== undefined && items.length > 0 && !fitsChain(entry, items.at(-1))) brokenAtSeq ??= entry.seq;
        if (entry !== undefined) items.push(entry);
        return seq >= end;
      });
    // The oldest may have gone since they were verified.
    const first = (walked.before?.seq ?? 0) - (lastSeq - firstSeq);
    const chain = chainOf({ ...walked, first }, sight);
    if (!isAscending) items.reverse();
    const broken = chain.brokenAtSeq ?? brokenAtSeq;
    return { items, total: messages, chain: { ...chain, isIntact: broken === null, brokenAtSeq: broken } };
  }

  /** Verifies what has come since the last time; everything again now and then, and where anything is strange. */
  async #verify(): Promise<{ sight: Sight; walked: Walked }> {
    const sight = await this.#sight();
    const nowMs = this.#clock.nowMs();
    const known = this.#verified;
    const isGood = known !== undefined && known.walked.brokenAtSeq === null && isWhole(known.walked, sight);
    const isSame = isGood && known.created === sight.created && sight.lastSeq >= known.walked.throughSeq;
    const isFresh = isSame && sight.firstSeq <= known.walked.throughSeq && nowMs - known.atMs < VERIFY_AGAIN_MS;
    const walked = await this.#walk(isFresh ? known.walked : nothingWalked(sight), sight, () => undefined);
    this.#verified = { walked, created: sight.created, atMs: isFresh ? known.atMs : nowMs };
    return { sight, walked };
  }

  /** Verifies every entry behind `from`, oldest first, and hands it on. */
  async #walk(from: Walked, { lastSeq: end }: StreamState, onEntry: (entry: AuditEntry) => void): Promise<Walked> {
    let { throughSeq, before, brokenAtSeq, unreadable, first } = from;
    if (end > throughSeq)
      await this.#state.read(AUDIT_STREAM, { seq: throughSeq + 1 }, ({ payload, seq, pending }) => {
        // Not `end`: a sequence that a failing disk did not keep is given out again.
        throughSeq = seq;
        const entry = readEntry(payload);
        if (entry === undefined) {
          brokenAtSeq ??= (before?.seq ?? 0) + 1;
          unreadable += 1;
        } else {
          if (!fitsChain(entry, before)) brokenAtSeq ??= entry.seq;
          if (before === undefined) first = entry.seq;
          before = entry;
          onEntry(entry);
        }
        return pending === 0 || seq >= end;
      });
    return { throughSeq, before, brokenAtSeq, unreadable, first };
  }

  /** An outcome that is not known makes the end unknown too. */
  async #publish(entry: AuditEntry, lastSeq: number): ReturnType<StateAccount['publish']> {
    try {
      return await this.#state.publish(subjectOf(entry.action), JSON.stringify(entry), { lastSeq });
    } catch (error) {
      this.#tail = undefined;
      throw error;
    }
  }

  async #readTail(): Promise<Tail> {
    const { lastSeq, firstSeq, messages } = await this.streamState();
    let found: AuditEntry | undefined;
    if (messages > 0)
      await this.#state.read(AUDIT_STREAM, { seq: Math.max(firstSeq, lastSeq - MAX_UNREADABLE) }, ({ payload, seq, pending }) => {
        found = readEntry(payload) ?? found;
        return pending === 0 || seq >= lastSeq;
      });
    this.#knownSeq = Math.max(this.#knownSeq, found?.seq ?? 0);
    return { seq: found?.seq ?? lastSeq, hash: found?.hash ?? CHAIN_START, streamSeq: lastSeq };
  }
}

function nothingWalked({ firstSeq }: StreamState): Walked {
  return { throughSeq: Math.max(0, firstSeq - 1), before: undefined, first: 0, brokenAtSeq: null, unreadable: 0 };
}

/** True when every sequence of the stream is an entry. */
function isWhole({ unreadable }: Walked, { messages, firstSeq, lastSeq }: StreamState): boolean {
  return unreadable === 0 && messages > 0 && messages === lastSeq - firstSeq + 1;
}

function chainOf({ before, brokenAtSeq, first }: Walked, { knownSeq }: Sight): AuditChain {
  const lastSeq = before?.seq ?? 0;
  // Entries this process knew of and no longer finds were removed from the end.
  const broken = brokenAtSeq ?? (lastSeq < knownSeq ? lastSeq + 1 : null);
  return { isIntact: broken === null, brokenAtSeq: broken, firstSeq: first, lastSeq };
}

function readEntry(payload: Uint8Array): AuditEntry | undefined {
  return parseAuditLine(Buffer.from(payload).toString('utf8'));
}

/** Actions are words with dots between them, which is what subjects are. */
function subjectOf(action: string): string {
  return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(action) ? `audit.${action}` : 'audit.other';
}
