// hot path
/** What a tap leaves out before it counts: excluded subjects, small messages, messages without a text. */
import { coversBytes, toWireText } from '../../auth/subject-pattern.ts';
import type { Message } from '../../routing/message.ts';

export interface TapConditionOptions {
  /** Patterns; what one of them matches is left out. */
  readonly exclude: readonly string[];
  /** Headers and payload together. */
  readonly minBytes: number;
  /** Empty is no condition. */
  readonly contains: string;
}

export class TapCondition {
  /** False when everything passes: then `accepts` need not be asked. */
  readonly isNeeded: boolean;
  /** True when the payload decides, so that it must be read in any case. */
  readonly needsPayload: boolean;
  private readonly exclude: readonly string[];
  private readonly minBytes: number;
  private readonly needle: Buffer;

  constructor(options: TapConditionOptions) {
    this.exclude = options.exclude.map(toWireText);
    this.minBytes = options.minBytes;
    this.needle = Buffer.from(options.contains, 'utf8');
    this.needsPayload = this.needle.length > 0;
    this.isNeeded = this.exclude.length > 0 || this.minBytes > 0 || this.needsPayload;
  }

  accepts(message: Message): boolean {
    if (message.sizeBytes < this.minBytes) return false;
    const { exclude } = this;
    for (let index = 0; index < exclude.length; index++) {
      if (coversBytes(exclude[index] as string, message.bytes, message.subjectStart, message.subjectEnd)) return false;
    }
    if (!this.needsPayload) return true;
    if (message.sizeBytes < this.needle.length) return false;
    const start = message.payloadStart;
    return message.bytes.subarray(start, start + message.sizeBytes).includes(this.needle);
  }
}
