/** What a parser of client input tells its owner, and what the owner answers. */
import type { PubFrame } from './pub-frame.ts';

/** Why the parser gave up on a connection. */
export const ParseError = { unknownOperation: 1, controlLineTooLong: 2, badArguments: 3 } as const;
export type ParseError = (typeof ParseError)[keyof typeof ParseError];

/** What a PUB's arguments lead to. `refuse`: the handler has closed the connection. */
export const PubVerdict = { refuse: 0, take: 1, skipPayload: 2 } as const;
export type PubVerdict = (typeof PubVerdict)[keyof typeof PubVerdict];

/** The owner of a parser. A handler that closes its connection calls `parser.stop()`. */
export interface ParserHandler {
  /** The arguments are complete; not one payload byte has been buffered yet. `isWhole`: the payload is at hand. */
  onPubArguments(frame: PubFrame, isWhole: boolean): PubVerdict;
  /** The whole message is in `frame`. */
  onPub(frame: PubFrame): void;
  /** The same line as the last `onPub` without a reply came again; returns how many messages may go by before one is handed over. */
  onRepeat(frame: PubFrame): number;
  /** One of them is handed over; returns how many may go by before the next one is. */
  onRepeatedPub(frame: PubFrame): number;
  /** The run is over: `count` messages in all, the last `passed` of which went by after the last one that was handed over. */
  onRepeatEnd(frame: PubFrame, count: number, passed: number): void;
  onConnect(json: string): void;
  /** `args` is the text after the verb, one char per byte. */
  onSub(args: string): void;
  onUnsub(args: string): void;
  /** HMSG: nothing that a client may say, and yet no error. */
  onForeignMessage(): void;
  onPing(): void;
  onPong(): void;
  /** `-ERR …` from the client, with what follows the verb. */
  onClientError(args: string): void;
  /** `INFO …` from the client; `json` is one char per byte. */
  onInfo(json: string): void;
  /** Something other than CONNECT came while a CONNECT was owed. */
  onUnauthenticated(): void;
  /** `text` says what was wrong, as the log of nats-server does. */
  onParseError(error: ParseError, text: string): void;
}
