/** Where another server listens, as a configuration or a server writes it: `nats://user:password@host:port`. */

export interface PeerUrl {
  /** Lower case; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Undefined for what names no host and port. `defaultPort`: of URLs that name none. */
export function parsePeerUrl(text: string, defaultPort?: number): PeerUrl | undefined {
  const match = /^[a-z][a-z0-9+.-]*:\/\/(?:([^@/]*)@)?(\[[0-9a-f:.%]+\]|[^:/[\]\s]+)(?::(\d{1,5}))?\/?$/i.exec(text.trim());
  const [, login = '', host, port = defaultPort] = match ?? [];
  if (host === undefined || port === undefined || Number(port) === 0 || Number(port) > 65_535) return undefined;
  const colon = login.indexOf(':');
  return {
    host: host.replace(/^\[|\]$/g, '').toLowerCase(),
    port: Number(port),
    user: decoded(colon < 0 ? login : login.slice(0, colon)),
    password: colon < 0 ? '' : decoded(login.slice(colon + 1)),
  };
}

/** `host:port`, with brackets around an IPv6 address. */
export function joinHostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** True for two that name one place. */
export function isSameUrl(a: PeerUrl, b: PeerUrl): boolean {
  return a.host === b.host && a.port === b.port && a.user === b.user && a.password === b.password;
}

/** Text whose escapes are broken stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
