/**
 * Answers only to names this console is known by. A page on another site can point its own name at 127.0.0.1 (DNS rebinding);
 * it cannot make the browser send another Host. Addresses written as numbers are safe: rebinding needs a name.
 */
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { HttpFailure } from '../http-failure.ts';

/** The name part of a Host header, in lower case, without brackets; undefined when it is not one. */
export function hostName(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** True when `header` names this console. */
export function isAllowedHost(header: string | undefined, allowed: ReadonlySet<string>): boolean {
  const name = hostName(header);
  if (name === undefined) return false;
  return isIP(name) !== 0 || allowed.has(name);
}

export function useHostGuard(app: FastifyInstance, options: { host: string; allowedHosts: readonly string[] }): void {
  const names = ['localhost', options.host, hostname(), ...options.allowedHosts];
  const allowed = new Set(names.map((name) => name.toLowerCase()));
  app.addHook('onRequest', async (request) => {
    if (isAllowedHost(request.headers.host, allowed)) return;
    throw new HttpFailure('forbidden', 'this console does not answer to that host name; --allow-host adds one');
  });
}
