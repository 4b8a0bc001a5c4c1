/** What a live subscription is to the socket that holds it. Each topic is one file; the socket knows only this. */
import type { LiveData, LiveTopic } from '@sluice/protocol/console';

/** How a topic reaches its browser. */
export interface TopicOutput {
  /** Sends one frame; `seq` 0 needs no acknowledgement. */
  send(seq: number, data: LiveData): void;
  /** Sends tap bytes with their prefix. */
  sendBinary(frame: Uint8Array): void;
  /** Bytes handed to the socket that the kernel has not taken yet. */
  bufferedBytes(): number;
  /** The topic cannot go on; the subscription is over. */
  end(message: string): void;
}

export interface Topic {
  /** The browser has handled everything up to `seq`. False: that number was never sent. */
  ack(seq: number): boolean;
  /** Another query or other options; false when the topic is of another kind. */
  update(topic: LiveTopic): boolean;
  /** Called about once a second. */
  tick(): void;
  close(): void;
}
