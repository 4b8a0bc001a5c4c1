/** The last rates of subjects, as far as this page has seen them: the server keeps none per subject. Bounded. */

/** Samples kept per subject, one a refresh. */
export const RATE_SAMPLES = 18;
/** Subjects remembered; the ones not seen for longest go first. */
const SUBJECTS_MAX = 3000;

export class RateMemory {
  readonly #samples = new Map<string, (number | null)[]>();

  /** Adds one sample per subject. */
  add(rows: readonly { subject: string; msgsPerS: number | null }[]): void {
    for (const { subject, msgsPerS } of rows) {
      const samples = [...(this.#samples.get(subject) ?? []), msgsPerS].slice(-RATE_SAMPLES);
      this.#samples.delete(subject);
      this.#samples.set(subject, samples);
    }
    for (const subject of this.#samples.keys()) {
      if (this.#samples.size <= SUBJECTS_MAX) break;
      this.#samples.delete(subject);
    }
  }

  /** Oldest first; empty when the subject was never seen. */
  of(subject: string): readonly (number | null)[] {
    return this.#samples.get(subject) ?? [];
  }
}
