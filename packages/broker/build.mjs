/**
 * Builds the broker three ways from the same sources: the `nats-server` command as one file that loads nothing else, with V8's byte
 * code of it, the library, and the worker entry points that both start by URL. Types are written by the compiler. A missing entry is an error.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
/** Output name → source. Workers lie beside the bundles that start them with `new URL('./x.mjs', import.meta.url)`. */
const command = { 'nats-server': 'src/nats-server/main.ts' };
const modules = { index: 'src/index.ts', 'bcrypt-worker': 'src/auth/bcrypt-worker.ts' };

for (const source of Object.values({ ...command, ...modules })) {
  if (!existsSync(join(here, source))) throw new Error(`packages/broker: the entry ${source} is missing`);
}
/** @satisfies {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: here,
  outdir: dist,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  conditions: ['@sluice/source'],
  // Short names parse faster, and start-up time is part of the command's contract; class and function names stay for stack traces.
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  legalComments: 'eof',
  // bin/nats-server reads the bundle as Latin-1.
  charset: 'ascii',
  metafile: true,
  write: false,
  logLevel: 'warning',
};
const results = [
  await build({
    ...common,
    entryPoints: command,
    outExtension: { '.js': '.cjs' },
    // A script, not a module: V8 keeps byte code of scripts only, and Node's own modules load when the first function needs them.
    format: 'cjs',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__sluiceUrl' },
    banner: { js: "const __sluiceUrl = require('node:url').pathToFileURL(__filename).href;" },
  }),
  await build({
    ...common,
    entryPoints: modules,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    // Some dependencies are CommonJS and call `require` for Node's own modules.
    banner: {
      js: "import { createRequire as __sluiceRequire } from 'node:module'; const require = __sluiceRequire(import.meta.url);",
    },
  }),
];
const packages = results
  .flatMap(({ metafile }) => Object.keys(metafile.inputs))
  .flatMap((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []);
const unexpected = [...new Set(packages)].filter((name) => !['bcryptjs', 'typebox'].includes(name));
if (unexpected.length > 0)
  throw new Error(`packages/broker: the bundle took in ${unexpected.join(', ')}; the broker may use bcryptjs only`);
// Only now, so that a build that fails leaves the last good one.
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
for (const { outputFiles } of results) for (const file of outputFiles) writeFileSync(file.path, file.contents);
writeTypes();
await writeCodeCache();

/** Starts the command and ends it in order, which leaves the byte code of what a start needs. Without it the first start does the same. */
async function writeCodeCache() {
  const storeFolder = mkdtempSync(join(tmpdir(), 'sluice-build-'));
  const server = spawn(join(here, 'bin', 'nats-server'), ['-a', '127.0.0.1', '-p', '-1', '-m', '-1', '-js', '-sd', storeFolder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(server, 'exit');
  for await (const line of createInterface({ input: server.stderr })) {
    if (line.endsWith('Server is ready')) server.kill('SIGTERM');
  }
  const [exitCode] = await ended;
  rmSync(storeFolder, { recursive: true, force: true });
  if (exitCode !== 0) throw new Error(`packages/broker: the nats-server command that was built ended with ${exitCode}`);
}

/** Declarations of the library, by the compiler of the repository. */
function writeTypes() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const run = spawnSync(process.execPath, [tsc, '-p', join(here, 'tsconfig.build.json')], { stdio: 'inherit' });
  if (run.status !== 0) throw new Error('packages/broker: the types could not be written');
}
