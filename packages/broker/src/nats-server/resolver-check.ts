/** Whether anybody is at the web server that accounts come from; asked before a server starts. Source: nats-server server/server.go NewServer. */
import { makeResolver, type ResolverParts } from '../auth/jwt/resolver.ts';
import { type ServerSettings, toOptions } from '../config/index.ts';
import type { Env } from '../env/env.ts';

/** What is wrong, or undefined. */
export async function resolverProblem(settings: ServerSettings, env: Env): Promise<string | undefined> {
  if (settings.features.operators === undefined && settings.features.trustedKeys === undefined) return undefined;
  const { operator } = toOptions(settings);
  if (operator?.resolver?.kind !== 'url') return undefined;
  const parts: ResolverParts = { env, systemAccount: () => undefined, inboxPrefix: '' };
  const answer = await makeResolver(operator, parts).fetch('');
  return answer.ok ? undefined : answer.error;
}
