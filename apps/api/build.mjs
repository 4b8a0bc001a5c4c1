/**
 * Bundles the `sluice` command and the two processes that it supervises, each into one file with everything it needs, and
 * puts the built console beside them: the folder `dist` runs with nothing but Node. A missing entry or console is an error.
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const webDist = join(here, '..', 'web', 'dist');
const broker = join(here, '..', '..', 'packages', 'broker');
/** Output name → source. */
const entryPoints = {
  sluice: join(here, 'src/cli/sluice.ts'),
  'broker-process': join(here, 'src/broker-process.ts'),
  'console-process': join(here, 'src/console-process.ts'),
  // The broker starts this one by URL, so it lies beside the bundle that holds the broker.
  'bcrypt-worker': join(broker, 'src/auth/bcrypt-worker.ts'),
};
const COMPRESSIBLE = /\.(html|js|css|svg|json|txt|webmanifest|map)$/;
const COMPRESS_FROM_BYTES = 1024;

for (const path of [...Object.values(entryPoints), join(webDist, 'index.html')]) {
  if (!existsSync(path)) throw new Error(`apps/api: ${path} is missing`);
}
rmSync(dist, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints,
  outdir: dist,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  conditions: ['@sluice/source'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'eof',
  // Fastify and its plugins are CommonJS: they call `require`, and some look for files beside themselves.
  banner: {
    js: [
      "import { createRequire as __sluiceRequire } from 'node:module';",
      "import { fileURLToPath as __sluicePath } from 'node:url';",
      "const require = __sluiceRequire(import.meta.url), __filename = __sluicePath(import.meta.url), __dirname = __sluicePath(new URL('.', import.meta.url));",
    ].join(' '),
  },
  // Optional native helpers of ws; it works without them.
  external: ['bufferutil', 'utf-8-validate'],
  logLevel: 'warning',
});
cpSync(webDist, join(dist, 'web'), { recursive: true });
await precompress(join(dist, 'web'));

/**
 * Writes .br and .gz beside each text file, so that the server compresses nothing at run time.
 * @param {string} folder
 */
async function precompress(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  const texts = files.filter((path) => COMPRESSIBLE.test(path) && statSync(path).size >= COMPRESS_FROM_BYTES);
  await Promise.all(
    texts.map(async (path) => {
      const bytes = readFileSync(path);
      const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
      const [br, gz] = await Promise.all([promisify(brotliCompress)(bytes, { params }), promisify(gzip)(bytes, { level: 9 })]);
      writeFileSync(`${path}.br`, br);
      writeFileSync(`${path}.gz`, gz);
    }),
  );
}
