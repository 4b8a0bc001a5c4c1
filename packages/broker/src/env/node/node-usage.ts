/** What this process uses, read from Node. */
import { availableParallelism } from 'node:os';
import type { ProcessUsage } from '../env.ts';

/** Reads memory and CPU time now; costs some ten microseconds, so not for the hot path. */
export function nodeUsage(): ProcessUsage {
  const cpu = process.cpuUsage();
  const memory = process.memoryUsage();
  return {
    memoryBytes: memory.rss,
    cpuUs: cpu.user + cpu.system,
    cores: availableParallelism(),
    commandLine: process.argv,
    heapUsedBytes: memory.heapUsed,
    heapTotalBytes: memory.heapTotal,
  };
}
