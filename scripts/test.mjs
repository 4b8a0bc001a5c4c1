/**
 * `npm test`: types, lint, the repository's own rules, unit and integration tests of every workspace, browser tests. One after
 * the other, because each already uses the cores it gets. Ends with the one line `N passed, N failed`.
 *
 *   npm test                     everything
 *   npm test -- types broker     only the steps whose name holds one of these words
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkOutcome, playwrightOutcome, vitestOutcome } from './test/results.mjs';
import { passOnSignals, runStep } from './test/run-step.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const WORKSPACES = ['packages/protocol', 'packages/broker', 'apps/api', 'apps/web'];
const MINUTE_MS = 60_000;

const reports = mkdtempSync(join(tmpdir(), 'sluice-test-'));
process.once('exit', () => rmSync(reports, { recursive: true, force: true }));
passOnSignals();
process.exitCode = await runAll(process.argv.slice(2));

/**
 * @typedef {import('./test/run-step.mjs').Step & { kind: 'check' | 'vitest' | 'playwright', report: string }} PlannedStep
 */

/**
 * Runs the wished steps and prints the sum; resolves with the exit code.
 * @param {string[]} words
 */
async function runAll(words) {
  const steps = plan().filter((step) => words.length === 0 || words.some((word) => step.name.includes(word)));
  if (steps.length === 0) {
    process.stderr.write(
      `no step is called ${words.join(' or ')}; there are: ${plan()
        .map((step) => step.name)
        .join(', ')}\n`,
    );
    return 1;
  }
  let passed = 0;
  /** @type {string[]} */
  const skipped = [];
  /** @type {string[]} */
  const failures = [];
  for (const step of steps) {
    process.stdout.write(`\n== ${step.name}\n`);
    const end = await runStep(step);
    const outcome = readOutcome(step, end.code);
    if (end.isTimeout) outcome.failures.push(`${step.name}: stopped after its limit of ${step.limitMs / MINUTE_MS} minutes`);
    const summary = `${outcome.passed} passed, ${outcome.failed} failed, ${outcome.skipped.length} skipped`;
    process.stdout.write(`-- ${step.name}: ${summary} in ${end.seconds.toFixed(1)} s\n`);
    passed += outcome.passed;
    skipped.push(...outcome.skipped);
    failures.push(...outcome.failures);
  }
  if (skipped.length > 0)
    process.stdout.write(`\nskipped (${skipped.length}):\n${skipped.map((line) => `  ${line}\n`).join('')}`);
  if (failures.length > 0)
    process.stdout.write(`\nfailed (${failures.length}):\n${failures.map((line) => `  ${line}\n`).join('')}`);
  process.stdout.write(`\n${passed} passed, ${failures.length} failed\n`);
  return failures.length === 0 ? 0 : 1;
}

/**
 * @param {PlannedStep} step
 * @param {number | undefined} code
 */
function readOutcome(step, code) {
  const text = existsSync(step.report) ? readFileSync(step.report, 'utf8') : undefined;
  if (step.kind === 'vitest') return vitestOutcome(step.name, text, code);
  if (step.kind === 'playwright') return playwrightOutcome(step.name, text, code);
  return checkOutcome(step.name, code);
}

/** @returns {PlannedStep[]} */
function plan() {
  const tsc = tool('typescript/bin/tsc');
  return [
    ...WORKSPACES.map((workspace) => check(`types ${workspace}`, [tsc, '-p', `${workspace}/tsconfig.json`, '--noEmit'])),
    check('types apps/web tests', [tsc, '-p', 'apps/web/tsconfig.test.json', '--noEmit']),
    check('types scripts, bench and tests', [tsc, '-p', 'tsconfig.json', '--noEmit']),
    check('lint', [tool('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']),
    vitest('rules of the repository', 'tests', 3),
    ...WORKSPACES.map((workspace) => vitest(`tests ${workspace}`, workspace, 8)),
    playwright(),
  ];
}

/**
 * @param {string} name
 * @param {string[]} args
 * @returns {PlannedStep}
 */
function check(name, args) {
  return { kind: 'check', name, args, cwd: root, limitMs: 3 * MINUTE_MS, report: '' };
}

/**
 * @param {string} name
 * @param {string} folder
 * @param {number} limitMinutes
 * @returns {PlannedStep}
 */
function vitest(name, folder, limitMinutes) {
  const report = join(reports, `${folder.replace('/', '-')}.json`);
  const args = [tool('vitest/vitest.mjs'), 'run', '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  return { kind: 'vitest', name, args, cwd: join(root, folder), limitMs: limitMinutes * MINUTE_MS, report };
}

/** @returns {PlannedStep} */
function playwright() {
  const report = join(reports, 'browser.json');
  const args = [tool('@playwright/test/cli.js'), 'test', '--reporter=list,json'];
  const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: report };
  return { kind: 'playwright', name: 'browser', args, cwd: join(root, 'apps/web'), limitMs: 12 * MINUTE_MS, report, env };
}

/**
 * Path of an installed tool's script; npx is never asked, it may be told not to fetch.
 * @param {string} path inside node_modules
 */
function tool(path) {
  return join(root, 'node_modules', path);
}
