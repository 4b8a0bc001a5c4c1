/** Request and reply: how long an answer takes, one at a time or with many under way. */
import { Connection } from './connection.mjs';

const SUBJECT = 'bench.request';
const INBOX = '_INBOX.bench';
/** Digits of a request's number in its reply subject: every frame has one size. */
const DIGITS = 7;

/**
 * @param {{ port: number, requests: number, underWay: number }} plan
 * @returns {Promise<{ messages: number, seconds: number, p50Us: number, p99Us: number }>}
 */
export async function measureRequests({ port, requests, underWay }) {
  const responder = await Connection.open(port);
  const requester = await Connection.open(port);
  try {
    await responder.exchange(`SUB ${SUBJECT} 1\r\nPING\r\n`);
    await requester.exchange(`SUB ${INBOX}.* 1\r\nPING\r\n`);
    answerAll(responder);
    return await askAll(requester, requests, underWay);
  } finally {
    responder.close();
    requester.close();
  }
}

/** @param {Connection} responder */
function answerAll(responder) {
  const reader = new LineReader();
  responder.onBytes = (buffer, count) => {
    let answers = '';
    for (const line of reader.read(buffer, count)) {
      if (line.startsWith('MSG ')) answers += `PUB ${line.split(' ')[3]} 2\r\nok\r\n`;
    }
    if (answers !== '') responder.write(answers);
  };
}

/**
 * @param {Connection} requester
 * @param {number} requests
 * @param {number} underWay
 * @returns {Promise<{ messages: number, seconds: number, p50Us: number, p99Us: number }>}
 */
function askAll(requester, requests, underWay) {
  const startedMs = new Float64Array(requests);
  const tookMs = new Float64Array(requests);
  const reader = new LineReader();
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    let asked = 0;
    let answered = 0;
    const ask = (/** @type {number} */ count) => {
      let text = '';
      for (let i = 0; i < count && asked < requests; i++, asked++) {
        startedMs[asked] = performance.now();
        text += `PUB ${SUBJECT} ${INBOX}.${String(asked).padStart(DIGITS, '0')} 16\r\n0123456789abcdef\r\n`;
      }
      if (text !== '') requester.write(text);
    };
    requester.onLost = (reason) => reject(new Error(reason));
    requester.onBytes = (buffer, count) => {
      const now = performance.now();
      let batch = 0;
      for (const line of reader.read(buffer, count)) {
        if (line.startsWith('HMSG')) return reject(new Error('no responders'));
        if (!line.startsWith('MSG ')) continue;
        const index = Number(line.slice(line.indexOf(INBOX) + INBOX.length + 1).split(' ', 1)[0]);
        tookMs[index] = now - /** @type {number} */ (startedMs[index]);
        batch++;
      }
      answered += batch;
      if (answered < requests) return ask(batch);
      tookMs.sort();
      const at = (/** @type {number} */ share) => /** @type {number} */ (tookMs[Math.floor((requests - 1) * share)]) * 1000;
      resolve({ messages: requests, seconds: (now - begun) / 1000, p50Us: at(0.5), p99Us: at(0.99) });
    };
    ask(underWay);
  });
}

/** Cuts reads into whole lines; payload lines come out too, callers skip them. */
class LineReader {
  #rest = '';

  /** @param {Buffer} buffer @param {number} count */
  read(buffer, count) {
    const lines = (this.#rest + buffer.toString('latin1', 0, count)).split('\r\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}
