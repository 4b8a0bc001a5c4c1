/** `$JS.<domain>.API.>` of the server's own domain: the same as `$JS.API.>`, for clients that name the domain. */
import type { Account } from '../../account/account.ts';
import type { ReceivedMessage } from '../../account/internal-subscriber.ts';
import { statusBlock } from '../header-text.ts';
import { Messenger } from '../messenger.ts';

/** Hands requests in the domain's name on; returns what ends that. */
export function serveDomain(account: Account, domain: string): () => void {
  const messenger = new Messenger(account);
  const prefix = `$JS.${domain}.API.`;
  return account.subscribe(`${prefix}>`, (message) => handOn(messenger, prefix, message));
}

function handOn(messenger: Messenger, prefix: string, { subject, headers, payload, reply }: ReceivedMessage): void {
  const own = `$JS.API.${subject.slice(prefix.length)}`;
  const taken = messenger.send(own, payload, headers.length === 0 ? null : headers, reply);
  if (taken === 0 && reply !== '') messenger.sendStatus(reply, statusBlock('503', [['Nats-Subject', own]]));
}
