/** Other streams that a stream copies from: its mirror, or its sources. */
import type { JsonObject } from '@sluice/protocol/jetstream';
import type { Stream } from './stream.ts';

export class SourceSet {
  readonly stream: Stream;

  constructor(stream: Stream) {
    this.stream = stream;
  }

  /** Takes the stream's configuration into force. */
  configure(): void {
    return undefined;
  }

  /** Messages of the stream are committed. */
  onCommitted(): void {
    return undefined;
  }

  /** `mirror` and `sources` of a stream's description. */
  info(): JsonObject {
    return {};
  }

  stop(): void {
    return undefined;
  }
}
