/**
 * The audit log: a stream that neither deletes nor purges, whose entries are chained by hashes. Each entry names the newest message before
 * it, so that two writers cannot fork the chain. Reading verifies every hash, those that were good a few minutes ago once more then, and
 * fills the index that searches use; past its size the stream lets go of its oldest entries.
 */
import type { AuditEntry } from '@sluice/protocol/console';
import type { Clock } from '../env/clock.ts';
import { HttpFailure } from '../http-failure.ts';
import { CHAIN_START, chainHash, fitsChain, parseAuditLine } from './audit-chain.ts';
import { type AuditHit, AuditIndex, type AuditPageOf } from './audit-index.ts';
import { boundedRecord } from './audit-record.ts';
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
/** Entries of a page are read in one go where they lie this close to one another. */
const DENSE_STEPS = 4;
const READS_AT_ONCE = 32;
/** What was verified is taken for good this long, and then verified again; what comes after it is verified at each look. */
const VERIFY_AGAIN_MS = 10 * 60_000;

/** Where the chain goes on: the last entry, and the last message of the stream. */
interface Tail {
  readonly seq: number;
  readonly hash: string;
  readonly streamSeq: number;
}

/** What is known of the chain from its beginning up to a message of the stream. */
interface Walked {
  /** Where the stream began. */
  readonly firstStreamSeq: number;
  readonly throughSeq: number;
  /** The last entry, and the number of the first. */
  readonly before: AuditEntry | undefined;
  readonly first: number;
  readonly brokenAtSeq: number | null;
  /** Messages that are no entries. */
  readonly unreadable: number;
}

/** What was verified, when, and what it is searched by. */
interface Verified {
  readonly walked: Walked;
  readonly index: AuditIndex;
  readonly created: string;
  readonly atMs: number;
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
  #tail: Tail | undefined;
  /** The highest entry that this process knows of. */
  #knownSeq = 0;
  #verified: Verified | undefined;
  #again: Promise<void> | undefined;

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
    // Found at once after verifying, before somebody else's look brings in entries that came later.
    const { sight, walked, found } = await this.#verifications.run(async () => {
      const verified = await this.#verify();
      return { ...verified, found: verified.index.find(filter, page) };
    });
    const items = new Map<number, AuditEntry>();
    await this.#readHits(found.hits, items);
    // The oldest may have gone since they were verified.
    const lost = isWhole(walked, sight) ? Math.max(0, sight.firstSeq - walked.firstStreamSeq) : 0;
    const chain = chainOf({ ...walked, first: walked.first + lost }, sight);
    const broken = chain.brokenAtSeq ?? this.#firstChanged(found.hits, items);
    return {
      items: found.hits.flatMap(({ streamSeq }) => items.get(streamSeq) ?? []),
      total: found.total,
      chain: { ...chain, isIntact: broken === null, brokenAtSeq: broken },
    };
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

  /** Verifies everything before somebody asks, so that the first look has to wait for little. Rejects when it cannot be read. */
  async verifyAhead(): Promise<void> {
    await this.#verifications.run(() => this.#verify());
  }

  idle(): Promise<void> {
    return this.#serial.idle();
  }

  /** Reads the entries that were found: neighbours together, others one by one, several at a time. */
  async #readHits(hits: readonly AuditHit[], into: Map<number, AuditEntry>): Promise<void> {
    const seqs = hits.map(({ streamSeq }) => streamSeq).sort((a, b) => a - b);
    const first = seqs[0];
    const last = seqs.at(-1);
    if (first === undefined || last === undefined) return;
    const keep = (payload: Uint8Array, seq: number): void => {
      const entry = readEntry(payload);
      if (entry !== undefined) into.set(seq, entry);
    };
    if (last - first < seqs.length * DENSE_STEPS) {
      await this.#state.read(AUDIT_STREAM, { seq: first }, ({ payload, seq }) => {
        if (seq <= last) keep(payload, seq);
        return seq >= last;
      });
      return;
    }
    for (let start = 0; start < seqs.length; start += READS_AT_ONCE) {
      const some = seqs.slice(start, start + READS_AT_ONCE);
      const messages = await Promise.all(some.map((seq) => this.#state.at(AUDIT_STREAM, seq)));
      for (const message of messages) if (message !== undefined) keep(message.payload, message.seq);
    }
  }

  /** What is shown is what was verified: the lowest entry that was changed since; null when none was. */
  #firstChanged(hits: readonly AuditHit[], items: ReadonlyMap<number, AuditEntry>): number | null {
    let changed: number | null = null;
    for (const { streamSeq, hashBefore } of hits) {
      const entry = items.get(streamSeq);
      if (entry === undefined || hashBefore === undefined || chainHash(hashBefore, entry) === entry.hash) continue;
      changed = Math.min(changed ?? entry.seq, entry.seq);
    }
    if (changed !== null) this.#verified = undefined;
    return changed;
  }

  /** Verifies what has come since the last time; all of it where nothing is known yet or anything is strange. */
  async #verify(): Promise<Verified & { sight: Sight }> {
    const sight = await this.#sight();
    const known = this.#verified;
    const isGood = known !== undefined && known.walked.brokenAtSeq === null && isWhole(known.walked, sight);
    const isSame = isGood && known.created === sight.created && sight.lastSeq >= known.walked.throughSeq;
    this.#verified = undefined;
    const verified =
      isSame && sight.firstSeq <= known.walked.throughSeq ? await this.#goOn(known, sight) : await this.#walkAll(sight);
    this.#verified = verified;
    if (this.#clock.nowMs() - verified.atMs >= VERIFY_AGAIN_MS) this.#verifyAgain();
    return { ...verified, sight };
  }

  /** What was good a while ago is verified once more, while whoever looks is answered with what is known. */
  #verifyAgain(): void {
    const settle = (verified: Verified | undefined): Promise<void> =>
      this.#verifications.run(async () => {
        this.#verified = verified;
        this.#again = undefined;
      });
    // Where it cannot be read, whoever looks next verifies everything himself, and is told why that fails.
    this.#again ??= this.#sight()
      .then((sight) => this.#walkAll(sight))
      .then(settle, () => settle(undefined));
  }

  async #walkAll(sight: Sight): Promise<Verified> {
    const nothing = { walked: nothingWalked(sight), index: new AuditIndex(), created: sight.created, atMs: this.#clock.nowMs() };
    return this.#goOn(nothing, sight);
  }

  async #goOn(known: Verified, sight: Sight): Promise<Verified> {
    const walked = await this.#walk(known.walked, sight, known.index);
    known.index.dropBefore(sight.firstSeq);
    return { ...known, walked };
  }

  /** Verifies every entry behind `from`, oldest first, and takes it into the index. */
  async #walk(from: Walked, { lastSeq: end }: StreamState, index: AuditIndex): Promise<Walked> {
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
          index.add(entry, seq);
        }
        return pending === 0 || seq >= end;
      });
    return { ...from, throughSeq, before, brokenAtSeq, unreadable, first };
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
  return {
    firstStreamSeq: firstSeq,
    throughSeq: Math.max(0, firstSeq - 1),
    before: undefined,
    first: 0,
    brokenAtSeq: null,
    unreadable: 0,
  };
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
