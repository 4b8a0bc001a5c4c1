/** Runs asynchronous steps one after the other: the writer's lock of a file. A failing step does not stop the next. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(step: () => Promise<T>): Promise<T> {
    const next = this.#last.then(step, step);
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** Resolves when everything queued so far is done. */
  idle(): Promise<void> {
    return this.#last.then(() => undefined);
  }
}
