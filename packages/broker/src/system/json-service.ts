/** How Sluice's own services answer: JSON in, `{ server, data }` or `{ server, error }` out, at the server's id and at PING. */
import type { ReceivedMessage } from '../account/internal-subscriber.ts';
import { type Result, refusal } from '../monitor/result.ts';
import type { Server } from '../server.ts';
import type { Speaker } from './speaker.ts';

/** Longest request in bytes. */
const MAX_REQUEST_BYTES = 1_048_576;

export interface JsonService {
  /** Follows `$SYS.REQ.SERVER.<id>.` */
  readonly name: string;
  /** Gets the parsed JSON, or `{}` for an empty payload. */
  readonly handle: (value: unknown) => Result<unknown>;
  /** Wraps the sending of the answer; absent sends plainly. */
  readonly sendWith?: (send: () => void) => void;
}

/** Subscribes one service; the returned function ends it. */
export function subscribeJsonService(server: Server, speaker: Speaker, service: JsonService): () => void {
  const { name, handle, sendWith = (send) => send() } = service;
  const answerOne = (request: ReceivedMessage): void => {
    const parsed = parseRequest(request.payload);
    const result = parsed.ok ? handle(parsed.value) : parsed;
    const identity = speaker.identity();
    const body = result.ok
      ? { server: identity, data: result.value }
      : { server: identity, error: { code: 400, description: result.error } };
    sendWith(() => speaker.reply(request, body));
  };
  return speaker.account.subscribe(`$SYS.REQ.SERVER.${server.id}.${name}`, answerOne, { isOwn: true });
}

function parseRequest(payload: Uint8Array): Result<unknown> {
  if (payload.length === 0) return { ok: true, value: {} };
  if (payload.length > MAX_REQUEST_BYTES) return refusal(`the request has ${payload.length} bytes, ${MAX_REQUEST_BYTES} at most`);
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    return { ok: true, value };
  } catch (error) {
    if (error instanceof SyntaxError) return refusal('the request is no JSON');
    throw error;
  }
}
