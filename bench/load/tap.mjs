/**
 * A tap's reader, as the console is one: opens a tap on `>`, takes the binary batches and acknowledges each. It checks with every
 * batch that the counters add up.
 */
import { Connection } from './connection.mjs';

const DELIVER = '_INBOX.tap.batches';
const ANSWERS = '_INBOX.tap.answers';
const LINE_BYTES_MAX = 4096;

/** @typedef {{ matched: number, shown: number, sampledOut: number, dropped: number, batches: number }} TapCounters */

export class TapReader {
  /** @type {TapCounters} */
  counters = { matched: 0, shown: 0, sampledOut: 0, dropped: 0, batches: 0 };
  /** Set when a batch did not add up or the connection broke. @type {string | undefined} */
  failure;
  #connection;
  #serverId;
  #tapId = '';
  #rest = Buffer.alloc(0);
  /** @type {((body: string) => void) | undefined} */
  #onAnswer;

  /**
   * @param {{ port: number, user: string, password: string, account: string, sampling: object }} plan
   * @returns {Promise<TapReader>}
   */
  static async open(plan) {
    const serverId = await readServerId(plan.port);
    const connection = await Connection.open(plan.port, { user: plan.user, pass: plan.password });
    const reader = new TapReader(connection, serverId);
    await connection.exchange(`SUB ${DELIVER} 1\r\nSUB ${ANSWERS} 2\r\nPING\r\n`);
    connection.onBytes = (buffer, count) => reader.#read(buffer.subarray(0, count));
    connection.onLost = (reason) => {
      reader.failure ??= reason;
    };
    const request = { account: plan.account, subjects: ['>'], sampling: plan.sampling, deliver_subject: DELIVER };
    const answer = JSON.parse(await reader.#ask('OPEN', request));
    if (answer.error) throw new Error(`the tap was refused: ${answer.error.description}`);
    reader.#tapId = answer.data.tap_id;
    return reader;
  }

  /** @param {Connection} connection @param {string} serverId */
  constructor(connection, serverId) {
    this.#connection = connection;
    this.#serverId = serverId;
  }

  close() {
    this.#connection.close();
  }

  /** @param {string} verb @param {object} body @returns {Promise<string>} */
  #ask(verb, body) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to TAP.${verb}`)), 5000);
      this.#onAnswer = (text) => {
        clearTimeout(timer);
        this.#onAnswer = undefined;
        resolve(text);
      };
      this.#send(verb, body, ANSWERS);
    });
  }

  /** @param {string} verb @param {object} body @param {string} [reply] */
  #send(verb, body, reply) {
    const text = JSON.stringify(body);
    this.#connection.write(
      `PUB $SYS.REQ.SERVER.${this.#serverId}.TAP.${verb} ${reply ? `${reply} ` : ''}${Buffer.byteLength(text)}\r\n${text}\r\n`,
    );
  }

  /** Cuts reads into frames: `MSG subject sid [reply] size` or `HMSG … header-size size`, then that many bytes. @param {Buffer} bytes */
  #read(bytes) {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const end = rest.subarray(0, LINE_BYTES_MAX).indexOf('\r\n');
      if (end < 0) break;
      const words = rest.toString('latin1', 0, end).split(' ');
      const isMessage = words[0] === 'MSG' || words[0] === 'HMSG';
      const sizeBytes = isMessage ? Number(words.at(-1)) : 0;
      const total = end + 2 + (isMessage ? sizeBytes + 2 : 0);
      if (rest.length < total) break;
      if (words[0] === 'HMSG')
        this.#onAnswer?.('{"error":{"description":"no responders: this server has no tap, or the login is wrong"}}');
      if (words[0] === 'MSG') this.#take(words[2] ?? '', rest.subarray(end + 2, end + 2 + sizeBytes));
      rest = rest.subarray(total);
    }
    this.#rest = Buffer.from(rest);
  }

  /** @param {string} sid @param {Buffer} body */
  #take(sid, body) {
    if (sid === '2') return this.#onAnswer?.(body.toString('utf8'));
    const [seq = 0, matched = 0, shown = 0, sampledOut = 0, dropped = 0] = [4, 12, 20, 28, 36].map((at) => body.readDoubleBE(at));
    if (matched !== shown + sampledOut + dropped)
      this.failure ??= `batch ${seq}: ${matched} ≠ ${shown} + ${sampledOut} + ${dropped}`;
    this.counters = { matched, shown, sampledOut, dropped, batches: this.counters.batches + 1 };
    this.#send('CREDIT', { tap_id: this.#tapId, batch_seq: seq });
  }
}

/** The server's id, from the INFO line that greets every connection. @param {number} port @returns {Promise<string>} */
function readServerId(port) {
  return new Promise((resolve, reject) => {
    const connection = new Connection(port);
    let text = '';
    connection.onLost = (reason) => reject(new Error(reason));
    connection.onBytes = (buffer, count) => {
      text += buffer.toString('latin1', 0, count);
      if (!text.includes('\r\n')) return;
      connection.close();
      resolve(JSON.parse(text.slice(text.indexOf('{'), text.indexOf('\r\n'))).server_id);
    };
  });
}
