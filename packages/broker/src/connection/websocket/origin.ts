/**
 * Which web pages may connect: a browser names the page's origin, and a page of another site could otherwise use a visitor's
 * network position. Clients that are no browsers send none and are let in. Source: nats-server server/websocket.go checkOrigin.
 */

export interface OriginRules {
  /** The origin must be the host and port that the request was sent to. */
  readonly sameOrigin: boolean;
  /** Where not empty, the origin must be one of these; with `sameOrigin`, both must hold. */
  readonly allowedOrigins: readonly string[];
}

/** Undefined when the page may connect, else why not. `host` is the request's own `Host`. */
export function originRefusal(rules: OriginRules, origin: string, host: string, isTls: boolean): string | undefined {
  if (origin === '' || (!rules.sameOrigin && rules.allowedOrigins.length === 0)) return undefined;
  const page = parseOrigin(origin);
  if (page === undefined) return 'not an origin';
  if (rules.sameOrigin) {
    const own = parseOrigin(`${isTls ? 'https' : 'http'}://${host}`);
    if (own === undefined || own.host !== page.host || own.port !== page.port) return 'not same origin';
  }
  if (rules.allowedOrigins.length === 0) return undefined;
  const isListed = rules.allowedOrigins.some((text) => {
    const allowed = parseOrigin(text);
    return allowed !== undefined && allowed.scheme === page.scheme && allowed.host === page.host && allowed.port === page.port;
  });
  return isListed ? undefined : 'not in the allowed list';
}

interface Origin {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

/** Undefined for `null`, for a text without a host, and for one that is more than an origin. */
function parseOrigin(text: string): Origin | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.hostname === '' || url.username !== '' || url.search !== '' || url.hash !== '') return undefined;
  const scheme = url.protocol.slice(0, -1);
  return { scheme, host: url.hostname.toLowerCase(), port: url.port === '' ? (scheme === 'https' ? '443' : '80') : url.port };
}
