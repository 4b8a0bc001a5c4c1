/** The scripts that stand before everything else: what they refuse, and that a hanging tool cannot hang the run. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { runStep } from '../scripts/test/run-step.mjs';
import { repositoryRoot } from './layers/tree.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-scripts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('bootstrap', () => {
  const bootstrap = join(repositoryRoot, 'scripts/bootstrap.mjs');

  it.each(['18.20.4', '20.18.3'])('refuses Node %s in one line', (version) => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
    const run = spawnSync(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, bootstrap], {
      encoding: 'utf8',
    });
    expect(run.status).toBe(1);
    expect(run.stderr).toBe(`sluice: Sluice needs Node 20.19 or newer; this is Node ${version}.\n`);
  });

  it('says so when CHROMIUM_PATH names no Chromium', () => {
    const find = "import('./scripts/find-chromium.mjs').then((m) => m.findChromium()).catch((e) => { console.log(e.message); })";
    const run = spawnSync(process.execPath, ['-e', find], {
      cwd: repositoryRoot,
      encoding: 'utf8',
      env: { ...process.env, CHROMIUM_PATH: '/does/not/exist' },
    });
    expect(run.stdout).toContain('CHROMIUM_PATH is /does/not/exist');
  });
});

describe('runStep', () => {
  it('reports the exit code of the tool', async () => {
    const args = [script('three.mjs', 'process.exit(3)')];
    expect(await runStep({ name: 'three', args, cwd: folder, limitMs: 20_000 })).toMatchObject({ code: 3, isTimeout: false });
  });

  it('ends a hanging tool, and what it started, at the limit', async () => {
    const pidFile = join(folder, 'grandchild.pid');
    const text = `
      import { spawn } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'inherit' });
      writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
      process.on('SIGTERM', () => 0);
      setInterval(() => 0, 1000);
    `;
    const end = await runStep({ name: 'hang', args: [script('hang.mjs', text)], cwd: folder, limitMs: 1500 });
    expect(end).toMatchObject({ code: undefined, isTimeout: true });
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  });
});

/** False for a process that is gone, or dead and only waiting for its parent to notice. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false; // No such process.
  }
}
