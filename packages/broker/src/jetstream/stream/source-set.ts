/** Other streams that a stream copies from: its mirror, or its sources. */
import type { Stream } from './stream.ts';

export class SourceSet {
  readonly stream: Stream;

  constructor(stream: Stream) {
    this.stream = stream;
  }

  /** Takes the stream's configuration into force. */
  configure(): void {}

  /** Messages of the stream are committed. */
  onCommitted(): void {}

  stop(): void {}
}
