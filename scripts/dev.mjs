/**
 * `npm run dev`: the console with hot reload. Requests to /api go to a running `sluice`; when none answers, one is started
 * (built first) with its data in ./data. Ends with everything that it started.
 *
 *   SLUICE_CONSOLE_PORT   where sluice's console answers, default 4280
 */
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const consolePort = Number(process.env.SLUICE_CONSOLE_PORT ?? 4280);
const target = `http://127.0.0.1:${consolePort}`;
const START_LIMIT_MS = 30_000;
const PROBE_MS = 250;

if (await answers()) process.stdout.write(`dev: using the sluice at ${target}\n`);
else await startSluice();

const server = await createServer({
  root: join(root, 'apps', 'web'),
  server: {
    host: '127.0.0.1',
    // The console's server checks Host and Origin; the proxy speaks to it as its own page would.
    proxy: { '/api': { target, ws: true, changeOrigin: true, headers: { origin: target } } },
  },
});
await server.listen();
server.printUrls();

async function answers() {
  try {
    const response = await fetch(`${target}/healthz`, { signal: AbortSignal.timeout(1000) });
    return response.status < 500;
  } catch {
    return false; // Nobody listens there yet.
  }
}

async function startSluice() {
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'bootstrap.mjs'), '--build'], { stdio: 'inherit' });
  if (built.status !== 0) process.exit(1);
  const sluice = spawn(process.execPath, [join(root, 'apps', 'api', 'dist', 'sluice.mjs'), ...process.argv.slice(2)], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  sluice.once('exit', (code) => process.exit(code ?? 1));
  process.once('exit', () => sluice.kill('SIGTERM'));
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => process.exit(0));
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await answers())) {
    if (Date.now() > deadline) throw new Error(`sluice did not answer at ${target} within ${START_LIMIT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
  }
}
