/** A browser's live socket for tests: subscribes, acknowledges and keeps what came. */
import { decodeTapBatch, type TapBatchHeader } from '@sluice/protocol';
import { LIVE_PATH, type LiveClientMessage, type LiveServerMessage, TAP_FRAME_PREFIX_BYTES } from '@sluice/protocol/console';
import { WebSocket } from 'ws';
import { eventually } from './console-harness.ts';
import type { HttpClient } from './http-client.ts';

export class LiveClient {
  readonly messages: LiveServerMessage[] = [];
  readonly batches: (TapBatchHeader & { count: number })[] = [];
  tapped = 0;
  /** False: frames stay unacknowledged. */
  isAcknowledging = true;
  closed: { code: number; reason: string } | undefined;
  readonly #socket: WebSocket;
  #newest: { id: number; seq: number } | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (bytes: Buffer, isBinary: boolean) => (isBinary ? this.#binary(bytes) : this.#text(bytes.toString())));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  static async open(browser: HttpClient, headers: Record<string, string> = {}): Promise<LiveClient> {
    const url = browser.base.replace('http', 'ws') + LIVE_PATH;
    const socket = new WebSocket(url, { headers: { origin: browser.base, cookie: browser.cookie, ...headers } });
    const client = new LiveClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    return client;
  }

  /** Acknowledges everything that came so far and goes on doing so. */
  acknowledge(): void {
    this.isAcknowledging = true;
    if (this.#newest !== undefined) this.say({ type: 'ack', ...this.#newest });
  }

  say(message: LiveClientMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** The newest message that `pick` accepts. */
  async find<T>(pick: (message: LiveServerMessage) => T | undefined): Promise<T> {
    return eventually(() => {
      for (const message of this.messages.toReversed()) {
        const picked = pick(message);
        if (picked !== undefined) return picked;
      }
      return undefined;
    });
  }

  close(): void {
    this.#socket.close();
  }

  #text(text: string): void {
    const message = JSON.parse(text) as LiveServerMessage;
    this.messages.push(message);
    if (message.type === 'data' && message.seq > 0 && this.isAcknowledging)
      this.say({ type: 'ack', id: message.id, seq: message.seq });
  }

  #binary(bytes: Buffer): void {
    const { header, messages } = decodeTapBatch(bytes.subarray(TAP_FRAME_PREFIX_BYTES));
    this.batches.push(header);
    this.tapped += messages.length;
    this.#newest = { id: bytes.readUInt32BE(4), seq: bytes.readDoubleBE(8) };
    if (this.isAcknowledging) this.say({ type: 'ack', ...this.#newest });
  }
}
