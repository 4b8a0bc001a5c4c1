/**
 * The page's side of the tap worker. Snapshots are drawn at most once a frame; when drawing gets dear, the next one is asked for
 * later, so that the page never spends more than a quarter of its time on rows.
 */
import type { LiveTapCounters } from '@sluice/protocol/console';
import { flushSync } from 'react-dom';
import { startWorker } from '../../../workers/start-worker.ts';
import tapWorkerUrl from '../../../workers/tap-worker.ts?worker&url';
import type { FilterNode } from '../model/filter-ast.ts';
import type { TapDetail } from '../model/tap-engine.ts';
import type { TapSnapshot, TapWindow } from '../model/tap-snapshot.ts';
import type { TapWorkerReply, TapWorkerRequest } from '../model/tap-worker-messages.ts';

/** Drawing may take one part in this many of the time. */
const DRAW_SHARE = 4;
/** However dear drawing is, a snapshot is drawn this often, in milliseconds. */
const DRAW_PAUSE_MAX_MS = 250;

type AskedReply = Extract<TapWorkerReply, { requestId: number }>;

export interface TapNeighbour {
  index: number;
  position: number;
}

export class TapClient {
  readonly #worker = startWorker(tapWorkerUrl, 'tap');
  readonly #listeners = new Set<() => void>();
  readonly #acks = new Map<number, () => void>();
  readonly #asking = new Map<number, (reply: AskedReply) => void>();
  #snapshot: TapSnapshot | null = null;
  #nextId = 1;
  #isClosed = false;

  constructor() {
    this.#worker.addEventListener('message', (event: MessageEvent<TapWorkerReply>) => this.#take(event.data));
  }

  get snapshot(): TapSnapshot | null {
    return this.#snapshot;
  }

  onSnapshot(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hands a batch to the worker; `ack` is called once it is taken in. The batch's buffer is no longer usable afterwards. */
  addBatch(batch: Uint8Array, ack: () => void): void {
    const buffer = batch.buffer;
    if (!(buffer instanceof ArrayBuffer)) return;
    const ackId = this.#nextId++;
    this.#acks.set(ackId, ack);
    this.#worker.postMessage({ type: 'frame', buffer, from: batch.byteOffset, ackId } satisfies TapWorkerRequest, [buffer]);
  }

  setCounters(counters: LiveTapCounters): void {
    this.#send({ type: 'counters', counters });
  }

  setFilter(node: FilterNode | null, serverText: string | undefined): void {
    this.#send({ type: 'filter', node, ...(serverText === undefined ? {} : { serverText }) });
  }

  setWindow(window: TapWindow): void {
    this.#send({ type: 'window', window });
  }

  /** `session`: the server opened a new tap. The rest are the user's doing. */
  tell(type: 'session' | 'pause' | 'resume' | 'showHeld' | 'discardHeld' | 'clear' | 'tick'): void {
    this.#send({ type });
  }

  /** The whole message, or null when the list has let it go. */
  async detail(index: number): Promise<TapDetail | null> {
    const reply = await this.#ask((requestId) => ({ type: 'detail', requestId, index }));
    return reply.type === 'detail' ? reply.detail : null;
  }

  async neighbour(index: number, step: number, newestIndex: number | null): Promise<TapNeighbour | null> {
    const reply = await this.#ask((requestId) => ({ type: 'neighbour', requestId, index, step, newestIndex }));
    return reply.type === 'neighbour' ? reply.row : null;
  }

  /** The list as an NDJSON file. */
  async export(): Promise<{ blob: Blob; lineCount: number }> {
    const reply = await this.#ask((requestId) => ({ type: 'export', requestId }));
    return reply.type === 'export' ? { blob: reply.blob, lineCount: reply.lineCount } : { blob: new Blob(), lineCount: 0 };
  }

  close(): void {
    this.#isClosed = true;
    this.#worker.terminate();
  }

  #ask(request: (requestId: number) => TapWorkerRequest): Promise<AskedReply> {
    const requestId = this.#nextId++;
    return new Promise((resolve) => {
      this.#asking.set(requestId, resolve);
      this.#send(request(requestId));
    });
  }

  #send(request: TapWorkerRequest): void {
    this.#worker.postMessage(request);
  }

  #take(reply: TapWorkerReply): void {
    if (this.#isClosed) return;
    if (reply.type === 'snapshot') {
      this.#draw(reply.snapshot);
    } else if (reply.type === 'handled') {
      this.#acks.get(reply.ackId)?.();
      this.#acks.delete(reply.ackId);
    } else {
      this.#asking.get(reply.requestId)?.(reply);
      this.#asking.delete(reply.requestId);
    }
  }

  /** Waits for the next frame, draws, and asks for another snapshot when the time for it has come. */
  #draw(snapshot: TapSnapshot): void {
    requestAnimationFrame(() => {
      if (this.#isClosed) return;
      const startedMs = performance.now();
      this.#snapshot = snapshot;
      flushSync(() => {
        for (const listener of this.#listeners) listener();
      });
      const pauseMs = Math.min(DRAW_PAUSE_MAX_MS, (performance.now() - startedMs) * (DRAW_SHARE - 1));
      setTimeout(() => this.#send({ type: 'painted' }), pauseMs);
    });
  }
}
