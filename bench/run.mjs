/**
 * `npm run bench`: the built nats-server of this repository, beside a real one when there is one (NATS_SERVER_BIN, or 2.15 and newer
 * on PATH). Rounds alternate between the servers, so that what else the machine does hits both; only ratios mean anything.
 *
 *   npm run bench -- --rounds 5 --rows pub-16,pubsub-* --scale 0.5 --json result.json
 */
import { existsSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { tableHead, tableLine } from './report.mjs';
import { rows } from './rows.mjs';
import { findReference, loadAccount, startServer, systemLogin } from './server-process.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const RUN_LIMIT_MS = 120_000;
/** Share of a round's messages that warms a server up before its first measured round. */
const WARM_UP = 0.3;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    rows: { type: 'string', default: '*' },
    scale: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const rounds = Math.max(1, Number(values.rounds));
const scale = Number(values.scale);

/**
 * @typedef {import('./rows.mjs').Row} Row
 * @typedef {import('./report.mjs').Sample} Sample
 * @typedef {{ name: string, server: Awaited<ReturnType<typeof startServer>> }} Contender
 */

await main();

async function main() {
  const own = join(root, 'packages', 'broker', 'bin', 'nats-server');
  if (!existsSync(join(root, 'packages', 'broker', 'dist', 'nats-server.cjs'))) {
    throw new Error('the broker is not built; run "npm run build" first');
  }
  const reference = findReference();
  /** @type {Contender[]} */
  const contenders = [{ name: 'Sluice', server: await startServer(own) }];
  try {
    if (reference) contenders.unshift({ name: 'nats-server', server: await startServer(reference) });
    else process.stdout.write('no nats-server found (NATS_SERVER_BIN, PATH): Sluice alone\n');
    process.stdout.write(
      `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, medians of ${rounds} alternating rounds\n`,
    );
    process.stdout.write(
      `CPU is the server's time per message. Rows tap-* compare with pubsub-128 of Sluice itself.\n\n${tableHead}\n`,
    );
    /** @type {Record<string, Record<string, Sample[]>>} */
    const all = {};
    for (const row of wishedRows()) all[row.name] = await measureRow(row, contenders);
    if (values.json)
      writeFileSync(values.json, `${JSON.stringify({ node: process.version, rounds, scale, rows: all }, null, 1)}\n`);
  } finally {
    for (const contender of contenders) await contender.server.stop();
  }
}

function wishedRows() {
  const wishes = (values.rows ?? '*').split(',');
  const isWished = (/** @type {Row} */ row) =>
    wishes.some((wish) => (wish.endsWith('*') ? row.name.startsWith(wish.slice(0, -1)) : row.name === wish));
  const wished = rows.filter(isWished);
  if (wished.length === 0)
    throw new Error(`no row is called ${values.rows}; there are: ${rows.map((row) => row.name).join(', ')}`);
  return wished;
}

/**
 * Measures one row on every contender and prints its line. A row with a tap is measured on Sluice, with and without the tap.
 * @param {Row} row
 * @param {Contender[]} contenders
 */
async function measureRow(row, contenders) {
  const own = contenders.filter((contender) => contender.name === 'Sluice');
  const other = rows.find((candidate) => candidate.name === row.comparedWith);
  // As many messages as with the tap, so that the two runs are alike.
  const base = other && { ...other, messages: row.messages };
  const runs = base
    ? own.flatMap((contender) => [
        { label: base.name, row: base, contender },
        { label: row.name, row, contender },
      ])
    : contenders.map((contender) => ({ label: contender.name, row, contender }));
  /** @type {Record<string, Sample[]>} */
  const samples = Object.fromEntries(runs.map((run) => [run.label, []]));
  for (const run of runs) await measureOnce(run.row, run.contender, WARM_UP);
  for (let round = 0; round < rounds; round++) {
    for (const run of round % 2 === 0 ? runs : runs.toReversed()) {
      samples[run.label]?.push(await measureOnce(run.row, run.contender, 1));
    }
  }
  const ours = samples[base ? row.name : 'Sluice'] ?? [];
  process.stdout.write(`${tableLine(row.name, samples[base ? base.name : 'nats-server'], ours)}\n`);
  return samples;
}

/**
 * @param {Row} row
 * @param {Contender} contender
 * @param {number} share
 * @returns {Promise<Sample>}
 */
async function measureOnce(row, { server }, share) {
  const messages = Math.max(100, Math.round(row.messages * scale * share));
  const tap = row.sampling && { ...systemLogin, account: loadAccount, sampling: row.sampling };
  const common = { port: server.port, receivers: 0, isQueue: false, subjects: 1, ...row, tap };
  const plan = row.kind === 'request' ? { ...common, requests: messages } : { ...common, messages };
  const before = server.cpuSeconds();
  const result = await load(plan);
  const cpuUs = ((server.cpuSeconds() - before) * 1e6) / result.messages;
  const rate = Math.max(result.messages, result.delivered ?? 0) / result.seconds;
  return { rate, cpuUs, ...('p50Us' in result ? { p50Us: result.p50Us, p99Us: result.p99Us } : {}) };
}

/**
 * Runs one plan in a fresh thread, so that no run inherits the heap of another.
 * @param {object} plan
 * @returns {Promise<any>}
 */
function load(plan) {
  const worker = new Worker(new URL('./load/worker.mjs', import.meta.url));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no result within ${RUN_LIMIT_MS / 1000} s: ${JSON.stringify(plan)}`)),
      RUN_LIMIT_MS,
    );
    worker.once('error', reject);
    worker.once('message', ({ result, error }) => {
      clearTimeout(timer);
      if (error) reject(new Error(`${error}: ${JSON.stringify(plan)}`));
      else resolve(result);
    });
    worker.postMessage(plan);
  }).finally(() => worker.terminate());
}
