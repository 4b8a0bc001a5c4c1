/** Pulling one message by hand and answering for it. What is pulled is delivered: this is the one place of the console that takes. */
import type { AckRequest, AckResult, PulledMessage, PullRequest, PullResult } from '@sluice/protocol/console';
import { HttpFailure } from '../../http-failure.ts';
import { presentMessage } from '../../presenters/stored-message.ts';
import { msOfNs, nsOfMs } from '../../presenters/usage.ts';
import { numberAt, recordAt, stringAt } from '../json-fields.ts';
import type { JsAccount } from './js-account.ts';
import { headerPairs } from './message-reader.ts';
import type { PulledDelivery, PulledMessages } from './pulled-messages.ts';

export interface PullTarget {
  readonly account: string | undefined;
  readonly stream: string;
  readonly consumer: string;
  /** Who pulls. */
  readonly owner: string;
}

const DEFAULT_WAIT_MS = 500;
const PULLED_BYTES = 8_388_608;

/** One message of a pull consumer, or word that none came. */
export async function pullOne(
  js: JsAccount,
  target: PullTarget,
  request: PullRequest,
  pulled: PulledMessages,
): Promise<PullResult> {
  const info = await js.must(`CONSUMER.INFO.${target.stream}.${target.consumer}`);
  const config = recordAt(info, 'config');
  if (stringAt(config, 'deliver_subject') !== '')
    throw new HttpFailure('conflict', 'this consumer pushes its messages to a subject; nothing can be pulled from it');
  const waitMs = request.waitMs ?? DEFAULT_WAIT_MS;
  const body = {
    batch: 1,
    ...(waitMs === 0 ? { no_wait: true } : { expires: nsOfMs(waitMs) }),
    ...(request.group === undefined ? {} : { group: request.group }),
  };
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${target.stream}.${target.consumer}`;
  const message = await js.request(subject, JSON.stringify(body), { timeoutMs: waitMs + 3000, isDelivery: true });
  const status = message.headers?.code ?? 0;
  if (status === 404 || status === 408) return { message: null, text: 'No message came in time.' };
  if (status !== 0) throw new HttpFailure('conflict', `${message.headers?.description ?? 'the consumer refused'} (${status})`);
  const delivery = readAckSubject(message.reply ?? '');
  if (delivery === undefined) throw new HttpFailure('internal', 'the delivery has no acknowledgement subject');
  const needsAck = stringAt(config, 'ack_policy', 'none') !== 'none';
  const held = { ...target, seq: delivery.seq, ackSubject: message.reply ?? '' };
  const { handle, expiresAtMs } = pulled.hold(held, msOfNs(numberAt(config, 'ack_wait')));
  const raw = {
    seq: delivery.seq,
    subject: message.subject,
    atMs: delivery.atMs,
    headers: headerPairs(message),
    payload: message.data,
    pending: null,
  };
  const shown: PulledMessage = {
    ...presentMessage(raw, PULLED_BYTES),
    handle,
    expiresAtMs,
    deliveries: delivery.deliveries,
    lag: delivery.lag,
    needsAck,
  };
  return { message: shown, text: `Delivery ${delivery.deliveries} of message ${delivery.seq}.` };
}

/** Answers for a delivery and waits until the server has it. */
export async function answerFor(
  js: JsAccount,
  delivery: PulledDelivery,
  request: AckRequest,
  pulled: PulledMessages,
): Promise<AckResult> {
  const answer = await confirmation(js, delivery.ackSubject, ackText(request));
  if (!answer) return { isConfirmed: false, text: 'The server did not confirm it; the message may be delivered again.' };
  if (request.action === 'progress') pulled.extend(request.handle, delivery, null);
  else pulled.drop(request.handle);
  return { isConfirmed: true, text: confirmed[request.action](delivery.seq) };
}

async function confirmation(js: JsAccount, ackSubject: string, text: string): Promise<boolean> {
  try {
    await js.request(ackSubject, text);
    return true;
  } catch (error) {
    if (error instanceof HttpFailure && error.code === 'timeout') return false;
    throw error;
  }
}

const confirmed: Readonly<Record<AckRequest['action'], (seq: number) => string>> = {
  ack: (seq) => `Message ${seq} is acknowledged.`,
  nak: (seq) => `Message ${seq} will be delivered again.`,
  term: (seq) => `Message ${seq} will not be delivered again.`,
  progress: (seq) => `The ack wait of message ${seq} begins anew.`,
};

function ackText({ action, delayMs, reason }: AckRequest): string {
  switch (action) {
    case 'ack':
      return '+ACK';
    case 'nak':
      return delayMs === undefined || delayMs === 0 ? '-NAK' : `-NAK ${JSON.stringify({ delay: nsOfMs(delayMs) })}`;
    case 'term':
      return reason === undefined || reason.trim() === '' ? '+TERM' : `+TERM ${reason.trim()}`;
    case 'progress':
      return '+WPI';
  }
}

/** Counted from the end, so that both forms are read: with and without domain and account. Source: ADR-15. */
function readAckSubject(subject: string): { deliveries: number; seq: number; atMs: number; lag: number } | undefined {
  const tokens = subject.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  const at = tokens.length >= 11 ? 6 : 4;
  const [deliveries, seq, , timeNs, lag] = tokens.slice(at).map(Number);
  if (deliveries === undefined || seq === undefined || timeNs === undefined || lag === undefined) return undefined;
  return { deliveries, seq, atMs: Math.floor(timeNs / 1_000_000), lag };
}
