/**
 * Where an account's requests to `$JS.API` come in: finds the verb, checks what all requests have in common, answers, counts and tells.
 * Pull requests and direct gets are other subscribers' business and are let pass.
 */
import {
  apiError,
  apiErrors,
  formatTime,
  fromByteText,
  goJson,
  type JsonObject,
  omitEmpty,
  responseType,
} from '@sluice/protocol/jetstream';
import type { Account } from '../../account/account.ts';
import type { Match } from '../../routing/match.ts';
import type { Message } from '../../routing/message.ts';
import type { Subscriber } from '../../routing/subscriber.ts';
import { Subscription, SubscriptionKind } from '../../routing/subscription.ts';
import type { Engine } from '../engine.ts';
import { Messenger } from '../messenger.ts';
import { needsHigherLevel } from '../stream/required-level.ts';
import { domainMappings } from './domain-api.ts';
import type { ApiAnswer, ApiRequest, ApiVerb } from './request.ts';
import { findVerb } from './table.ts';

const PREFIX_TOKENS = 2;
/** What the description of wrong JSON begins with. */
const INVALID_JSON = 'invalid JSON: ';
const DOT = 46;
const NEXT = Buffer.from('$JS.API.CONSUMER.MSG.NEXT.');
const DIRECT = Buffer.from('$JS.API.DIRECT.GET');

export class ApiService implements Subscriber {
  private readonly engine: Engine;
  private readonly account: Account;
  private readonly messenger: Messenger;
  private readonly subscription: Subscription;

  constructor(engine: Engine, account: Account) {
    this.engine = engine;
    this.account = account;
    this.messenger = new Messenger(account);
    this.subscription = new Subscription({
      subscriber: this,
      subject: '$JS.API.>',
      queue: '',
      sid: 'js-api',
      kind: SubscriptionKind.internal,
      cid: 0,
    });
    account.add(this.subscription);
    const { domain } = engine.options;
    if (domain !== '') account.setOwnMappings('domain', domainMappings(domain));
  }

  stop(): void {
    this.account.setOwnMappings('domain', []);
    this.subscription.isClosed = true;
    this.account.remove(this.subscription);
  }

  deliver(subscription: Subscription, message: Message): boolean {
    if (subscription.isClosed || startsWith(message, NEXT) || isDirectGet(message)) return false;
    subscription.deliveredCount++;
    const { bytes, payloadStart, headerBytes, sizeBytes } = message;
    const subject = message.subject();
    const tokens = subject.split('.').slice(PREFIX_TOKENS);
    const found = findVerb(tokens);
    if (found === undefined) return true;
    const content = Buffer.from(bytes.subarray(payloadStart, payloadStart + sizeBytes));
    const request: ApiRequest = {
      subject,
      tokens,
      reply: message.reply(),
      headers: content.subarray(0, headerBytes),
      body: content.subarray(headerBytes),
      cid: message.publisherCid,
      isStrict: this.engine.options.isStrict,
    };
    this.engine.requests.add({ service: this, request, found });
    return true;
  }

  deliverToAll(match: Match, message: Message): void {
    for (const subscription of match.plain) subscription.subscriber.deliver(subscription, message, null);
  }

  takeRun(): void {
    throw new Error('assertion failed: a fan-out run was handed to the JetStream API');
  }

  /** Answers a request whose turn has come. */
  handle(request: ApiRequest, verb: ApiVerb): void {
    this.finish(request, verb, this.answer(request, verb));
  }

  private answer(request: ApiRequest, verb: ApiVerb): ApiAnswer {
    const early = verb.before?.(request);
    if (early !== undefined) return { ok: false, error: early };
    if (needsHigherLevel(request.headers)) return { ok: false, error: apiError('requiredApiLevel') };
    const js = this.engine.accounts.get(this.account.name);
    if (js === undefined) return { ok: false, error: apiError('notEnabledForAccount') };
    try {
      return verb.answer(request, js);
    } catch (cause) {
      this.engine.log.write('ERR', `JetStream request '${request.subject}' failed: ${describeError(cause)}`);
      return { ok: false, error: apiError('streamGeneralError', { err: cause instanceof Error ? cause.message : 'failed' }) };
    }
  }

  /** Sends an answer, counts it, and tells whoever listens. */
  finish(request: ApiRequest, verb: ApiVerb, answer: ApiAnswer): void {
    if (answer === 'later') return;
    if (!answer.ok && answer.error.err_code === apiErrors.invalidJSON[1]) this.tellInvalid(request, answer.error.description);
    const fields: JsonObject = answer.ok ? answer.fields : { error: { ...answer.error }, ...verb.zeros };
    const response = goJson({ type: responseType(verb.type), ...fields });
    const js = this.engine.accounts.get(this.account.name);
    if (answer.isQuiet !== true && js !== undefined) {
      js.api.total++;
      if (!answer.ok) js.api.errors++;
    }
    js?.flushAdvisories();
    const headers = answer.ok ? (answer.headers ?? null) : null;
    if (request.reply !== '') this.messenger.sendText(request.reply, response, headers);
    if (answer.isQuiet !== true) this.audit(request, response);
    if (answer.ok) answer.afterwards?.();
  }

  private tellInvalid({ subject }: ApiRequest, description: string): void {
    const reason = description.slice(INVALID_JSON.length);
    this.engine.warnOnce(fromByteText(`Invalid JetStream request '${this.account.name} > ${subject}': ${reason}`));
  }

  private audit(request: ApiRequest, response: string): void {
    const { engine, account } = this;
    const subject = '$JS.EVENT.ADVISORY.API';
    if (!account.hasInterest(subject)) return;
    const advisory = {
      type: 'io.nats.jetstream.advisory.v1.api_audit',
      id: engine.newId(),
      timestamp: formatTime(engine.clock.nowUs()),
      server: engine.serverName,
      client: engine.dependencies.describeClient(request.cid, account.name),
      subject: request.subject,
      ...omitEmpty({ request: Buffer.from(request.body).toString('latin1') }),
      response,
      ...omitEmpty({ domain: engine.options.domain }),
    };
    account.publish(subject, Buffer.from(goJson(advisory), 'latin1'), { hasEmptyReply: true });
  }
}

function startsWith(message: Message, prefix: Buffer): boolean {
  const { bytes, subjectStart, subjectEnd } = message;
  const { length } = prefix;
  return subjectEnd - subjectStart > length && bytes.compare(prefix, 0, length, subjectStart, subjectStart + length) === 0;
}

/** Also without the name of a stream, though then nobody is there to answer. */
function isDirectGet(message: Message): boolean {
  const { bytes, subjectStart, subjectEnd } = message;
  const end = subjectStart + DIRECT.length;
  if (subjectEnd < end || bytes.compare(DIRECT, 0, DIRECT.length, subjectStart, end) !== 0) return false;
  return subjectEnd === end || bytes[end] === DOT;
}

function describeError(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
