/**
 * RS+, RS-, LS+ and LS-: what another server wants of an account. LS± stand for leaf nodes attached to it and name their cluster.
 * Source: nats-server server/route.go processRemoteSub, processRemoteUnsub.
 */
import { closedReasons, isValidSubscribeSubject, protocolErrors } from '@sluice/protocol';
import { splitArguments } from '@sluice/protocol/wire';
import { SubscriptionKind } from '../../routing/subscription.ts';
import { PeerAccount } from '../peer-account.ts';
import { MAX_PEER_SUBSCRIPTIONS } from '../peer-connection.ts';
import { weightOf } from '../peer-words.ts';
import type { RouteConnection } from './route-connection.ts';

/** Accounts that one connection may bring; beyond them it ends. */
const MAX_ACCOUNTS = 65_536;

export function processInterest(route: RouteConnection, verb: 'RS+' | 'RS-' | 'LS+' | 'LS-', text: string): void {
  const args = splitArguments(text);
  const origin = verb.startsWith('L') ? args.shift() : '';
  const name = route.account === '' ? args.shift() : route.account;
  const [subject, queue = '', weightText] = args;
  const isAdded = verb.endsWith('+');
  const isWhole = isAdded ? args.length === 1 || args.length === 3 : args.length === 1 || args.length === 2;
  if (origin === undefined || name === undefined || subject === undefined || !isWhole) {
    return route.violate(`processRemoteSub Parse Error: ${JSON.stringify(text)}`);
  }
  const named = route.account === '' ? `${name} ` : '';
  const key = `${verb.charAt(0)} ${origin === '' ? '' : `${origin} `}${named}${subject}${queue === '' ? '' : ` ${queue}`}`;
  if (isAdded) add(route, name, { key, subject, queue, origin, weight: weightOf(weightText) });
  else remove(route, name, key);
}

interface Wanted {
  readonly key: string;
  readonly subject: string;
  readonly queue: string;
  /** The cluster of the leaf nodes that it stands for, or empty. */
  readonly origin: string;
  readonly weight: number;
}

function add(route: RouteConnection, name: string, { key, ...interest }: Wanted): void {
  const { subject } = interest;
  if (!isValidSubscribeSubject(subject)) return route.violate(`processRemoteSub invalid subject: ${JSON.stringify(subject)}`);
  if (isServedHere(route, subject)) return;
  const account = accountOf(route, name);
  if (account === undefined || route.subscriptionCount >= MAX_PEER_SUBSCRIPTIONS) {
    return route.refuse(protocolErrors.maxSubscriptions.text, closedReasons.maxSubscriptionsExceeded);
  }
  const before = account.size;
  account.add(key, interest);
  route.subscriptionCount += account.size - before;
}

function remove(route: RouteConnection, name: string, key: string): void {
  const account = route.accounts.get(name);
  if (account?.remove(key) !== true) return;
  route.subscriptionCount--;
  if (account.size === 0) route.accounts.delete(name);
}

/**
 * A server with JetStream answers its clients itself: its streams are its own, and requests or acknowledgements that reached the streams
 * of another server as well would change two.
 */
function isServedHere({ server }: RouteConnection, subject: string): boolean {
  return server.hasJetStream && (subject.startsWith('$JS.API.') || subject.startsWith('$JS.ACK.'));
}

function accountOf(route: RouteConnection, name: string): PeerAccount | undefined {
  let account = route.accounts.get(name);
  if (account !== undefined || route.accounts.size >= MAX_ACCOUNTS) return account;
  account = new PeerAccount(route, {
    name,
    isNamed: route.account === '',
    kind: SubscriptionKind.route,
    traffic: 'routed',
  });
  route.accounts.set(name, account);
  const existing = route.server.accounts.get(name);
  if (existing !== undefined) account.attach(existing);
  return account;
}
