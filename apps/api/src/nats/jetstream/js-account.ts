/**
 * JetStream of one account, as a client sees it: requests on `$JS.API.…`, unwrapped. Nothing here makes a consumer; what reads
 * messages reads them by message get.
 */
import { createInbox, type Msg, type MsgHdrs, type NatsConnection, RequestError, TimeoutError } from '@nats-io/transport-node';
import { HttpFailure } from '../../http-failure.ts';
import { type JsonRecord, numberAt, recordAt, recordOf, recordsAt } from '../json-fields.ts';
import { type JsError, jsFailure, readJsError } from './js-failure.ts';

const REQUEST_TIMEOUT_MS = 5000;
/** Answers to one request that may come in many messages. */
const GATHER_STALL_MS = 5000;

export type JsAnswer = { readonly ok: true; readonly value: JsonRecord } | { readonly ok: false; readonly error: JsError };

export class JsAccount {
  readonly connection: NatsConnection;
  readonly account: string;

  constructor(connection: NatsConnection, account: string) {
    this.connection = connection;
    this.account = account;
  }

  /** The answer to `$JS.API.<name>`. Throws 503 or 504 when there is none. */
  async ask(name: string, body: unknown = '', timeoutMs = REQUEST_TIMEOUT_MS): Promise<JsAnswer> {
    const message = await this.request(`$JS.API.${name}`, typeof body === 'string' ? body : JSON.stringify(body), { timeoutMs });
    const answer = recordOf(message.json());
    if ('error' in answer) return { ok: false, error: readJsError(recordAt(answer, 'error')) };
    return { ok: true, value: answer };
  }

  /** The answer, or a failure with the server's words. */
  async must(name: string, body: unknown = '', timeoutMs = REQUEST_TIMEOUT_MS): Promise<JsonRecord> {
    const answer = await this.ask(name, body, timeoutMs);
    if (answer.ok) return answer.value;
    throw jsFailure(answer.error);
  }

  /** Pages of a list until everything is read, or `most` entries. */
  async pages(
    name: string,
    key: string,
    body: JsonRecord,
    most: number,
  ): Promise<{ entries: JsonRecord[]; isTruncated: boolean }> {
    const entries: JsonRecord[] = [];
    for (;;) {
      const answer = await this.must(name, { ...body, offset: entries.length });
      const page = recordsAt(answer, key);
      entries.push(...page);
      if (page.length === 0 || entries.length >= numberAt(answer, 'total')) return { entries, isTruncated: false };
      if (entries.length >= most) return { entries, isTruncated: true };
    }
  }

  /** A plain request in the account, for publishing with an acknowledgement, pulling and acknowledging. */
  async request(
    subject: string,
    payload: string | Uint8Array,
    options: { timeoutMs?: number; headers?: MsgHdrs; isDelivery?: boolean } = {},
  ): Promise<Msg> {
    const { timeoutMs = REQUEST_TIMEOUT_MS, headers, isDelivery = false } = options;
    try {
      return await this.connection.request(subject, payload, {
        timeout: timeoutMs,
        // A delivery carries the message's own subject, by which the client's shared inbox would not know it.
        ...(isDelivery ? { noMux: true } : {}),
        ...(headers === undefined ? {} : { headers }),
      });
    } catch (error) {
      throw requestFailure(error);
    }
  }

  /** Publishes and waits for the PubAck; its sequence. */
  async publish(subject: string, payload: Uint8Array | string, headers?: MsgHdrs): Promise<JsAnswer> {
    const message = await this.request(subject, payload, headers === undefined ? {} : { headers });
    const answer = recordOf(message.json());
    if ('error' in answer) return { ok: false, error: readJsError(recordAt(answer, 'error')) };
    return { ok: true, value: answer };
  }

  /** Sends one request whose answers come one by one; `onMessage` returns true at the last. Resolves false when they stop early. */
  gather(subject: string, body: unknown, onMessage: (message: Msg) => boolean): Promise<boolean> {
    const inbox = createInbox();
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const end = (): void => {
        clearTimeout(timer);
        subscription.unsubscribe();
      };
      const finish = (isWhole: boolean): void => {
        end();
        resolve(isWhole);
      };
      const fail = (cause: unknown): void => {
        end();
        reject(cause);
      };
      // What throws in here would end the client's reader, and the connection with it.
      const take = (message: Msg): void => {
        try {
          if (onMessage(message)) finish(true);
          else wait();
        } catch (error) {
          fail(error);
        }
      };
      const wait = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => finish(false), GATHER_STALL_MS);
      };
      const subscription = this.connection.subscribe(inbox, {
        callback: (error, message) => {
          if (error !== null && error !== undefined) fail(requestFailure(error));
          else take(message);
        },
      });
      wait();
      this.connection.publish(subject, JSON.stringify(body), { reply: inbox });
    });
  }
}

/** Why a request in an account got no answer. */
export function requestFailure(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (error instanceof RequestError && error.isNoResponders())
    return new HttpFailure('unavailable', 'nobody answers: JetStream is not enabled, or the stream has no such service');
  if (error instanceof TimeoutError || (error instanceof RequestError && error.cause instanceof TimeoutError))
    return new HttpFailure('timeout', 'the server did not answer in time');
  return new HttpFailure('unavailable', error instanceof Error ? error.message : String(error));
}
