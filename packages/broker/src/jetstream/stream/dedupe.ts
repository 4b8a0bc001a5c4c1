/** Message ids seen within the duplicate window, with the sequence each was stored under. Bounded by the window, oldest first. */
import { headerText, headerValue } from '../header-text.ts';
import type { MessageStore } from '../store/store.ts';

interface Seen {
  readonly seq: number;
  readonly timeUs: number;
}

export class Dedupe {
  private readonly seen: Map<string, Seen> = new Map();
  windowUs: number;

  constructor(windowUs: number) {
    this.windowUs = windowUs;
  }

  get size(): number {
    return this.seen.size;
  }

  /** Sequence under which the id was stored within the window; 0 when it was not. */
  find(id: string, nowUs: number): number {
    if (this.windowUs <= 0) return 0;
    this.expire(nowUs);
    return this.seen.get(id)?.seq ?? 0;
  }

  add(id: string, seq: number, timeUs: number): void {
    if (this.windowUs <= 0) return;
    this.seen.delete(id);
    this.seen.set(id, { seq, timeUs });
  }

  /** Forgets ids of messages that were never committed. */
  forgetFrom(seq: number): void {
    for (const [id, known] of this.seen) if (known.seq >= seq) this.seen.delete(id);
  }

  clear(): void {
    this.seen.clear();
  }

  /** Map order is insertion order, so the oldest come first. */
  private expire(nowUs: number): void {
    const oldest = nowUs - this.windowUs;
    for (const [id, known] of this.seen) {
      if (known.timeUs >= oldest) return;
      this.seen.delete(id);
    }
  }
}

/** Remembers the ids of recent messages again; returns that of the last message. */
export function recoverIds(dedupe: Dedupe, store: MessageStore, nowUs: number): string {
  const { lastSeq } = store.state();
  const from = store.seqFromTime(nowUs - dedupe.windowUs, 0);
  for (let seq = store.nextSeqWithHeaders(from); seq > 0; seq = store.nextSeqWithHeaders(seq)) {
    const message = store.loadNext(null, seq);
    if (message === undefined) return '';
    const id = message.headerBytes > 0 ? (headerValue(headerText(message.headers()), 'Nats-Msg-Id') ?? '') : '';
    if (id !== '') dedupe.add(id, message.seq, message.timeUs);
    if (message.seq === lastSeq) return id;
    seq = message.seq + 1;
  }
  return '';
}
