/** The page's side of the payload worker: opens documents, asks for lines, closes them. One worker for the whole page, started on first use. */
import payloadWorkerUrl from '../../workers/payload-worker.ts?worker&url';
import { startWorker } from '../../workers/start-worker.ts';
import type { DisplayLine } from './display-line.ts';
import type { PayloadInput, PayloadSummary, PayloadTab, PayloadTabState } from './payload-document.ts';
import type { PayloadWorkerReply, PayloadWorkerRequest } from './payload-worker-messages.ts';

/** An open payload; `close` frees it in the worker. */
export interface PayloadHandle {
  readonly summary: PayloadSummary;
  tab(tab: PayloadTab): Promise<PayloadTabState>;
  lines(tab: PayloadTab, start: number, count: number): Promise<DisplayLine[]>;
  close(): void;
}

interface Waiting {
  resolve: (reply: PayloadWorkerReply) => void;
  reject: (error: Error) => void;
}

class PayloadClient {
  readonly #worker = startWorker(payloadWorkerUrl, 'payload');
  readonly #opening = new Map<number, Waiting>();
  readonly #asking = new Map<number, Waiting>();
  #nextDocument = 1;
  #nextRequest = 1;

  constructor() {
    this.#worker.addEventListener('message', (event: MessageEvent<PayloadWorkerReply>) => this.#take(event.data));
    this.#worker.addEventListener('error', (event) =>
      this.#fail(new Error(event.message || 'the payload worker could not start')),
    );
  }

  async open(input: PayloadInput): Promise<PayloadHandle> {
    const documentId = this.#nextDocument++;
    const reply = await new Promise<PayloadWorkerReply>((resolve, reject) => {
      this.#opening.set(documentId, { resolve, reject });
      this.#send({ type: 'open', documentId, ...input });
    });
    if (reply.type !== 'opened') throw new Error('the payload could not be opened');
    return {
      summary: reply.summary,
      tab: (tab) => this.#tab(documentId, tab),
      lines: (tab, start, count) => this.#lines(documentId, tab, start, count),
      close: () => this.#send({ type: 'close', documentId }),
    };
  }

  async #tab(documentId: number, tab: PayloadTab): Promise<PayloadTabState> {
    const reply = await this.#ask((requestId) => ({ type: 'tab', documentId, requestId, tab }));
    if (reply.type !== 'tab') throw new Error('the payload worker gave another answer');
    return reply.state;
  }

  async #lines(documentId: number, tab: PayloadTab, start: number, count: number): Promise<DisplayLine[]> {
    const reply = await this.#ask((requestId) => ({ type: 'lines', documentId, requestId, tab, start, count }));
    if (reply.type !== 'lines') throw new Error('the payload worker gave another answer');
    return reply.lines;
  }

  #ask(request: (requestId: number) => PayloadWorkerRequest): Promise<PayloadWorkerReply> {
    const requestId = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      this.#asking.set(requestId, { resolve, reject });
      this.#send(request(requestId));
    });
  }

  #send(request: PayloadWorkerRequest): void {
    this.#worker.postMessage(request);
  }

  #take(reply: PayloadWorkerReply): void {
    const isOpening = reply.type === 'opened' || (reply.type === 'failed' && reply.requestId === null);
    const list = isOpening ? this.#opening : this.#asking;
    const id = isOpening ? reply.documentId : 'requestId' in reply ? (reply.requestId ?? 0) : 0;
    const waiting = list.get(id);
    list.delete(id);
    if (reply.type === 'failed') waiting?.reject(new Error(reply.message));
    else waiting?.resolve(reply);
  }

  #fail(error: Error): void {
    for (const list of [this.#opening, this.#asking]) {
      for (const waiting of list.values()) waiting.reject(error);
      list.clear();
    }
  }
}

let client: PayloadClient | undefined;

/** Opens `input` in the worker. Rejects when the worker cannot start or the payload cannot be read. */
export function openPayload(input: PayloadInput): Promise<PayloadHandle> {
  client ??= new PayloadClient();
  return client.open(input);
}
