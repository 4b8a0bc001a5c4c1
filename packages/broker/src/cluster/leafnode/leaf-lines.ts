/** LS+ and LS-: what the other side of a leaf node connection wants. Source: nats-server server/leafnode.go processLeafSub, processLeafUnsub. */
import { isValidSubscribeSubject, protocolErrors } from '@sluice/protocol';
import { splitArguments } from '@sluice/protocol/wire';
import { MAX_PEER_SUBSCRIPTIONS } from '../peer-connection.ts';
import { weightOf } from '../peer-words.ts';
import type { LeafConnection } from './leaf-connection.ts';
import { LOOP_PREFIX } from './leaf-interest.ts';

/** `LS+ subject [queue weight]` or `LS- subject [queue]`; `text` is what follows the verb. */
export function processLeafLine(leaf: LeafConnection, isAdded: boolean, text: string): void {
  const args = splitArguments(text);
  const [subject, queue = '', weight] = args;
  const isWhole = isAdded ? args.length === 1 || args.length === 3 : args.length === 1 || args.length === 2;
  if (subject === undefined || !isWhole) return leaf.violate(`processLeafSub Parse Error: ${JSON.stringify(text)}`);
  const key = queue === '' ? subject : `${subject} ${queue}`;
  if (isAdded) add(leaf, key, { subject, queue, weight: weightOf(weight) });
  else if (leaf.peer?.remove(key) === true) leaf.subscriptionCount--;
}

function add(leaf: LeafConnection, key: string, wanted: { subject: string; queue: string; weight: number }): void {
  const { peer } = leaf;
  const { subject } = wanted;
  if (peer === null) return;
  if (subject === leaf.loopSubject) return leaf.endLoop(true);
  if (!isValidSubscribeSubject(subject)) return leaf.violate(`processLeafSub invalid subject: ${JSON.stringify(subject)}`);
  if (!subject.startsWith(LOOP_PREFIX) && !leaf.permissions.mayExport(subject)) {
    return leaf.refusePermission('Subscription', subject);
  }
  const before = peer.size;
  if (before >= leaf.maxSubscriptions) {
    // As a client, it goes on without; it is told.
    leaf.log('ERR', protocolErrors.maxSubscriptions.text);
    return leaf.send(`-ERR '${protocolErrors.maxSubscriptions.text}'\r\n`);
  }
  peer.add(key, { ...wanted, origin: leaf.remoteCluster });
  leaf.subscriptionCount += peer.size - before;
}

/** The server's own bound holds where nobody has set a limit. */
export function boundOf(limits: readonly (number | undefined)[]): number {
  return Math.min(MAX_PEER_SUBSCRIPTIONS, ...limits.filter((limit) => limit !== undefined && limit > 0).map(Number));
}
