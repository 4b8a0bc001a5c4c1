/**
 * Builds the broker three ways from the same sources: the `nats-server` command as one file that loads nothing else, the
 * library, and the worker entry points that both start by URL. Types are written by the compiler. A missing entry is an error.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
/** Output name → source. Workers lie beside the bundles that start them with `new URL('./x.mjs', import.meta.url)`. */
const entryPoints = {
  'nats-server': 'src/nats-server/main.ts',
  index: 'src/index.ts',
  'bcrypt-worker': 'src/auth/bcrypt-worker.ts',
};

for (const source of Object.values(entryPoints)) {
  if (!existsSync(join(here, source))) throw new Error(`packages/broker: the entry ${source} is missing`);
}
const result = await build({
  absWorkingDir: here,
  entryPoints,
  outdir: dist,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  conditions: ['@sluice/source'],
  // Short names parse faster, and start-up time is part of the command's contract; class and function names stay for stack traces.
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  legalComments: 'eof',
  // Some dependencies are CommonJS and call `require` for Node's own modules.
  banner: {
    js: "import { createRequire as __sluiceRequire } from 'node:module'; const require = __sluiceRequire(import.meta.url);",
  },
  metafile: true,
  write: false,
  logLevel: 'warning',
});
const packages = Object.keys(result.metafile.inputs).flatMap(
  (path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? [],
);
const unexpected = [...new Set(packages)].filter((name) => !['bcryptjs', 'typebox'].includes(name));
if (unexpected.length > 0)
  throw new Error(`packages/broker: the bundle took in ${unexpected.join(', ')}; the broker may use bcryptjs only`);
// Only now, so that a build that fails leaves the last good one.
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
for (const file of result.outputFiles) writeFileSync(file.path, file.contents);
writeTypes();

/** Declarations of the library, by the compiler of the repository. */
function writeTypes() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const run = spawnSync(process.execPath, [tsc, '-p', join(here, 'tsconfig.build.json')], { stdio: 'inherit' });
  if (run.status !== 0) throw new Error('packages/broker: the types could not be written');
}
