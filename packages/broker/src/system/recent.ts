/** The last slow consumers and refused logins, so that an operator who looks later still sees them; bounded, newest first. */
import type { AuthErrorRecord, SlowConsumerRecord } from '@sluice/protocol';
import type { ClientConnection } from '../client/client-connection.ts';
import { claimedUser } from '../client/client-registry.ts';
import type { Subscription } from '../routing/subscription.ts';

const KEPT = 64;
/** Characters kept of a text that the peer chose. */
const MAX_TEXT = 256;

export class RecentTroubles {
  private readonly slowRing: SlowConsumerRecord[] = [];
  private readonly authRing: AuthErrorRecord[] = [];

  /** Names the subscription that had got most messages: it is the likely cause. */
  noteSlowConsumer(client: ClientConnection): void {
    const busiest = busiestSubscription(client);
    keep(this.slowRing, {
      cid: client.cid,
      ...named('name', client.connectOptions?.name),
      ...named('user', client.identity?.user),
      ...named('account', client.account?.name),
      ...(busiest === undefined ? {} : { subject: busiest.subject, sid: busiest.sid }),
      pending_bytes: client.outbound.pendingBytes,
      at_us: client.server.env.clock.nowUs(),
    });
  }

  noteAuthError(client: ClientConnection, reason: string): void {
    keep(this.authRing, {
      cid: client.cid,
      host: client.peer.address,
      ...named('user', claimedUser(client.connectOptions)),
      ...named('name', client.connectOptions?.name),
      reason,
      at_us: client.server.env.clock.nowUs(),
    });
  }

  slowConsumers(): SlowConsumerRecord[] {
    return [...this.slowRing].reverse();
  }

  authErrors(): AuthErrorRecord[] {
    return [...this.authRing].reverse();
  }
}

function keep<T>(ring: T[], record: T): void {
  if (ring.length >= KEPT) ring.shift();
  ring.push(record);
}

function named<Key extends string>(key: Key, text: string | undefined): Partial<Record<Key, string>> {
  const record: Partial<Record<Key, string>> = {};
  if (text !== undefined && text !== '') record[key] = text.slice(0, MAX_TEXT);
  return record;
}

function busiestSubscription(client: ClientConnection): Subscription | undefined {
  let busiest: Subscription | undefined;
  for (const subscription of client.subscriptions.values()) {
    if (busiest === undefined || subscription.deliveredCount > busiest.deliveredCount) busiest = subscription;
  }
  return busiest;
}
