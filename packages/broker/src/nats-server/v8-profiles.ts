/** What V8 measures of this process, as profiles: where the time goes, and who holds memory. */
import { type HeapProfiler, type Profiler, Session } from 'node:inspector/promises';
import type { Frame, Profile, Sample } from './pprof.ts';

const SAMPLING_INTERVAL_US = 10_000;
const HEAP_INTERVAL_BYTES = 524_288;
const NS_PER_US = 1000;
const NS_PER_MS = 1_000_000n;

export class V8Profiles {
  private readonly session: Session = new Session();
  private isBusy = false;

  /** From now on memory is watched. */
  async start(): Promise<void> {
    this.session.connect();
    await this.session.post('Profiler.enable');
    await this.session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
    await this.session.post('HeapProfiler.startSampling', { samplingInterval: HEAP_INTERVAL_BYTES });
  }

  stop(): void {
    this.session.disconnect();
  }

  /** Where the time goes for `durationMs`; undefined while another such profile is being taken. */
  async cpu(durationMs: number): Promise<Profile | undefined> {
    if (this.isBusy) return undefined;
    this.isBusy = true;
    try {
      const timeNs = BigInt(Date.now()) * NS_PER_MS;
      await this.session.post('Profiler.start');
      await new Promise((resolve) => setTimeout(resolve, durationMs));
      const { profile } = await this.session.post('Profiler.stop');
      return fromCpu(profile, timeNs);
    } finally {
      this.isBusy = false;
    }
  }

  /** What is held now, by who took it. */
  async heap(): Promise<Profile> {
    const { profile } = await this.session.post('HeapProfiler.getSamplingProfile');
    return fromHeap(profile);
  }
}

function fromCpu(profile: Profiler.Profile, timeNs: bigint): Profile {
  const periodNs = SAMPLING_INTERVAL_US * NS_PER_US;
  const parents = new Map<number, Profiler.ProfileNode>();
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node);
  const samples = profile.nodes.flatMap((node): Sample[] => {
    const { hitCount = 0 } = node;
    if (hitCount === 0) return [];
    const stack: Frame[] = [];
    for (let at: Profiler.ProfileNode | undefined = node; at !== undefined; at = parents.get(at.id)) stack.push(at.callFrame);
    return [{ stack, values: [hitCount, hitCount * periodNs] }];
  });
  return {
    sampleTypes: [
      ['samples', 'count'],
      ['cpu', 'nanoseconds'],
    ],
    samples,
    periodType: ['cpu', 'nanoseconds'],
    period: periodNs,
    timeNs,
    durationNs: BigInt(Math.round(profile.endTime - profile.startTime)) * BigInt(NS_PER_US),
  };
}

function fromHeap({ head }: HeapProfiler.SamplingHeapProfile): Profile {
  const samples: Sample[] = [];
  const open: { node: HeapProfiler.SamplingHeapProfileNode; above: readonly Frame[] }[] = [{ node: head, above: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const stack = [next.node.callFrame, ...next.above];
    if (next.node.selfSize > 0) samples.push({ stack, values: [1, next.node.selfSize] });
    for (const node of next.node.children) open.push({ node, above: stack });
  }
  return {
    sampleTypes: [
      ['inuse_objects', 'count'],
      ['inuse_space', 'bytes'],
    ],
    samples,
    periodType: ['space', 'bytes'],
    period: HEAP_INTERVAL_BYTES,
    timeNs: BigInt(Date.now()) * NS_PER_MS,
    durationNs: 0n,
  };
}
