/** SUB from a client. Before: protocol/wire/parser. After: account, which puts the interest into the sublist. */
import { closedReasons, goQuoteLatin1, isValidSubscribeSubject, protocolErrors } from '@sluice/protocol';
import { splitArguments } from '@sluice/protocol/wire';
import { Subscription, SubscriptionKind } from '../routing/subscription.ts';
import type { ClientConnection } from './client-connection.ts';

/** Pause between two lines about the limit of subscriptions. Source: nats-server server/accounts.go. */
const LIMIT_REPORT_MS = 2000;

/** Arguments → subject → limits → permission → interest. */
export function processSub(client: ClientConnection, args: string): void {
  const fields = splitArguments(args);
  if (fields.length !== 2 && fields.length !== 3) {
    client.logError(`processSub Parse Error: ${goQuoteLatin1(args)}`);
    return client.close(closedReasons.protocolViolation);
  }
  const [subject = '', second = '', third = ''] = fields;
  const queue = fields.length === 3 ? second : '';
  const sid = fields.length === 3 ? third : second;
  const refusal = refusalOf(client, { subject, queue, sid });
  if (refusal !== undefined) {
    client.warn(refusal.text);
    if (refusal.logged !== undefined) client.logError(refusal.logged);
    return;
  }
  if (!client.subscriptions.has(sid)) addSubscription(client, subject, queue, sid);
  if (client.isVerbose) client.sendOk();
}

/** What the client is told of a subscription that may not be, and the log. */
interface Refusal {
  readonly text: string;
  readonly logged?: string;
}

function refusalOf(client: ClientConnection, wanted: { subject: string; queue: string; sid: string }): Refusal | undefined {
  const { subject, queue, sid } = wanted;
  const { options } = client.server;
  if (options.maxSubTokens > 0 && subject.split('.').length > options.maxSubTokens) {
    return protocolErrors.tooManyTokens(subject);
  }
  if (client.account === null) return protocolErrors.authorizationViolation;
  if (client.permissions !== null && !client.permissions.checkSubscribe(subject, queue).isAllowed) {
    const group = queue === '' ? '' : `, Queue: ${JSON.stringify(queue)}`;
    const logged = `Subscription Violation - Subject ${JSON.stringify(subject)}${group}, SID ${sid}`;
    return { text: protocolErrors.subscriptionViolation(subject, queue).text, logged };
  }
  // Checked before the sid is looked at: at the limit, even one that is in use already is refused.
  if (client.subscriptions.size >= client.maxSubscriptions) {
    const { text } = protocolErrors.maxSubscriptions;
    // Of all clients of an account one is told of, every other second.
    if (client.server.recentLines.isNew(`${client.account.name} ${text}`, LIMIT_REPORT_MS)) client.logError(text);
    return { text };
  }
  if (!isValidSubscribeSubject(subject)) return protocolErrors.invalidSubject;
  return undefined;
}

/** True when a delivery to the subscription has to be looked at, besides an auto-unsubscribe. */
export function hasRules(client: ClientConnection, { denied, limitedTo }: Subscription): boolean {
  return !client.isEcho || denied !== null || limitedTo !== null || client.permissions?.grantsReplies === true;
}

function addSubscription(client: ClientConnection, subject: string, queue: string, sid: string): void {
  const { account } = client;
  if (account === null) return;
  const subscription = new Subscription({
    subscriber: client,
    subject,
    queue,
    sid,
    kind: SubscriptionKind.client,
    cid: client.cid,
  });
  const check = client.permissions?.checkSubscribe(subject, queue);
  subscription.denied = check?.denied ?? null;
  subscription.limitedTo = check?.limitedTo ?? null;
  subscription.hasRules = hasRules(client, subscription);
  client.subscriptions.set(sid, subscription);
  account.add(subscription);
}
