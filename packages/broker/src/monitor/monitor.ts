/** The monitoring port: finds the endpoint, counts the request, keeps browsers of other sites out when told which hosts are its own. */
import type { HttpListenOptions, HttpRequest, HttpResponse, Listener } from '../env/net.ts';
import type { TlsContext } from '../env/tls.ts';
import type { MonitorOptions } from '../options.ts';
import { endpoints, text } from './endpoints.ts';
import type { MonitorFacts } from './facts.ts';
import { Query } from './query.ts';
import { rootPage } from './root-page.ts';

const NOT_FOUND: HttpResponse = {
  status: 404,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  body: '404 page not found\n',
};

/** What `OPTIONS *` gets. */
const EMPTY: HttpResponse = { status: 200, headers: {}, body: '' };
const BAD_REQUEST: HttpResponse = text(400, '400 Bad Request');

export class Monitor {
  private readonly facts: MonitorFacts;
  private readonly options: MonitorOptions;
  private readonly basePath: string;
  private readonly allowedHosts: ReadonlySet<string>;
  private listener: Listener | undefined;

  constructor(facts: MonitorFacts, options: MonitorOptions) {
    this.facts = facts;
    this.options = options;
    this.basePath = normalBasePath(options.basePath);
    this.allowedHosts = new Set(options.allowedHosts.map((host) => host.toLowerCase()));
  }

  /** Rejects with the system's error when the port cannot be had. */
  async start(): Promise<void> {
    const { host, port, isTls = false } = this.options;
    const { env } = this.facts.server;
    const handle = (request: HttpRequest): HttpResponse => this.handle(request);
    this.listener = await env.net.listenHttp({ host, port, ...(isTls ? { tls: this.tls() } : {}) }, handle);
    this.facts[isTls ? 'httpsPort' : 'httpPort'] = this.listener.port;
  }

  private tls(): NonNullable<HttpListenOptions['tls']> {
    const { server } = this.facts;
    const context = (): TlsContext => {
      if (server.monitorTlsContext === undefined) throw new Error('TLS cert and key required for HTTPS');
      return server.monitorTlsContext;
    };
    const onFailure = (from: string, reason: string): void =>
      server.env.log.write('ERR', `monitoring: TLS handshake error from ${from}: ${reason}`);
    return { context, onFailure };
  }

  /** Resolves when the port is free again. */
  async stop(): Promise<void> {
    await this.listener?.close();
    this.listener = undefined;
  }

  /** The port in force once started. */
  get port(): number | undefined {
    return this.listener?.port;
  }

  /** Answers one request. Every method is answered alike, as nats-server does; nothing here changes anything. */
  handle(request: HttpRequest): HttpResponse {
    if (!this.isAllowedHost(request.host)) return text(403, 'host not allowed');
    const target = withoutOrigin(request.target);
    if (target === '*') return EMPTY;
    const mark = target.indexOf('?');
    const path = decodedPath(mark < 0 ? target : target.slice(0, mark));
    if (path === undefined) return BAD_REQUEST;
    const cleaned = cleanPath(path);
    if (cleaned !== path) return redirect(cleaned + (mark < 0 ? '' : target.slice(mark)));
    if (path === '/' || path === this.basePath || path === `${this.basePath}/`) return this.root();
    if (!path.startsWith(this.basePath)) return NOT_FOUND;
    const endpoint = endpoints.get(path.slice(this.basePath.length));
    if (endpoint === undefined) return NOT_FOUND;
    const { countedAs, countsOnlyRight = false } = endpoint;
    const query = new Query(mark < 0 ? '' : target.slice(mark + 1));
    if (countedAs !== undefined && !countsOnlyRight) this.count(countedAs);
    const response = endpoint.handle(this.facts, query);
    if (countedAs !== undefined && countsOnlyRight && query.error === undefined) this.count(countedAs);
    return response;
  }

  private root(): HttpResponse {
    this.count('/');
    return { status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body: rootPage(this.basePath) };
  }

  private count(path: string): void {
    const { httpRequests } = this.facts;
    httpRequests.set(path, (httpRequests.get(path) ?? 0) + 1);
  }

  /** Without a list every host is answered, as nats-server does. The port of the header does not matter. */
  private isAllowedHost(header: string): boolean {
    if (this.allowedHosts.size === 0) return true;
    const lower = header.toLowerCase();
    return this.allowedHosts.has(lower) || this.allowedHosts.has(lower.replace(/:\d+$/, ''));
  }
}

/** A client that takes this for a proxy names the server, too. */
function withoutOrigin(target: string): string {
  const origin = /^https?:\/\/[^/?]*/i.exec(target)?.[0];
  return origin === undefined ? target : target.slice(origin.length) || '/';
}

/** The path without escapes, or undefined when one is broken. */
function decodedPath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** `nats`, `/nats/` → `/nats`; `/` → empty. */
function normalBasePath(basePath: string): string {
  const inner = basePath.replace(/^\/+|\/+$/g, '');
  return inner === '' ? '' : `/${inner}`;
}

/** Without empty, `.` and `..` segments; a trailing slash stays. */
function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  return kept.length === 0 ? '/' : `/${kept.join('/')}${path.endsWith('/') ? '/' : ''}`;
}

function redirect(location: string): HttpResponse {
  const safe = encodeURI(decodeSafely(location));
  return {
    status: 301,
    headers: { 'Content-Type': 'text/html; charset=utf-8', Location: safe },
    body: `<a href="${safe.replaceAll('&', '&amp;').replaceAll('"', '%22').replaceAll('<', '%3C')}">Moved Permanently</a>.\n\n`,
  };
}

function decodeSafely(text_: string): string {
  try {
    return decodeURI(text_);
  } catch (error) {
    if (error instanceof URIError) return '/';
    throw error;
  }
}
