/** Frames as trace lines show them: `[SUB foo 1]`, `MSG_PAYLOAD: ["hello"]`. Source: nats-server server/client.go traceMsgInternal. */
import { goQuoteBytes } from '@sluice/protocol';
import type { ResolvedOptions } from '../options.ts';

/** Longest payload that is shown when no limit is configured, in bytes. */
export const MAX_SHOWN_BYTES = 32_768;

/** Values of these keys in CONNECT are not shown. */
const SECRETS = /("?\s*(?:auth_token\S*?|pass\S*?|(?<![A-Za-z0-9_])(?:proxy_sig|nkey|sig))"?\s*[:=]\s*"?)([^",\r\n}]*)/g;

/** What of a payload is shown. */
export interface TraceLimits {
  /** Bytes; 0 is no limit. */
  readonly maxPayloadBytes: number;
  /** Header blocks only. */
  readonly isHeadersOnly: boolean;
}

/** What the options let a trace show. */
export function traceLimitsOf({ maxTracedMessageBytes = 0, tracesHeadersOnly = false }: ResolvedOptions): TraceLimits {
  return { maxPayloadBytes: maxTracedMessageBytes, isHeadersOnly: tracesHeadersOnly };
}

/** An operation; its arguments hold one byte in each character. */
export function operationText(verb: string, args: string): string {
  const shown = verb === 'CONNECT' ? args.replace(SECRETS, '$1[REDACTED]') : args;
  return `[${shown === '' ? verb : `${verb} ${Buffer.from(shown, 'latin1').toString('utf8')}`}]`;
}

/** Bytes of a payload that are shown, of `sizeBytes` with a header block of `headerBytes`; 0 shows nothing. */
export function shownBytes(limits: TraceLimits, sizeBytes: number, headerBytes: number): number {
  // A header block is shown without the empty line that ends it.
  const wanted = limits.isHeadersOnly ? Math.max(0, headerBytes - 4) : sizeBytes;
  const limit = limits.maxPayloadBytes > 0 ? Math.min(limits.maxPayloadBytes, MAX_SHOWN_BYTES) : MAX_SHOWN_BYTES;
  return Math.min(limit, wanted);
}

/** `start` is what may be shown of a payload; `isCut` when that is not all of what should be. */
export function payloadText(start: Uint8Array, isCut: boolean): string {
  return `MSG_PAYLOAD: ["${goQuoteBytes(start).slice(1, -1)}${isCut ? '...' : ''}"]`;
}
