/** `/debug/vars` and EXPVARZ: the command line and the memory of the process, under Go's names where they mean the same. */
import type { Env } from '../env/env.ts';

export interface Expvarz {
  readonly cmdline: readonly string[];
  readonly memstats: {
    /** Bytes of live and not yet collected objects. */
    readonly Alloc: number;
    readonly HeapAlloc: number;
    readonly HeapSys: number;
    /** Resident bytes of the process. */
    readonly Sys: number;
  };
}

export function buildExpvarz(env: Env): Expvarz {
  const usage = env.usage();
  return {
    cmdline: usage.commandLine,
    memstats: {
      Alloc: usage.heapUsedBytes,
      HeapAlloc: usage.heapUsedBytes,
      HeapSys: usage.heapTotalBytes,
      Sys: usage.memoryBytes,
    },
  };
}
