/** A NATS connection by hand: bytes out, text in, nothing interpreted, so that tests see exactly what a server sent. */
import { connect, type Socket } from 'node:net';

/** What a server may take to answer; the machine may be busy. */
const PATIENCE_MS = 10_000;

/** Quiet options for CONNECT; more may be added. */
export function connectLine(more: Readonly<Record<string, unknown>> = {}): string {
  return `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, ...more })}\r\n`;
}

export class RawClient {
  /** What came since the last `take`, one char per byte. */
  received = '';
  isClosed = false;
  /** What the server calls this connection; 0 before INFO. */
  cid = 0;
  private readonly socket: Socket;
  private readonly waiting: Set<() => void> = new Set();

  private constructor(socket: Socket) {
    this.socket = socket;
    // What is sent goes out at once, so that connections keep the order in which a test used them.
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      this.wake();
    });
    socket.on('error', () => this.wake());
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  /** Resolves when the server has taken the connection and INFO is there. */
  static async open(port: number): Promise<RawClient> {
    const client = RawClient.openAtOnce(port);
    await client.until((text) => text.includes('\r\n'));
    client.cid = Number(client.info['client_id']);
    return client;
  }

  /** Does not wait for INFO. */
  static openAtOnce(port: number): RawClient {
    return new RawClient(connect(port, '127.0.0.1'));
  }

  /** Connects, says CONNECT, and leaves nothing unread. */
  static async ready(port: number, options: Readonly<Record<string, unknown>> = {}): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.send(connectLine(options));
    await client.settle();
    return client;
  }

  get info(): Record<string, unknown> {
    const json = /INFO (\{.*?\}) \r\n/.exec(this.received)?.[1];
    if (json === undefined) throw new Error(`no INFO in ${JSON.stringify(this.received)}`);
    return JSON.parse(json) as Record<string, unknown>;
  }

  send(text: string | Uint8Array): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** Sends text and then PING; returns all that came before the PONG, INFO left out. */
  async settle(text = ''): Promise<string> {
    this.send(`${text}PING\r\n`);
    await this.until((seen) => seen.includes('PONG\r\n'));
    return this.take().replace('PONG\r\n', '');
  }

  /** Sends text that ends the connection; returns all that came, INFO left out. */
  async last(text: string): Promise<string> {
    this.send(text);
    await this.closed();
    return this.take();
  }

  /** All that came since the last time, INFO left out. */
  take(): string {
    const text = this.received.replace(/INFO \{.*?\} \r\n/g, '');
    this.received = '';
    return text;
  }

  /** Resolves when what came satisfies `isEnough`; rejects when it ends or takes too long. */
  async until(isEnough: (text: string) => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!isEnough(this.received)) {
      if (this.isClosed) throw new Error(`the connection ended with ${JSON.stringify(this.received)}`);
      await this.change(deadline);
    }
  }

  async closed(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!this.isClosed) await this.change(deadline);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.destroy();
  }

  private change(deadline: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.delete(done);
        reject(new Error(`nothing came but ${JSON.stringify(this.received.slice(-500))}`));
      }, deadline - performance.now());
      this.waiting.add(done);
    });
  }

  private wake(): void {
    for (const done of [...this.waiting]) done();
  }
}
