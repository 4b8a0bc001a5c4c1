/** What damage took: counted once, told once, and put on record in the log so that it stays known whatever becomes of the file. */
import type { FileStore } from './file-store.ts';
import { notIn, Tombstones } from './tombstones.ts';

export class Losses {
  /** Losses that some record in the log says. */
  recorded: readonly (readonly [number, number])[] = [];
  /** While the log is read back: hears of losses, some of which a later record may explain. */
  onLoss: ((first: number, count: number) => void) | undefined;
  private readonly store: FileStore;
  /** Those that are not on record yet. */
  private readonly fresh: Tombstones = new Tombstones();

  constructor(store: FileStore) {
    this.store = store;
  }

  get hasFresh(): boolean {
    return !this.fresh.isEmpty;
  }

  /** What is to be written down; it counts as recorded afterwards. */
  take(): Buffer {
    this.recorded = this.store.lost?.ranges ?? [];
    return this.fresh.take();
  }

  /** All of them are to be written down once more: the record of them goes. */
  reassert(): void {
    for (const [first, count] of this.store.lost?.ranges ?? []) this.fresh.addRange(first, count);
  }

  /** Counts messages that damage took. */
  note(first: number, count: number, bytes: number): void {
    if (this.onLoss !== undefined) return this.onLoss(first, count);
    const { store } = this;
    const known = store.lost?.ranges ?? [];
    const fresh = notIn(known, first, count);
    if (fresh.length === 0 && bytes === 0) return;
    store.lost = { ranges: [...known, ...fresh], bytes: (store.lost?.bytes ?? 0) + bytes };
    const damage = `JetStream store of '${store.label}': damage found`;
    if (fresh.length === 0) store.log.write('ERR', `${damage}, ${bytes} damaged byte(s)`);
    for (const [from, size] of fresh) {
      for (const [start, length] of notIn(this.recorded, from, size)) this.fresh.addRange(start, length);
      store.log.write('ERR', `${damage}, ${size} message(s) from sequence ${from} on are lost`);
      store.listener?.onDamage(from, size);
    }
    if (fresh.length === 0) store.listener?.onDamage(first, 0);
  }
}
