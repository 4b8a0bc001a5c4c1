/** What the build leaves behind runs with nothing but Node: the command, the library and the folder that `npm start` runs. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { readFacts } from './layers/imports.ts';
import { repositoryRoot } from './layers/tree.ts';

const broker = join(repositoryRoot, 'packages/broker');
const api = join(repositoryRoot, 'apps/api');
const command = join(broker, 'bin/nats-server');
const folders: string[] = [];
const children: ChildProcess[] = [];

async function endChildren(): Promise<void> {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}

afterEach(async () => {
  await endChildren();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-built-'));
  folders.push(folder);
  return folder;
}

/** Starts a program and resolves with the first match of `pattern` in what it writes. */
function startAndRead(
  program: string,
  args: readonly string[],
  pattern: RegExp,
): Promise<{ found: RegExpExecArray; pid: number }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      const found = pattern.exec(text);
      if (found) resolve({ found, pid: child.pid ?? 0 });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
}

describe('the nats-server command', () => {
  it('is one file that loads nothing but Node', () => {
    const text = readFileSync(join(broker, 'dist/nats-server.cjs'), 'utf8');
    const imports = readFacts(text).imports.flatMap((found) => (found.form === 'url' ? [] : [found.specifier]));
    const isNode = (name: string): boolean => name.startsWith('node:') || builtinModules.includes(name);
    expect(imports.filter((name) => !isNode(name))).toEqual([]);
    expect(imports.length).toBeGreaterThan(3);
    expect(text).not.toContain('fastify');
  });

  it('is executable and prints the version that clients look for', () => {
    expect(statSync(command).mode & 0o111).not.toBe(0);
    const run = spawnSync(command, ['-v'], { encoding: 'utf8' });
    expect(run.stdout).toBe('nats-server: v2.15.1\n');
    expect(run.status).toBe(0);
  });

  it('is the process that was started, not a child of it', async () => {
    const { found, pid } = await startAndRead(command, ['-a', '127.0.0.1', '-p', '-1'], /\[(\d+)\][^\n]*Server is ready/);
    expect(Number(found[1])).toBe(pid);
  });

  it('starts from the byte code that the build left, and leaves its own where that is of no use', async () => {
    const folder = freshFolder();
    for (const part of ['bin', 'dist', 'package.json']) cpSync(join(broker, part), join(folder, part), { recursive: true });
    const byteCode = join(folder, `dist/nats-server.${process.version}-${process.arch}.cache`);
    const run = async (): Promise<void> => {
      await startAndRead(join(folder, 'bin/nats-server'), ['-a', '127.0.0.1', '-p', '-1'], /Server is ready/);
      await endChildren();
    };
    const { ino } = statSync(byteCode);
    await run();
    expect(statSync(byteCode).ino).toBe(ino);
    writeFileSync(byteCode, 'not byte code');
    await run();
    expect(statSync(byteCode).size).toBeGreaterThan(100_000);
  });

  it('says what to do when it was not built', () => {
    const folder = freshFolder();
    cpSync(join(broker, 'bin'), join(folder, 'bin'), { recursive: true });
    cpSync(join(broker, 'package.json'), join(folder, 'package.json'));
    const run = spawnSync(join(folder, 'bin/nats-server'), ['-v'], { encoding: 'utf8' });
    expect(run.stderr).toContain('npm run build');
    expect(run.status).toBe(1);
  });
});

describe('the library', () => {
  it('starts a broker from the built file alone', () => {
    const folder = freshFolder();
    cpSync(join(broker, 'dist'), folder, { recursive: true });
    const url = pathToFileURL(join(folder, 'index.mjs')).href;
    const text = `const { Broker } = await import('${url}'); const b = await Broker.start({ port: 0 }); console.log(b.url); await b.stop();`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(run.stdout, run.stderr).toMatch(/^nats:\/\/127\.0\.0\.1:\d+\n$/);
    expect(run.status).toBe(0);
  });

  it('comes with its types', () => {
    expect(existsSync(join(broker, 'dist/types/index.d.ts'))).toBe(true);
  });
});

describe('what npm start runs', () => {
  it('serves the console from a copy of its folder, without node_modules', async () => {
    const folder = freshFolder();
    cpSync(join(api, 'dist'), join(folder, 'dist'), { recursive: true });
    const args = [join(folder, 'dist/sluice.mjs'), '--port', '0', '--console-port', '0', '--data', join(folder, 'data')];
    const { found } = await startAndRead(process.execPath, args, /Console\s+(http:\/\/127\.0\.0\.1:\d+)[\s\S]*\/setup#/);
    const page = await fetch(`${found[1]}/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>Sluice</title>');
    expect(await (await fetch(`${found[1]}/readyz`)).json()).toMatchObject({ status: 'ready' });
  });

  it('holds every text of the console compressed, and the same', () => {
    const web = join(api, 'dist/web');
    const names = readdirSync(web, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.br'));
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      const plain = readFileSync(join(web, name.slice(0, -'.br'.length)));
      expect(brotliDecompressSync(readFileSync(join(web, name))).equals(plain), name).toBe(true);
      expect(existsSync(join(web, `${name.slice(0, -'.br'.length)}.gz`)), name).toBe(true);
    }
  });
});
