/** `allowed_connection_types`: a user may be bound to the ways in which clients attach. Source: nats-io/jwt user_claims.go. */
import type { Peer } from '../env/net.ts';

/** Names that a configuration may use; MQTT and connections within the process have no listener here. */
const connectionTypes = ['STANDARD', 'WEBSOCKET', 'LEAFNODE', 'LEAFNODE_WS', 'MQTT', 'MQTT_WS', 'IN_PROCESS'] as const;
export type ConnectionType = (typeof connectionTypes)[number];

const TYPE_OF_KIND: Readonly<Record<Peer['kind'], ConnectionType>> = {
  tcp: 'STANDARD',
  websocket: 'WEBSOCKET',
  leaf: 'LEAFNODE',
  'leaf-websocket': 'LEAFNODE_WS',
};

/** True when a user with this list may attach like `peer`; no list or an empty one allows every way. Case does not matter. */
export function mayAttach(allowed: readonly string[] | undefined, peer: Peer): boolean {
  if (allowed === undefined || allowed.length === 0) return true;
  const wanted = TYPE_OF_KIND[peer.kind];
  return allowed.some((name) => name.toUpperCase() === wanted);
}

/** True when at least one of the names is one that is known. */
export function hasKnownType(names: readonly string[]): boolean {
  return names.some((name) => connectionTypes.some((known) => known === name.toUpperCase()));
}
