/**
 * bcrypt is slow on purpose, so it runs in a worker thread: a hundred clients that log in must not hold up one message. The worker
 * starts with the first check. Where none can be started, the same work is done here in slices between other events.
 *
 * Bounded: past `MAX_WAITING` checks a login is refused at once. Right answers are remembered as keyed digests (the key is random
 * and never leaves the process), so that clients which reconnect together do not wait for each other.
 */
import { createHmac } from 'node:crypto';
import type { Worker } from 'node:worker_threads';
import bcrypt from 'bcryptjs';
import type { Random } from '../env/env.ts';
import type { BcryptAnswer, BcryptQuestion } from './bcrypt-worker.ts';

const MAX_WAITING = 1024;
const MAX_REMEMBERED = 4096;
const KEY_BYTES = 32;

interface Waiting {
  readonly question: BcryptQuestion;
  readonly resolve: (isRight: boolean) => void;
}

export class BcryptChecker {
  private readonly digestKey: Uint8Array;
  /** Digests of right pairs, the one used longest ago first. */
  private readonly remembered: Set<string> = new Set();
  private readonly waiting: Map<number, Waiting> = new Map();
  private readonly workerUrl: URL | undefined;
  private worker: Worker | null = null;
  private isWorkerBroken = false;
  private isStopped = false;
  private lastId = 0;

  /** Without `workerUrl` checks run in this thread. */
  constructor(random: Random, workerUrl: URL | undefined = defaultWorkerUrl()) {
    this.digestKey = random.bytes(KEY_BYTES);
    this.workerUrl = workerUrl;
  }

  /** False as well when too many checks wait, when the hash is malformed, and after `stop`. */
  async matches(hash: string, password: string): Promise<boolean> {
    const digest = createHmac('sha256', this.digestKey).update(`${hash}\0${password}`, 'utf8').digest('base64');
    if (this.remembered.delete(digest)) {
      this.remembered.add(digest);
      return true;
    }
    if (this.isStopped || this.waiting.size >= MAX_WAITING) return false;
    const isRight = await this.compare({ id: ++this.lastId, hash: knownMinor(hash), password });
    if (isRight) this.remember(digest);
    return isRight;
  }

  private remember(digest: string): void {
    this.remembered.add(digest);
    if (this.remembered.size <= MAX_REMEMBERED) return;
    const [oldest = ''] = this.remembered;
    this.remembered.delete(oldest);
  }

  private compare(question: BcryptQuestion): Promise<boolean> {
    return new Promise((resolve) => {
      this.waiting.set(question.id, { question, resolve });
      const worker = this.openWorker();
      if (worker !== null) worker.postMessage(question);
      else this.compareHere(question);
    });
  }

  private compareHere({ id, hash, password }: BcryptQuestion): void {
    bcrypt.compare(password, hash).then(
      (isRight) => this.settle({ id, isRight }),
      () => this.settle({ id, isRight: false }),
    );
  }

  private settle({ id, isRight }: BcryptAnswer): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    waiting?.resolve(isRight);
  }

  private openWorker(): Worker | null {
    if (this.worker !== null || this.isWorkerBroken || this.workerUrl === undefined) return this.worker;
    // Loaded with the first check: most servers have no bcrypt passwords.
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    const worker = new Worker(this.workerUrl);
    worker.unref();
    worker.on('message', (answer: BcryptAnswer) => this.settle(answer));
    worker.on('error', () => this.loseWorker());
    this.worker = worker;
    return worker;
  }

  /** The worker could not be started or has died: what waits for it and what comes later is done in this thread. */
  private loseWorker(): void {
    this.isWorkerBroken = true;
    this.worker = null;
    for (const { question } of this.waiting.values()) this.compareHere(question);
  }

  private refuseWaiting(): void {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const { resolve } of waiting) resolve(false);
  }

  /** Ends the worker; checks that are still out come back as false. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.remembered.clear();
    this.refuseWaiting();
    const { worker } = this;
    this.worker = null;
    await worker?.terminate();
  }
}

/** `$2x$` and `$2y$` mark the same algorithm; nats-server takes every minor letter alike. */
function knownMinor(hash: string): string {
  return hash.startsWith('$2x$') || hash.startsWith('$2y$') ? `$2b$${hash.slice(4)}` : hash;
}

/**
 * The worker lies beside the bundle. From TypeScript sources it is started where Node itself strips types (22.18 and newer);
 * elsewhere (Node 20 under a test runner) there is none.
 */
function defaultWorkerUrl(): URL | undefined {
  if (!import.meta.url.endsWith('.ts')) return new URL('./bcrypt-worker.mjs', import.meta.url);
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18) ? new URL('./bcrypt-worker.ts', import.meta.url) : undefined;
}
