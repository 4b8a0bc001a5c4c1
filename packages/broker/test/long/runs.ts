/** How often a randomised test runs: a small number in `npm test`, any number in a long run (`npm run long`), with the figures printed. */
export function runs(name: 'lives' | 'lazy' | 'faults' | 'flips' | 'kills', usual: number): number {
  const wished = Number(process.env[`RUNS_${name.toUpperCase()}`]);
  return Number.isInteger(wished) && wished > 0 ? wished : usual;
}

/** First seed of a run: another one asks other questions. */
export const firstSeed: number = Number(process.env['RUNS_SEED'] ?? 1);

/** A run of any length may take its time; the usual one has to wait for others on a busy machine, too. */
export const runTimeoutMs: number = process.env['RUNS_REPORT'] === undefined ? 120_000 : 7_200_000;

/** Says what a run has seen, in long runs only. */
export function report(what: string, figures: Readonly<Record<string, number>>): void {
  if (process.env['RUNS_REPORT'] === undefined) return;
  const parts = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  process.stdout.write(`${what}: ${parts.join(', ')}\n`);
}
