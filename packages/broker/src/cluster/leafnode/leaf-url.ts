/** The address of a hub as a configuration writes it: `nats-leaf://user:password@host:port`, or a WebSocket's with a path. */
import { type PeerUrl, parsePeerUrl } from '../peer-url.ts';

const DEFAULT_PORT = 7422;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { ws: 80, wss: 443 };

export interface LeafUrl extends PeerUrl {
  readonly scheme: string;
  /** Of a WebSocket, without a slash at its end. */
  readonly path: string;
  /** Whom TLS expects there. */
  readonly serverName: string;
}

/** Undefined for what names no host. */
export function parseLeafUrl(text: string): LeafUrl | undefined {
  const [, scheme = 'nats-leaf', authority, path = ''] =
    /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/\s]+)(\/\S*)?$/i.exec(text.trim()) ?? [];
  if (authority === undefined) return undefined;
  const name = scheme.toLowerCase();
  const url = parsePeerUrl(`${name}://${authority}`, DEFAULT_PORTS[name] ?? DEFAULT_PORT);
  return url === undefined ? undefined : { ...url, scheme: name, path: path.replace(/\/+$/, ''), serverName: url.host };
}
