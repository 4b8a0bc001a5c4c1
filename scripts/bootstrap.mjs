/**
 * Makes a fresh clone ready: installs what the lock file names, builds what is stale, finds a browser. `npm start` and
 * `npm test` call it first, so it imports only Node's own modules (node_modules may be absent) and is fast when nothing is to do.
 *
 *   node scripts/bootstrap.mjs              install when needed
 *   node scripts/bootstrap.mjs --build      … and build every stale workspace
 *   node scripts/bootstrap.mjs --browser    … and find a Chromium, or install one
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampPath = join(root, 'node_modules', '.bootstrap-stamp');
const lockFolder = join(root, '.bootstrap-lock');
const LOCK_WAIT_MS = 15 * 60_000;
const LOCK_POLL_MS = 200;
/** A lock without a pid is being made, unless it is older than this. */
const LOCK_YOUNG_MS = 10_000;

main(new Set(process.argv.slice(2)));

/** @param {Set<string>} wishes */
function main(wishes) {
  refuseOldNode();
  withLock(() => {
    installWhenNeeded();
    if (wishes.has('--build')) build();
  });
  if (wishes.has('--browser')) {
    findOrInstallBrowser().catch((/** @type {unknown} */ error) => fail(error instanceof Error ? error.message : String(error)));
  }
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Sluice needs Node 20.19 or newer; this is Node ${process.versions.node}.`);
  if (major === 21 || (major === 22 && minor < 12)) {
    say(`Node ${process.versions.node} is older than the build tools support (20.19, 22.12 or newer); the build may fail.`);
  }
}

// --- installing ---------------------------------------------------------------------------------------------------

function installWhenNeeded() {
  const platform = `${process.platform}-${process.arch}-${process.versions.modules}`;
  const lockText = readFileSync(join(root, 'package-lock.json'));
  const stamp = `${platform} ${createHash('sha256').update(lockText).digest('hex')}`;
  const found = existsSync(stampPath) ? readFileSync(stampPath, 'utf8').trim() : '';
  if (found === stamp) return;
  const isOtherPlatform = found !== '' && !found.startsWith(`${platform} `);
  if (isOtherPlatform || !isInstalledAsLocked(lockText.toString('utf8'))) {
    say('installing dependencies (npm ci) …');
    // Development packages are needed to build, also where npm was told to leave them out.
    npm(['ci', '--no-audit', '--no-fund', '--prefer-offline', '--include=dev', '--include=optional']);
  }
  writeFileSync(stampPath, `${stamp}\n`);
}

/**
 * True when npm's own record of what it installed agrees with the lock file: somebody ran `npm ci` or `npm install` already.
 * npm writes that record last, so an interrupted install has none.
 * @param {string} lockText
 */
function isInstalledAsLocked(lockText) {
  const recordPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(recordPath)) return false;
  /** @type {Record<string, { version?: string, link?: boolean, optional?: boolean, os?: string[], cpu?: string[] }>} */
  const wanted = JSON.parse(lockText).packages;
  /** @type {Record<string, { version?: string }>} */
  const installed = JSON.parse(readFileSync(recordPath, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.link) return true;
    const isForUs = fits(entry.os, process.platform) && fits(entry.cpu, process.arch);
    if (entry.optional && !installed[path]) return !isForUs || existsElsewhere(entry);
    return installed[path]?.version === entry.version && existsSync(join(root, path, 'package.json'));
  });
}

/**
 * @param {string[] | undefined} list as in package.json's `os` and `cpu`
 * @param {string} value
 */
function fits(list, value) {
  if (!list || list.length === 0) return true;
  const denied = list.filter((entry) => entry.startsWith('!')).map((entry) => entry.slice(1));
  const allowed = list.filter((entry) => !entry.startsWith('!'));
  return !denied.includes(value) && (allowed.length === 0 || allowed.includes(value));
}

/**
 * True for an optional package whose absence proves nothing: variants for another C library, and packages without platform fields.
 * @param {{ os?: string[], cpu?: string[], libc?: string[] }} entry
 */
function existsElsewhere(entry) {
  return entry.libc !== undefined || (entry.os === undefined && entry.cpu === undefined);
}

/**
 * Runs npm with this very Node and without a shell, so that it works where `npm` is not on PATH.
 * @param {string[]} args
 */
function npm(args) {
  const cli = npmCli();
  const run = cli
    ? spawnSync(process.execPath, [cli, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (run.status !== 0) fail(`npm ${args[0]} failed${run.error ? `: ${run.error.message}` : ''}; its output above says why.`);
}

/** Path of npm's own program, or undefined when only PATH can help. */
function npmCli() {
  const folder = dirname(process.execPath);
  const places = [
    process.env.npm_execpath,
    join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    '/usr/share/nodejs/npm/bin/npm-cli.js',
  ];
  return places.find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
}

// --- building -----------------------------------------------------------------------------------------------------

function build() {
  // turbo decides what is stale; the local binary is named, because npx may be told not to fetch anything.
  const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo');
  const args = ['run', 'build', '--output-logs=errors-only', '--log-order=grouped', '--no-update-notifier'];
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`; // turbo starts npm by name.
  const run = spawnSync(process.execPath, [turbo, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  });
  if (run.status === 0) return;
  process.stderr.write(`${run.stdout ?? ''}${run.stderr ?? ''}`);
  fail(`the build failed${run.error ? `: ${run.error.message}` : ''}; its output above says why.`);
}

// --- the browser of the tests ---------------------------------------------------------------------------------------

async function findOrInstallBrowser() {
  const { findChromium } = await import('./find-chromium.mjs');
  if (findChromium()) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('no Chromium found: installing the one of this system (apt-get) …');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { stdio: 'inherit', env });
    if (findChromium()) return;
  }
  if (process.env.PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD !== '1') {
    say('no Chromium found: downloading the one of Playwright …');
    const cli = join(root, 'node_modules', 'playwright', 'cli.js');
    spawnSync(process.execPath, [cli, 'install', 'chromium'], { cwd: root, stdio: 'inherit' });
    if (findChromium()) return;
  }
  fail(
    [
      'the browser tests need a Chromium and there is none. Any one of these helps:',
      '  1. install chromium (or Google Chrome) with the package manager of this system;',
      '  2. node node_modules/playwright/cli.js install --with-deps chromium',
      '  3. set CHROMIUM_PATH to the executable of one that you have.',
    ].join('\n'),
  );
}

// --- two bootstraps at once -----------------------------------------------------------------------------------------

/**
 * Runs `work` while no other bootstrap of this checkout does. The lock is a folder, because making one is atomic everywhere.
 * @param {() => void} work
 */
function withLock(work) {
  const deadline = Date.now() + LOCK_WAIT_MS;
  let hasSaid = false;
  while (!takeLock()) {
    if (isOwnerGone()) {
      rmSync(lockFolder, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > deadline)
      fail(`another bootstrap holds ${lockFolder} for too long; remove that folder if it is not running.`);
    if (!hasSaid) say('waiting for another bootstrap of this checkout …');
    hasSaid = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
  process.once('exit', () => rmSync(lockFolder, { recursive: true, force: true }));
  work();
  rmSync(lockFolder, { recursive: true, force: true });
  process.removeAllListeners('exit');
}

function takeLock() {
  try {
    mkdirSync(lockFolder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(join(lockFolder, 'pid'), `${process.pid}\n`);
  return true;
}

/** True when the process that took the lock does not run any more, or died before it could write its pid. */
function isOwnerGone() {
  try {
    const pid = Number(readFileSync(join(lockFolder, 'pid'), 'utf8'));
    if (pid > 0) process.kill(pid, 0);
    return false;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') return Date.now() - (statSync(lockFolder, { throwIfNoEntry: false })?.mtimeMs ?? 0) > LOCK_YOUNG_MS;
    return code === 'ESRCH';
  }
}

// --- words ----------------------------------------------------------------------------------------------------------

/** @param {string} text */
function say(text) {
  process.stderr.write(`sluice: ${text}\n`);
}

/**
 * @param {string} text
 * @returns {never}
 */
function fail(text) {
  process.stderr.write(`sluice: ${text}\n`);
  process.exit(1);
}
