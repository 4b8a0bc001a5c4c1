/** The load generator's thread: takes one plan at a time from the parent and answers with what it measured. */
import { parentPort } from 'node:worker_threads';
import { measureRequests } from './request.mjs';
import { TapReader } from './tap.mjs';
import { measureThroughput } from './throughput.mjs';

if (!parentPort) throw new Error('bench/load/worker.mjs runs as a worker thread');
const port = parentPort;

port.on('message', async (plan) => {
  try {
    port.postMessage({ result: await measure(plan) });
  } catch (error) {
    port.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});

/** @param {any} plan as `rows.mjs` makes it */
async function measure(plan) {
  if (plan.kind === 'request') return measureRequests(plan);
  if (!plan.tap) return measureThroughput(plan);
  const tap = await TapReader.open({ port: plan.port, ...plan.tap });
  try {
    const result = await measureThroughput(plan);
    if (tap.failure) throw new Error(`tap: ${tap.failure}`);
    return { ...result, tap: tap.counters };
  } finally {
    tap.close();
  }
}
