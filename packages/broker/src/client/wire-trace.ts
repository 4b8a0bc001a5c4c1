/**
 * The trace of one direction of a connection: bytes → log lines, `<<- [SUB foo 1]`, `->> MSG_PAYLOAD: ["hello"]`. It reads the frames a
 * second time, beside the parser, so that the hot path has no part in it. Nothing is kept beyond one line and one payload's beginning.
 * Source: nats-server server/client.go traceMsgInternal, removeSecretsFromTrace.
 */
import { goQuoteBytes } from '@sluice/protocol';

/** Longest control line that is shown, in bytes; the rest of it is left out. */
const MAX_LINE_BYTES = 65_536;
/** Longest payload that is shown when no limit is configured, in bytes. */
const MAX_PAYLOAD_BYTES = 32_768;
/** What a client may send, as far as it is shown. */
const OPERATIONS: ReadonlySet<string> = new Set(['CONNECT', 'PING', 'PONG', 'SUB', 'UNSUB', 'PUB', 'HPUB']);
const LINE_FEED = 10;

/** Values of these keys in CONNECT are not shown. */
const SECRETS = /("?\s*(?:auth_token\S*?|pass\S*?|(?<![A-Za-z0-9_])(?:proxy_sig|nkey|sig))"?\s*[:=]\s*"?)([^",\r\n}]*)/g;

/** What of a payload is shown. */
export interface TraceLimits {
  /** Bytes; 0 is no limit. */
  readonly maxPayloadBytes: number;
  /** Header blocks only. */
  readonly isHeadersOnly: boolean;
}

export class WireTrace {
  private readonly isInput: boolean;
  private readonly write: (text: string) => void;
  private readonly limits: TraceLimits;
  private line: Buffer[] = [];
  private lineBytes = 0;
  private payload: Buffer[] = [];
  private payloadShown = 0;
  /** Bytes of the payload, CRLF included, that are still to come; -1 outside of one. */
  private payloadLeft = -1;
  /** Bytes of it that may be shown. */
  private payloadBytes = 0;

  /** `isInput` is true of what the client sends. */
  constructor(isInput: boolean, limits: TraceLimits, write: (text: string) => void) {
    this.isInput = isInput;
    this.limits = limits;
    this.write = write;
  }

  /**
   * The next bytes of this direction, cut anywhere. `passOn` gets them piece by piece, an operation at the most, each after it was shown;
   * it returns false when no more is to be looked at.
   */
  push(bytes: Uint8Array, passOn: (start: number, end: number) => boolean = () => true): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (let at = 0; at < chunk.length; ) {
      at = this.payloadLeft >= 0 ? this.takePayload(chunk, at) : this.takeLine(chunk, at);
      const isWhole = this.payloadLeft < 0 && this.lineBytes === 0;
      if (!isWhole && at < chunk.length) continue;
      if (!passOn(start, at)) return;
      start = at;
    }
  }

  private takeLine(chunk: Buffer, at: number): number {
    const lineFeed = chunk.indexOf(LINE_FEED, at);
    const end = lineFeed < 0 ? chunk.length : lineFeed;
    const room = MAX_LINE_BYTES - this.lineBytes;
    if (room > 0) {
      const part = chunk.subarray(at, Math.min(end, at + room));
      this.lineBytes += part.length;
      // The bytes are the transport's: they are gone after this turn.
      this.line.push(Buffer.from(part));
    }
    if (lineFeed < 0) return chunk.length;
    const text = Buffer.concat(this.line).toString('latin1');
    this.line = [];
    this.lineBytes = 0;
    this.endLine(text.endsWith('\r') ? text.slice(0, -1) : text);
    return lineFeed + 1;
  }

  private endLine(line: string): void {
    const [, word = '', args = ''] = /^[ \t]*(\S*)[ \t]*(.*)$/s.exec(line) ?? [];
    const verb = word.toUpperCase();
    // What is no operation is told as an error, not shown.
    if (this.isInput ? !OPERATIONS.has(verb) : verb === '' || verb === 'INFO') return;
    this.show(verb, args.trimEnd());
    if (verb !== 'PUB' && verb !== 'HPUB' && verb !== 'MSG' && verb !== 'HMSG') return;
    const fields = args.trimEnd().split(/[ \t]+/);
    const size = Number(fields.at(-1));
    if (!Number.isInteger(size) || size < 0) return;
    this.payloadBytes = this.limits.isHeadersOnly ? headerTextBytes(verb, fields) : size;
    this.payloadLeft = size + 2;
  }

  private show(verb: string, args: string): void {
    const arrow = this.isInput ? '<<-' : '->>';
    if (verb === '+OK') return this.write(`${arrow} [OK]`);
    if (verb === '-ERR') return this.write(`${arrow} [-ERR ${args.replace(/^'|'$/g, '')}]`);
    const shown = verb === 'CONNECT' ? args.replace(SECRETS, '$1[REDACTED]') : args;
    const isBare = shown === '' || verb === 'PING' || verb === 'PONG';
    this.write(`${arrow} [${isBare ? verb : `${verb} ${Buffer.from(shown, 'latin1').toString('utf8')}`}]`);
  }

  private takePayload(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.payloadLeft);
    const { maxPayloadBytes } = this.limits;
    const limit = maxPayloadBytes > 0 ? Math.min(maxPayloadBytes, MAX_PAYLOAD_BYTES) : MAX_PAYLOAD_BYTES;
    const wanted = Math.min(limit, this.payloadBytes) - this.payloadShown;
    if (wanted > 0) {
      const part = chunk.subarray(at, Math.min(end, at + wanted));
      this.payloadShown += part.length;
      this.payload.push(Buffer.from(part));
    }
    this.payloadLeft -= end - at;
    if (this.payloadLeft === 0) this.endPayload();
    return end;
  }

  private endPayload(): void {
    this.payloadLeft = -1;
    if (this.payloadBytes > 0) {
      const dots = this.payloadShown < this.payloadBytes ? '...' : '';
      const text = goQuoteBytes(Buffer.concat(this.payload)).slice(1, -1);
      this.write(`${this.isInput ? '<<-' : '->>'} MSG_PAYLOAD: ["${text}${dots}"]`);
    }
    this.payload = [];
    this.payloadShown = 0;
  }
}

/** Bytes of a header block without the empty line that ends it; 0 where there is none. */
function headerTextBytes(verb: string, fields: readonly string[]): number {
  const bytes = verb === 'HPUB' || verb === 'HMSG' ? Number(fields.at(-2)) - 4 : 0;
  return bytes > 0 ? bytes : 0;
}
