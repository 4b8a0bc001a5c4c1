/**
 * One process per folder. The lock is a socket of Linux's abstract namespace, named after the folder's device and inode: the kernel
 * gives it back with the process, however that ends, so there is no stale lock and nothing lies in the folder. It reaches as far as
 * the network namespace: containers with networks of their own do not see each other. Other systems have no such names, and no lock.
 */
import { statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { FolderInUse } from '../disk.ts';

/** Time for the holder to say which process it is. */
const ANSWER_MS = 100;

/** Takes the lock of an existing folder; the returned function gives it back. @throws FolderInUse when another one holds it. */
export async function lockFolder(folder: string, patienceMs: number): Promise<() => void> {
  if (process.platform !== 'linux') return () => undefined;
  const { dev, ino } = statSync(folder, { bigint: true });
  const name = `\0sluice-store-${dev}-${ino}`;
  const endMs = performance.now() + patienceMs;
  let holder = '';
  for (;;) {
    const release = await tryListen(name);
    if (release !== undefined) return release;
    const leftMs = endMs - performance.now();
    if (leftMs <= 0 && holder !== '') throw new FolderInUse(folder, holder);
    holder = await waitForEnd(name, Math.max(ANSWER_MS, leftMs));
    if (leftMs <= 0) throw new FolderInUse(folder, holder);
  }
}

/** Undefined when somebody has the name. Whoever asks is told the process. */
function tryListen(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<Socket>();
    const server = createServer((socket) => {
      waiting.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => waiting.delete(socket));
      socket.unref();
      // Left open: whoever waits learns at once when the lock is free.
      socket.write(String(process.pid));
    });
    server.on('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => {
      server.unref();
      resolve(() => {
        server.close();
        for (const socket of waiting) socket.destroy();
      });
    });
  });
}

/** Resolves when the holder is gone or the time is over, with the process that it named. */
function waitForEnd(name: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    let pid = '';
    const socket = connect(name);
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.on('data', (text) => {
      pid += text.toString('latin1');
    });
    // It ended while it was asked; 'close' follows.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(pid);
    });
  });
}
