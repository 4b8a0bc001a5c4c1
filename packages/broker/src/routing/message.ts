// hot path
/** The message being routed: one reused object per broker. Nothing in it outlives the call that hands it over. */
import { PubFrame } from '@sluice/protocol/wire';

export class Message extends PubFrame {
  /** Connection id of the publisher; 0 when the server itself publishes. */
  publisherCid = 0;
}
