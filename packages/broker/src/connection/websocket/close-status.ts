/** Why a connection ends, as WebSocket says it: a status and a short text in the close frame. Source: RFC 6455 §7.4. */
import { type ClosedReason, closedReasons, protocolErrors } from '@sluice/protocol';
import { MAX_CONTROL_BYTES } from './frames.ts';

export const closeStatus = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  noStatus: 1005,
  invalidPayload: 1007,
  policyViolation: 1008,
  tooBig: 1009,
  internalError: 1011,
} as const;

/**
 * Statuses that nats-server gives, for all reasons but those that no close frame can follow (a failed write has no frame).
 * Source: nats-server server/websocket.go wsEnqueueCloseMessage.
 */
const STATUS_OF_REASON: ReadonlyMap<string, number> = new Map<ClosedReason, number>([
  [closedReasons.clientClosed, closeStatus.normal],
  [closedReasons.authenticationTimeout, closeStatus.policyViolation],
  [closedReasons.authenticationFailure, closeStatus.policyViolation],
  [closedReasons.slowConsumerPendingBytes, closeStatus.policyViolation],
  [closedReasons.slowConsumerWriteDeadline, closeStatus.policyViolation],
  [closedReasons.maxAccountConnectionsExceeded, closeStatus.policyViolation],
  [closedReasons.maxConnectionsExceeded, closeStatus.policyViolation],
  [closedReasons.maxControlLineExceeded, closeStatus.policyViolation],
  [closedReasons.maxSubscriptionsExceeded, closeStatus.policyViolation],
  [closedReasons.missingAccount, closeStatus.policyViolation],
  [closedReasons.authenticationExpired, closeStatus.policyViolation],
  [closedReasons.revocation, closeStatus.policyViolation],
  [closedReasons.parseError, closeStatus.protocolError],
  [closedReasons.protocolViolation, closeStatus.protocolError],
  [closedReasons.badClientProtocolVersion, closeStatus.protocolError],
  [closedReasons.maxPayloadExceeded, closeStatus.tooBig],
  [closedReasons.serverShutdown, closeStatus.goingAway],
  [closedReasons.staleConnection, closeStatus.goingAway],
  [closedReasons.readError, closeStatus.goingAway],
  [closedReasons.writeError, closeStatus.goingAway],
]);

/** `-ERR` texts → closed reasons: the frame names the reason, whichever of the two the owner gave. */
const REASON_OF_TEXT: ReadonlyMap<string, string> = new Map(
  Object.values(protocolErrors).flatMap((error) =>
    typeof error === 'object' && 'closedReason' in error ? [[error.text, error.closedReason] as const] : [],
  ),
);

/** Payload of the close frame for what the owner said when it ended the transport: an `-ERR` text or a closed reason. */
export function closePayloadFor(statusText: string): Uint8Array {
  const reason = REASON_OF_TEXT.get(statusText) ?? statusText;
  return closePayload(STATUS_OF_REASON.get(reason) ?? closeStatus.internalError, reason);
}

/** Status and text as one control payload; a text that is too long ends in three dots, between characters. */
export function closePayload(status: number, text: string): Uint8Array {
  const maxTextBytes = MAX_CONTROL_BYTES - 2;
  let bytes = Buffer.from(text, 'utf8');
  if (bytes.length > maxTextBytes) {
    let end = maxTextBytes - 3;
    while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
    bytes = Buffer.concat([bytes.subarray(0, end), Buffer.from('...')]);
  }
  const payload = new Uint8Array(2 + bytes.length);
  payload[0] = status >>> 8;
  payload[1] = status & 0xff;
  payload.set(bytes, 2);
  return payload;
}

/** What is answered to a peer's close frame: its own status, or what was wrong with it. */
export function closeAnswer(received: Uint8Array): Uint8Array {
  if (received.length === 0) return received;
  if (received.length === 1) return closePayload(closeStatus.protocolError, 'close frame with half a status');
  const status = ((received[0] ?? 0) << 8) | (received[1] ?? 0);
  if (!maySend(status)) return closePayload(closeStatus.protocolError, `invalid close status code ${status}`);
  if (!isUtf8(received.subarray(2))) return closePayload(closeStatus.invalidPayload, 'invalid utf8 body in close frame');
  return received;
}

/** Statuses that may stand in a frame. Source: RFC 6455 §7.4.1 and §7.4.2. */
function maySend(status: number): boolean {
  if (status >= 3000) return status <= 4999;
  return status >= 1000 && status <= 1014 && status !== 1004 && status !== 1005 && status !== 1006;
}

function isUtf8(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).equals(Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf8'));
}
