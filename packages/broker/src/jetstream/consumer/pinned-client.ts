/** Which client is pinned to a priority group, and until when. Source: nats-server server/consumer.go assignNewPinId, setPinnedTimer; ADR-42. */
import type { Clock, Timer } from '../../env/env.ts';

const NS_PER_MS = 1_000_000;

export interface PinnedHost {
  readonly clock: Clock;
  /** How long a pin lasts without a request. */
  readonly ttlNs: number;
  newId(): string;
  onPinned(group: string, id: string): void;
  onUnpinned(group: string, reason: 'admin' | 'timeout'): void;
}

export class PinnedClient {
  /** Empty when nobody is pinned. */
  id = '';
  sinceUs = 0;
  private readonly host: PinnedHost;
  private timer: Timer | undefined;

  constructor(host: PinnedHost) {
    this.host = host;
  }

  /** Pins whoever asks next. */
  assign(group: string): void {
    this.id = this.host.newId();
    this.sinceUs = this.host.clock.nowUs();
    this.extend(group);
    this.host.onPinned(group, this.id);
  }

  /** The pinned client has shown itself. */
  extend(group: string): void {
    this.timer?.cancel();
    this.timer = this.host.clock.setTimer(this.host.ttlNs / NS_PER_MS, () => {
      if (this.id === '') return;
      this.release();
      this.host.onUnpinned(group, 'timeout');
    });
  }

  /** Takes the pin away on request. */
  unpin(group: string): void {
    this.release();
    this.host.onUnpinned(group, 'admin');
  }

  /** Takes the pin away without a word. */
  release(): void {
    this.id = '';
    this.sinceUs = 0;
    this.timer?.cancel();
    this.timer = undefined;
  }
}
