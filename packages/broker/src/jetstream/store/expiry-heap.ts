/** Messages with a time to live, ordered by when it is over: a binary heap in two arrays. Removed messages are skipped when due. */
export class ExpiryHeap {
  private readonly times: number[] = [];
  private readonly seqs: number[] = [];

  get size(): number {
    return this.times.length;
  }

  /** When the earliest is due, in microseconds; Infinity when empty. */
  get nextUs(): number {
    return this.times[0] ?? Number.POSITIVE_INFINITY;
  }

  add(seq: number, timeUs: number): void {
    const { times, seqs } = this;
    let at = times.length;
    times.push(timeUs);
    seqs.push(seq);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((times[parent] as number) <= timeUs) break;
      times[at] = times[parent] as number;
      seqs[at] = seqs[parent] as number;
      at = parent;
    }
    times[at] = timeUs;
    seqs[at] = seq;
  }

  /** Takes the earliest entry out; its sequence. */
  take(): number {
    const { times, seqs } = this;
    const seq = seqs[0] ?? 0;
    const lastTime = times.pop() ?? 0;
    const lastSeq = seqs.pop() ?? 0;
    if (times.length > 0) this.sink(lastTime, lastSeq);
    return seq;
  }

  private sink(time: number, seq: number): void {
    const { times, seqs } = this;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= times.length) break;
      if (child + 1 < times.length && (times[child + 1] as number) < (times[child] as number)) child++;
      if ((times[child] as number) >= time) break;
      times[at] = times[child] as number;
      seqs[at] = seqs[child] as number;
      at = child;
    }
    times[at] = time;
    seqs[at] = seq;
  }

  clear(): void {
    this.times.length = 0;
    this.seqs.length = 0;
  }
}
