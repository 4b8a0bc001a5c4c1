/**
 * Runs the unit and integration tests under other versions of Node, with the same node_modules. Each Node comes from the npm
 * package `node-<platform>@<version>`, downloaded once into node_modules/.cache. Not part of `npm test`: about 50 MB each.
 *
 *   node scripts/node-matrix.mjs                  22, 24 and 26
 *   node scripts/node-matrix.mjs 24.21.0          exactly this one
 *   node scripts/node-matrix.mjs 24 -- broker     only the steps of the test run whose name holds this word
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, 'node_modules', '.cache', 'node-matrix');
/** The versions that were tried when the dependencies were chosen. */
const KNOWN = { 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' };
/** Without the browser: it does not depend on the version of Node that drives it. */
const DEFAULT_STEPS = ['rules', 'tests packages/protocol', 'tests packages/broker', 'tests apps/api', 'tests apps/web'];

const separator = process.argv.indexOf('--');
const given = process.argv.slice(2, separator < 0 ? undefined : separator);
const steps = separator < 0 ? DEFAULT_STEPS : process.argv.slice(separator + 1);
const versions = given.length > 0 ? given : Object.keys(KNOWN);

/** @type {string[]} */
const lines = [];
let isGood = true;
for (const wish of versions) {
  const version = Object.hasOwn(KNOWN, wish) ? KNOWN[/** @type {keyof typeof KNOWN} */ (Number(wish))] : wish;
  const node = install(version);
  process.stdout.write(`\n#### Node ${version}\n`);
  const run = spawnSync(node, [join(root, 'scripts', 'test.mjs'), ...steps], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 256 * 1024 * 1024,
    // Tests that start `node` by name, and scripts with a shebang, get this version too.
    env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH ?? ''}` },
  });
  process.stdout.write(run.stdout);
  isGood &&= run.status === 0;
  lines.push(`Node ${version}: ${run.stdout.trim().split('\n').at(-1)}`);
}
process.stdout.write(`\n${lines.join('\n')}\n`);
process.exitCode = isGood ? 0 : 1;

/**
 * Path of the executable of one version, downloaded when it is not there yet.
 * @param {string} version
 */
function install(version) {
  const folder = join(cache, version);
  const node = join(folder, 'package', 'bin', 'node');
  if (existsSync(node)) return node;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  must('npm', ['pack', `node-${platform}-${process.arch}@${version}`, '--pack-destination', folder, '--silent'], root);
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (!archive) throw new Error(`npm pack left no archive for Node ${version}`);
  must('tar', ['-xzf', archive], folder);
  rmSync(join(folder, archive));
  return node;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function must(command, args, cwd) {
  const run = spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (run.status !== 0) throw new Error(`${command} ${args[0]} failed`);
}
