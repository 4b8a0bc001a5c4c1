/**
 * Finds a Chromium that the browser tests can drive. The bootstrap and the Playwright configuration both ask here, at run
 * time, so that a browser which moved or vanished is noticed where it matters and no remembered path can go stale.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

/** Command names a Chromium may have on PATH, the most likely first. */
const COMMAND_NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const VERSION_TIMEOUT_MS = 15_000;
/** Remembers the answer for the workers of one test run, which inherit the environment. */
const MEMO_VARIABLE = 'SLUICE_FOUND_CHROMIUM';

/**
 * Path of a usable Chromium, or undefined when there is none.
 * Throws when CHROMIUM_PATH is set but does not name a Chromium: a wrong wish is an error, not a reason to look elsewhere.
 * @returns {string | undefined}
 */
export function findChromium() {
  const wished = process.env.CHROMIUM_PATH;
  if (wished) {
    if (!isChromium(wished)) throw new Error(`CHROMIUM_PATH is ${wished}, which does not answer --version as a Chromium`);
    return wished;
  }
  const remembered = process.env[MEMO_VARIABLE];
  if (remembered && existsSync(remembered)) return remembered;
  for (const candidate of candidates()) {
    if (!isChromium(candidate)) continue;
    process.env[MEMO_VARIABLE] = candidate;
    return candidate;
  }
  return undefined;
}

/**
 * Switches for a headless Chromium under test. The sandbox is given up only where it cannot work: as root, and in CI containers.
 * @returns {string[]}
 */
export function chromiumArguments() {
  const isRoot = process.getuid?.() === 0;
  return [
    ...(isRoot || process.env.CI ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
}

/** @returns {Iterable<string>} paths that exist, in order of preference */
function* candidates() {
  const own = playwrightChromium();
  if (own) yield own;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (!folder) continue;
    for (const name of COMMAND_NAMES) {
      const path = join(folder, process.platform === 'win32' ? `${name}.exe` : name);
      if (existsSync(path)) yield path;
    }
  }
  for (const path of usualPlaces()) if (existsSync(path)) yield path;
}

/** Playwright's own download, when it is there. */
function playwrightChromium() {
  try {
    const path = createRequire(import.meta.url)('playwright-core').chromium.executablePath();
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined; // Not installed yet, or a platform without a download: other candidates follow.
  }
}

/** @returns {string[]} */
function usualPlaces() {
  if (process.platform === 'darwin') {
    const roots = ['/Applications', join(process.env.HOME ?? '', 'Applications')];
    const names = ['Chromium', 'Google Chrome', 'Google Chrome for Testing', 'Microsoft Edge'];
    return roots.flatMap((root) => names.map((name) => join(root, `${name}.app`, 'Contents', 'MacOS', name)));
  }
  if (process.platform === 'win32') {
    const roots = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA];
    const ends = [
      'Chromium/Application/chrome.exe',
      'Google/Chrome/Application/chrome.exe',
      'Microsoft/Edge/Application/msedge.exe',
    ];
    return roots.flatMap((root) => (root ? ends.map((end) => join(root, end)) : []));
  }
  return [
    '/usr/bin/chromium',
    '/usr/lib/chromium/chromium',
    '/usr/lib64/chromium-browser/chromium-browser',
    '/snap/bin/chromium',
    '/opt/google/chrome/chrome',
    '/usr/local/bin/chrome',
  ];
}

/**
 * True when the program answers as a Chromium. A stub, such as a package that only says where the real one is, does not.
 * @param {string} path
 */
function isChromium(path) {
  if (process.platform === 'win32') return existsSync(path); // chrome.exe --version opens a window there and prints nothing.
  const run = spawnSync(path, ['--version', '--no-sandbox'], { timeout: VERSION_TIMEOUT_MS, encoding: 'utf8' });
  return run.status === 0 && /(Chrom|Edge)/.test(run.stdout);
}
