/**
 * `npm run fuzz -w @sluice/broker [-- frames|configs|api [count [seed]]]`: bundles the fuzzers from the sources and runs one or all of
 * them: 10^6 frames, 10^5 configuration files, 10^6 requests of the JetStream API. Exits with 1 when a goal is missed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
/** Name → how many, how to run it, and what must hold beside time and memory. */
const FUZZERS = {
  frames: {
    count: 1_000_000,
    run: ({ fuzz }, seed, count) => fuzz({ seed, frames: count }),
    isGood: (report) => report.leftOver === 0,
  },
  configs: {
    count: 100_000,
    run: ({ fuzzConfigs }, seed, count) => fuzzConfigs({ seed, files: count }),
    isGood: (report) => report.accepted > 0,
  },
  api: {
    count: 1_000_000,
    run: ({ fuzzApi }, seed, count) => fuzzApi({ seed, requests: count }),
    isGood: (report) => report.failures.length === 0 && report.unanswered === 0,
  },
};

const [wanted, countText, seedText] = process.argv.slice(2);
const names = wanted === undefined || wanted === 'all' ? Object.keys(FUZZERS) : [wanted];
const seed = Number(seedText ?? Date.now() % 1_000_000);
// The broker's own timers keep no process alive.
const alive = setInterval(() => undefined, 1000);
const folder = mkdtempSync(join(tmpdir(), 'sluice-fuzz-'));
try {
  await build({
    absWorkingDir: dirname(dirname(fileURLToPath(import.meta.url))),
    entryPoints: names.map((name) => `fuzz/${name}.ts`),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@sluice/source'],
    banner: { js: "import { createRequire as __r } from 'node:module'; const require = __r(import.meta.url);" },
    logLevel: 'warning',
  });
  for (const name of names) await runOne(name);
} finally {
  clearInterval(alive);
  rmSync(folder, { recursive: true, force: true });
}

/** @param {string} name */
async function runOne(name) {
  const fuzzer = FUZZERS[name];
  if (fuzzer === undefined) throw new Error(`there is no fuzzer ${name}: ${Object.keys(FUZZERS).join(', ')}`);
  const count = Number(countText ?? fuzzer.count);
  const module = await import(pathToFileURL(join(folder, `${name}.mjs`)).href);
  process.stdout.write(`fuzz ${name}: ${count}, seed ${seed}\n`);
  const start = performance.now();
  const report = await fuzzer.run(module, seed, count);
  process.stdout.write(`fuzz ${name}: ${JSON.stringify(report)} in ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  const isGood = fuzzer.isGood(report) && report.growthBytes < MAX_GROWTH_BYTES && report.slowestMs < 1000;
  process.stdout.write(isGood ? `fuzz ${name}: no crash, no hang, memory flat\n` : `fuzz ${name}: a goal was missed\n`);
  if (!isGood) process.exitCode = 1;
}
