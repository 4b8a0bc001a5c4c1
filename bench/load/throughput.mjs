/**
 * The rate scenarios: a publisher writes ready-made blocks of PUB lines as fast as the server takes them; receivers count bytes,
 * which is exact because every message of a run has the same size. A window keeps the publisher from outrunning the receivers.
 */
import { Connection } from './connection.mjs';

const BLOCK_BYTES = 65_536;
/** Bytes of messages that may be under way; far below the 64 MiB at which a server calls a receiver slow. */
const WINDOW_BYTES = 8 * 1024 * 1024;
const SUBJECT = 'bench.load';
const PING_BYTES = 'PING\r\n'.length;
const LETTER_I = 73;

/**
 * @typedef {object} ThroughputPlan
 * @property {number} port
 * @property {number} messages
 * @property {number} sizeBytes of the payload
 * @property {number} receivers 0 measures publishing alone
 * @property {boolean} isQueue receivers share one queue group instead of each getting everything
 * @property {number} subjects 1, or how many are published to in random order
 */

/**
 * Publishes and, when there are receivers, waits until every message has arrived.
 * @param {ThroughputPlan} plan
 * @returns {Promise<{ messages: number, delivered: number, seconds: number }>}
 */
export async function measureThroughput(plan) {
  const frame = (/** @type {string} */ subject) => `PUB ${subject} ${plan.sizeBytes}\r\n${'x'.repeat(plan.sizeBytes)}\r\n`;
  const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / frame(SUBJECT).length));
  const blocks = Math.ceil(plan.messages / perBlock);
  const block = Buffer.from(Array.from({ length: perBlock }, () => frame(randomSubject(plan.subjects))).join(''), 'latin1');
  const publisher = await Connection.open(plan.port, { echo: true });
  const receivers = await Promise.all(Array.from({ length: plan.receivers }, () => openReceiver(plan)));
  try {
    const counter = new DeliveryCounter(plan, receivers);
    const started = performance.now();
    await publish({ publisher, block, blocks, perBlock, counter });
    await publisher.exchange('PING\r\n');
    await counter.waitFor(blocks * perBlock);
    const seconds = (performance.now() - started) / 1000;
    return { messages: blocks * perBlock, delivered: counter.deliveredCount(), seconds };
  } finally {
    for (const connection of [publisher, ...receivers]) connection.close();
  }
}

/**
 * All subjects have one length, so that all frames have.
 * @param {number} subjects
 */
function randomSubject(subjects) {
  if (subjects <= 1) return SUBJECT;
  return `bench.${String(Math.floor(Math.random() * subjects)).padStart(SUBJECT.length - 'bench.'.length, '0')}`;
}

/** @param {ThroughputPlan} plan */
async function openReceiver(plan) {
  const receiver = await Connection.open(plan.port);
  await receiver.exchange(`SUB ${plan.subjects > 1 ? 'bench.*' : SUBJECT} ${plan.isQueue ? 'workers ' : ''}1\r\nPING\r\n`);
  return receiver;
}

/**
 * Writes all blocks, pausing while the socket is full or the window is used up.
 * @param {{ publisher: Connection, block: Buffer, blocks: number, perBlock: number, counter: DeliveryCounter }} run
 * @returns {Promise<void>}
 */
function publish({ publisher, block, blocks, perBlock, counter }) {
  const windowBlocks = Math.max(1, Math.floor(WINDOW_BYTES / block.length));
  return new Promise((resolve, reject) => {
    let sent = 0;
    let isFull = false;
    const pump = () => {
      while (sent < blocks && !isFull && sent - counter.slowest() / perBlock < windowBlocks) {
        isFull = !publisher.write(block);
        sent++;
      }
      if (sent === blocks && !isFull) resolve();
    };
    publisher.onDrain = () => {
      isFull = false;
      pump();
    };
    publisher.onLost = (reason) => reject(new Error(`publisher: ${reason}`));
    counter.onProgress = pump;
    counter.onLost = (reason) => reject(new Error(`receiver: ${reason}`));
    pump();
  });
}

/** Counts what arrived, per receiver, in bytes of frames that all have one size. */
class DeliveryCounter {
  /** @type {() => void} */
  onProgress = () => undefined;
  /** @type {(reason: string) => void} */
  onLost = () => undefined;
  #bytes;
  #frameBytes;
  #isQueue;

  /** @param {ThroughputPlan} plan @param {Connection[]} receivers */
  constructor(plan, receivers) {
    this.#isQueue = plan.isQueue;
    this.#frameBytes = `MSG ${SUBJECT} 1 ${plan.sizeBytes}\r\n`.length + plan.sizeBytes + 2;
    this.#bytes = new Float64Array(receivers.length);
    for (const [index, receiver] of receivers.entries()) {
      receiver.onLost = (reason) => this.onLost(reason);
      receiver.onBytes = (buffer, count) => {
        const pings = countPings(buffer.subarray(0, count));
        if (pings > 0) receiver.write('PONG\r\n'.repeat(pings));
        this.#bytes[index] = /** @type {number} */ (this.#bytes[index]) + count - pings * PING_BYTES;
        this.onProgress();
      };
    }
  }

  /** Messages that the slowest receiver has had; the sum for a queue group; without receivers, no limit. */
  slowest() {
    if (this.#bytes.length === 0) return Number.POSITIVE_INFINITY;
    return this.#isQueue ? this.deliveredCount() : Math.min(...this.#bytes) / this.#frameBytes;
  }

  /** Messages delivered to all receivers together. */
  deliveredCount() {
    let sum = 0;
    for (const bytes of this.#bytes) sum += bytes;
    return sum / this.#frameBytes;
  }

  /**
   * Resolves when everything has arrived; rejects when more arrived than was sent.
   * @param {number} count messages published
   * @returns {Promise<void>}
   */
  waitFor(count) {
    const expected = this.#bytes.length === 0 ? 0 : this.#isQueue ? count : count * this.#bytes.length;
    return new Promise((resolve, reject) => {
      this.onLost = (reason) => reject(new Error(`receiver: ${reason}`));
      this.onProgress = () => {
        const delivered = this.deliveredCount();
        if (delivered === expected) resolve();
        else if (delivered > expected) reject(new Error(`${delivered} messages arrived, ${expected} were expected`));
      };
      this.onProgress();
    });
  }
}

/**
 * How many PINGs of the server's heartbeat are among the messages; none of the messages holds an `I`.
 * @param {Buffer} bytes
 */
function countPings(bytes) {
  let count = 0;
  for (let at = bytes.indexOf(LETTER_I); at >= 0; at = bytes.indexOf(LETTER_I, at + 1)) count++;
  return count;
}
