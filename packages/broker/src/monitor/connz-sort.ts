/** The orders of `/connz`. Most put the largest first; ties are broken by connection id, so that pages do not overlap. */
import type { ConnzSort } from '@sluice/protocol';
import { ClientConnection } from '../client/client-connection.ts';
import type { ClosedClient } from '../client/client-registry.ts';
import type { ListedLeaf } from './listed-leaf.ts';

type Sortable = ClientConnection | ClosedClient | ListedLeaf;

/** Negative when `a` comes first. */
export function compareConnections(a: Sortable, b: Sortable, sort: ConnzSort): number {
  return compareBy(a, b, sort) || a.cid - b.cid;
}

function compareBy(a: Sortable, b: Sortable, sort: ConnzSort): number {
  switch (sort) {
    case 'cid':
      return 0;
    case 'start':
      return a.startUs - b.startUs;
    case 'subs':
      return subscriptionCount(b) - subscriptionCount(a);
    case 'pending':
      return pendingBytes(b) - pendingBytes(a);
    case 'msgs_to':
      return b.outMessages - a.outMessages;
    case 'msgs_from':
      return b.inMessages - a.inMessages;
    case 'bytes_to':
      return b.outBytes - a.outBytes;
    case 'bytes_from':
      return b.inBytes - a.inBytes;
    case 'last':
      return b.lastActivityMs - a.lastActivityMs;
    case 'idle':
      return a.lastActivityMs - b.lastActivityMs;
    case 'uptime':
      return b.startUs - a.startUs;
    case 'stop':
      return a.stopUs - b.stopUs;
    case 'reason':
      return reason(a) < reason(b) ? -1 : reason(a) > reason(b) ? 1 : 0;
    case 'rtt':
      return b.rttUs - a.rttUs;
  }
}

function subscriptionCount(connection: Sortable): number {
  return connection instanceof ClientConnection ? connection.subscriptions.size : connection.subscriptionCount;
}

function pendingBytes(connection: Sortable): number {
  return connection instanceof ClientConnection ? connection.outbound.pendingBytes : connection.pendingBytes;
}

function reason(connection: Sortable): string {
  return connection instanceof ClientConnection ? '' : connection.reason;
}
