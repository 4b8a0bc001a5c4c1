/**
 * Whether the accounts that a server cannot do without are to be had; asked before anything is logged or listens.
 * Source: nats-server server/server.go NewServer.
 */
import { DEFAULT_SYSTEM_ACCOUNT } from '../account/accounts.ts';
import { makeResolver, type ResolverParts } from '../auth/jwt/resolver.ts';
import { Trust } from '../auth/jwt/trust.ts';
import { type ServerSettings, toOptions } from '../config/index.ts';
import type { Env } from '../env/env.ts';
import type { OperatorModeOptions } from '../options.ts';

/** What is wrong, or undefined. */
export async function resolverProblem(settings: ServerSettings, env: Env): Promise<string | undefined> {
  const { operators, trustedKeys, resolver: named } = settings.features;
  const isOperated = operators !== undefined || trustedKeys !== undefined;
  if (!isOperated && named === undefined) return undefined;
  const { operator, systemAccount } = toOptions(settings);
  const resolver = operator?.resolver ?? named;
  if (operator !== undefined && resolver === undefined) {
    return systemProblem(operator, systemAccount, env.clock.nowMs() / 1000);
  }
  if (resolver?.kind !== 'url') return undefined;
  const parts: ResolverParts = { env, systemAccount: () => undefined, inboxPrefix: '' };
  const answer = await makeResolver({ resolver, preload: {} }, parts).fetch('');
  return answer.ok ? undefined : answer.error;
}

/** Where all accounts are in the configuration, the system account must be one of them. */
function systemProblem(operator: OperatorModeOptions, configured: string | undefined, nowS: number): string | undefined {
  const trust = new Trust(operator, nowS);
  const id = configured === DEFAULT_SYSTEM_ACCOUNT ? trust.systemAccount : configured;
  if (id === undefined || trust.find(id) !== undefined) return undefined;
  const reason = operator.preload[id] === undefined ? 'account missing' : 'account validation failed';
  return `error resolving system account: ${reason}`;
}
