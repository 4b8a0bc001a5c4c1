/**
 * The account of a leaf node connection as the receiver that routing knows: as for a route, behind the rules of the connection.
 * Source: nats-server server/client.go deliverMsg.
 */
import type { Message } from '../../routing/message.ts';
import { PeerAccount, type PeerAccountOptions, type PeerAccountOwner } from '../peer-account.ts';
import type { LeafPermissions } from './leaf-permissions.ts';

export class LeafAccount extends PeerAccount {
  private readonly permissions: LeafPermissions;

  constructor(owner: PeerAccountOwner, permissions: LeafPermissions, options: PeerAccountOptions) {
    super(owner, options);
    this.permissions = permissions;
  }

  override deliverRemote(message: Message, queues: readonly string[], target: Uint8Array | null, origin: string): boolean {
    const { permissions } = this;
    const isAllowed =
      target === null
        ? permissions.maySend(message.bytes, message.subjectStart, message.subjectEnd, message.subjectHash)
        : permissions.maySendTo(Buffer.from(target).toString('latin1'));
    if (!isAllowed || !super.deliverRemote(message, queues, target, origin)) return false;
    if (message.hasReply()) permissions.noteReply(message.reply());
    return true;
  }
}
