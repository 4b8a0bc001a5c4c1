/**
 * JetStream on both sides of a leaf node connection: each side answers its own requests, and the other's are reached through its domain.
 * Requests without a domain never cross, so that none is answered twice.
 * Source: nats-server server/leafnode.go addLeafNodeConnection.
 */
import type { LeafConnection } from './leaf-connection.ts';

const CLIENT_SUBJECTS: readonly string[] = ['$JS.API.>', '$KV.>', '$OBJ.>'];
/** Between servers that share the system account there is more that belongs to one JetStream. */
const SYSTEM_SUBJECTS: readonly string[] = ['$JSC.>', '$NRG.>', ...CLIENT_SUBJECTS];

/** Denies what must not cross, and says how the two go together. */
export function separateJetStream(leaf: LeafConnection): void {
  const { server, nodes, account, permissions, remoteDomain } = leaf;
  if (account === null) return;
  const { domain } = nodes;
  const defaults = server.options.defaultJetStreamDomains ?? {};
  const isSystem = account === server.systemAccount;
  const hasEmptyDefault = Object.values(defaults).includes('');
  if (isSystem && hasEmptyDefault) {
    leaf.log(
      'INF',
      `Not extending remote JetStream domain ${JSON.stringify(remoteDomain)} due to presence of empty default domain`,
    );
  }
  // Old installations have no domains: there requests are let through.
  if (!isSystem && defaults[account.name] === '') return;
  const isOther = domain !== remoteDomain || !server.hasJetStream || server.systemAccount === undefined;
  if (isSystem) {
    // The system account of each server is told what it needs by itself: JetStream here is one server's own.
    leaf.log('INF', `System account connected from ${describe(leaf)}`);
    leaf.log('INF', `JetStream not extended, ${isOther ? 'domains differ' : 'it is this server alone'}`);
    deny(leaf, SYSTEM_SUBJECTS);
  } else {
    if (isOther)
      leaf.log('INF', `JetStream using domains: local ${JSON.stringify(domain)}, remote ${JSON.stringify(remoteDomain)}`);
    deny(leaf, CLIENT_SUBJECTS);
  }
  // Two sides of one name: what is meant for this one does not leave it.
  if (domain !== '' && server.hasJetStream && isOther) permissions.denyOutgoing([`$JS.${domain}.API.>`]);
}

function deny({ permissions }: LeafConnection, subjects: readonly string[]): void {
  permissions.denyOutgoing(subjects);
  permissions.denyIncoming(subjects);
}

function describe({ remoteName, remoteCluster }: LeafConnection): string {
  return remoteCluster === '' ? remoteName : `${remoteName}/${remoteCluster}`;
}
