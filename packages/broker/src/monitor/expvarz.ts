/**
 * `/debug/vars` and EXPVARZ: the command line and the memory of the process, under the names of Go's runtime.MemStats, which readers of
 * the page look up. What V8 has no figure for is 0.
 */
import type { Env } from '../env/env.ts';

/** Go keeps the pauses of the last 256 collections, and counts allocations in 61 size classes. */
const PAUSES = 256;
const SIZE_CLASSES = 61;

export interface Expvarz {
  readonly cmdline: readonly string[];
  /** Byte counts of the heap and of the process, and Go's other names. */
  readonly memstats: Readonly<Record<string, unknown>>;
}

export function buildExpvarz(env: Env): Expvarz {
  const { commandLine, heapUsedBytes, heapTotalBytes, memoryBytes } = env.usage();
  return {
    cmdline: commandLine,
    memstats: {
      Alloc: heapUsedBytes,
      TotalAlloc: heapUsedBytes,
      Sys: memoryBytes,
      ...zeros('Lookups', 'Mallocs', 'Frees'),
      HeapAlloc: heapUsedBytes,
      HeapSys: heapTotalBytes,
      HeapIdle: heapTotalBytes - heapUsedBytes,
      HeapInuse: heapUsedBytes,
      ...zeros('HeapReleased', 'HeapObjects', 'StackInuse', 'StackSys', 'MSpanInuse', 'MSpanSys', 'MCacheInuse', 'MCacheSys'),
      ...zeros('BuckHashSys', 'GCSys'),
      OtherSys: Math.max(0, memoryBytes - heapTotalBytes),
      ...zeros('NextGC', 'LastGC', 'PauseTotalNs'),
      PauseNs: Array.from({ length: PAUSES }, () => 0),
      PauseEnd: Array.from({ length: PAUSES }, () => 0),
      ...zeros('NumGC', 'NumForcedGC', 'GCCPUFraction'),
      EnableGC: true,
      DebugGC: false,
      BySize: Array.from({ length: SIZE_CLASSES }, () => zeros('Size', 'Mallocs', 'Frees')),
    },
  };
}

function zeros(...names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, 0]));
}
