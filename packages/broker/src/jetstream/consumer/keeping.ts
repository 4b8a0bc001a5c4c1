/** What is on disk of a consumer: its configuration durably when it changes, its state lazily while it works. */
import type { Timer } from '../../env/env.ts';
import type { AssetFile } from '../asset-file.ts';
import type { Consumer } from './consumer.ts';

/** How long a change of state may wait before it is written. */
export const SAVE_DELAY_MS = 100;

export class Keeping {
  private readonly consumer: Consumer;
  /** Undefined for one in memory. */
  private readonly file: AssetFile | undefined;
  private timer: Timer | undefined;

  constructor(consumer: Consumer, file: AssetFile | undefined) {
    this.consumer = consumer;
    this.file = file;
  }

  /** Writes the state before long. */
  saveSoon(): void {
    const { consumer } = this;
    if (this.file === undefined || this.timer !== undefined || consumer.isStopped) return;
    this.timer = consumer.stream.host.clock.setTimer(SAVE_DELAY_MS, () => {
      this.timer = undefined;
      this.save();
    });
  }

  /** Writes configuration and state durably. Throws what the disk throws. */
  saveNow(): void {
    this.file?.save(this.consumer.stream.host.consumerRecord(this.consumer));
  }

  /** Writes what was still to be written. */
  stop(): void {
    if (this.timer === undefined) return;
    this.timer.cancel();
    this.save();
  }

  /** Removes what is on disk. */
  forget(): void {
    this.file?.remove();
  }

  private save(): void {
    const { stream, name, isStopped } = this.consumer;
    try {
      const record = stream.host.consumerRecord(this.consumer);
      if (isStopped) this.file?.saveAtStop(record);
      else if (this.file?.saveLazily(record) === false) this.saveSoon();
    } catch (cause) {
      stream.host.log.write('ERR', `JetStream consumer '${stream.label} > ${name}' could not be saved: ${String(cause)}`);
    }
  }
}
