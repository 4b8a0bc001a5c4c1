/**
 * `npm run fuzz -w @sluice/broker [-- frames [seed]]`: bundles the fuzzer from the sources and runs it; 10^6 frames by default. Exits
 * with 1 when a goal is missed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
const frames = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'sluice-fuzz-'));
const outfile = join(folder, 'frames.mjs');
try {
  await build({
    absWorkingDir: dirname(dirname(fileURLToPath(import.meta.url))),
    entryPoints: ['fuzz/frames.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@sluice/source'],
    banner: { js: "import { createRequire as __r } from 'node:module'; const require = __r(import.meta.url);" },
    logLevel: 'warning',
  });
  const { fuzz } = await import(pathToFileURL(outfile).href);
  const start = performance.now();
  process.stdout.write(`fuzz: ${frames} frames, seed ${seed}\n`);
  const report = await fuzz({ seed, frames });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`fuzz: ${JSON.stringify(report)} in ${seconds} s\n`);
  const isGood = report.growthBytes < MAX_GROWTH_BYTES && report.leftOver === 0 && report.slowestMs < 1000;
  process.stdout.write(isGood ? 'fuzz: no crash, no hang, memory flat\n' : 'fuzz: a goal was missed\n');
  process.exitCode = isGood ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
