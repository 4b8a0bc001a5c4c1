/**
 * A raw NATS connection for the load generator: no client library, no string per message. Reads go into one buffer of its own, so
 * that the generator measures the server and not itself.
 */
import { connect } from 'node:net';

const READ_BYTES = 1 << 18;
const OPEN_LIMIT_MS = 10_000;

export class Connection {
  /** Called with each read; the buffer is overwritten after the call returns. @type {(buffer: Buffer, count: number) => void} */
  onBytes = () => undefined;
  /** Called when the socket takes more again. @type {() => void} */
  onDrain = () => undefined;
  /** Called once when the connection ends without having been asked to. @type {(reason: string) => void} */
  onLost = () => undefined;
  #isClosing = false;

  /** @param {number} port @param {object} [login] further fields of CONNECT */
  static async open(port, login = {}) {
    const connection = new Connection(port);
    await connection.exchange(
      `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, headers: true, no_responders: true, ...login })}\r\nPING\r\n`,
    );
    return connection;
  }

  /** @param {number} port */
  constructor(port) {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const onread = {
      buffer,
      callback: (/** @type {number} */ count) => {
        this.onBytes(buffer, count);
        return true;
      },
    };
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.socket.on('drain', () => this.onDrain());
    this.socket.on('error', (error) => this.#lose(error.message));
    this.socket.on('close', () => this.#lose('the server closed the connection'));
  }

  /** @param {string | Uint8Array} bytes @returns {boolean} false when the socket wants a pause */
  write(bytes) {
    return typeof bytes === 'string' ? this.socket.write(bytes, 'latin1') : this.socket.write(bytes);
  }

  /**
   * Writes text that ends in PING and resolves when PONG has come; rejects on `-ERR`, on loss and after ten seconds.
   * @param {string} text
   * @returns {Promise<void>}
   */
  exchange(text) {
    const before = this.onBytes;
    const lost = this.onLost;
    return new Promise((resolve, reject) => {
      let seen = '';
      const timer = setTimeout(() => reject(new Error('no PONG within ten seconds')), OPEN_LIMIT_MS);
      const settle = (/** @type {Error | undefined} */ error) => {
        clearTimeout(timer);
        this.onBytes = before;
        this.onLost = lost;
        if (error) reject(error);
        else resolve();
      };
      this.onLost = (reason) => settle(new Error(reason));
      this.onBytes = (buffer, count) => {
        seen += buffer.toString('latin1', 0, count);
        const refusal = /-ERR '[^']*'/.exec(seen);
        if (refusal) settle(new Error(refusal[0]));
        else if (seen.includes('PONG\r\n')) settle(undefined);
      };
      this.write(text);
    });
  }

  close() {
    this.#isClosing = true;
    this.socket.destroy();
  }

  /** @param {string} reason */
  #lose(reason) {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.onLost(reason);
  }
}
