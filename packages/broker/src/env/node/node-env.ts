/** The real world: Node's clock, randomness, disk and network behind the `Env` interface. */
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Clock, Env, Random, Timer } from '../env.ts';
import { type Log, silentLog } from '../log.ts';
import { NodeDisk } from './node-disk.ts';
import { NodeNet } from './node-net.ts';
import { nodeUsage } from './node-usage.ts';

const originUs = (performance.timeOrigin + 0) * 1000;

class NodeClock implements Clock {
  nowMs(): number {
    return Date.now();
  }

  nowUs(): number {
    // Wall time with microseconds: Date.now() follows clock changes, performance.now() gives the fraction.
    const precise = originUs + performance.now() * 1000;
    const wall = Date.now() * 1000;
    return Math.abs(precise - wall) < 2000 ? Math.floor(precise) : wall;
  }

  monotonicMs(): number {
    return performance.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = setTimeout(callback, Math.min(delayMs, 0x7fffffff));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  }

  setRepeatingTimer(intervalMs: number, callback: () => void): Timer {
    const timer = setInterval(callback, Math.min(intervalMs, 0x7fffffff));
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  }

  afterInput(callback: () => void): void {
    setImmediate(callback);
  }
}

class NodeRandom implements Random {
  private readonly word = new Uint32Array(1);

  bytes(count: number): Uint8Array {
    return randomBytes(count);
  }

  uint32(): number {
    randomFillSync(this.word);
    return this.word[0] as number;
  }
}

/** The environment of a real server. */
export function nodeEnv(log: Log = silentLog): Env {
  return {
    clock: new NodeClock(),
    random: new NodeRandom(),
    disk: new NodeDisk(),
    net: new NodeNet(),
    log,
    runtime: `node ${process.version}`,
    usage: nodeUsage,
  };
}
