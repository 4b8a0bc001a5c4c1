/**
 * The long runs of storage: power cuts, failing calls, rotten bits and real kills, the code of `npm test` with larger numbers.
 *
 *   npm run long -w @sluice/broker                       1,000 lives of four cuts, 10,000 flips, 200 kills, about an hour
 *   npm run long -w @sluice/broker -- flips=500 kills=0   other numbers; 0 leaves a run out
 *   npm run long -w @sluice/broker -- seed=7000           other random lives
 *
 * A seed that fails becomes a named test in test/jetstream/store/seeds.test.ts.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const usual = { lives: 1000, lazy: 1000, faults: 400, flips: 10_000, kills: 200, seed: 1 };
const wished = { ...usual, ...Object.fromEntries(process.argv.slice(2).map((word) => word.split('='))) };
/** Which test a number belongs to, by a word of its name. */
const tests = {
  lives: ['power-cut', 'loses nothing that was acknowledged'],
  lazy: ['power-cut', 'leaves a prefix in lazy mode'],
  faults: ['power-cut', 'at the N-th call'],
  flips: ['power-cut', 'costs at most the record it is in'],
  kills: ['kill-9', 'has every message that it acknowledged once'],
};

const names = Object.keys(tests).filter((name) => Number(wished[name]) > 0);
const files = [...new Set(names.map((name) => tests[name][0]))];
const env = { ...process.env, RUNS_REPORT: '1', RUNS_SEED: String(wished.seed) };
for (const name of names) env[`RUNS_${name.toUpperCase()}`] = String(wished[name]);
const filter = names.map((name) => tests[name][1]).join('|');
const args = ['vitest', 'run', ...files, '-t', filter, '--testTimeout', '7200000', '--disable-console-intercept'];
const child = spawn('npx', args, { cwd: fileURLToPath(new URL('../..', import.meta.url)), env, stdio: 'inherit' });
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
