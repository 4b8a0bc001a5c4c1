/** The 503 that tells a requester at once that nobody listens. Source: nats-server server/client.go sendNoResponders; ADR-4. */

import { hashBytes } from '@sluice/protocol/wire';
import type { Account } from '../account/account.ts';
import type { Message } from '../routing/message.ts';
import type { ClientConnection } from './client-connection.ts';

/** Answers on the reply subject, but only to a subscription of the requester itself; a wildcard one counts. */
export function sendNoResponders(client: ClientConnection, account: Account, message: Message): void {
  const { bytes, replyStart, replyEnd } = message;
  const reply = message.reply();
  const subject = message.subject();
  const match = account.sublist.match(bytes, replyStart, replyEnd, hashBytes(bytes, replyStart, replyEnd));
  const own = match.plain.find((subscription) => subscription.cid === client.cid && !subscription.isClosed);
  if (own === undefined) return;
  const headers = `NATS/1.0 503\r\nNats-Subject: ${subject}\r\n\r\n`;
  const frame = `HMSG ${reply} ${own.sid} ${headers.length} ${headers.length}\r\n${headers}\r\n`;
  if (client.trace === null) client.send(frame);
  else client.trace.sendUnshown(() => client.send(frame));
}
