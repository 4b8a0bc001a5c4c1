/** What of operator mode only shows when all settings are together. Source: nats-server server/jwt.go validateTrustedOperators. */
import { decodePublicNkey } from '@sluice/protocol';
import { asRecord, decodeJwt, peekJwt } from '../auth/jwt/decode-jwt.ts';
import { reportedVersion } from '../version.ts';
import { quoted } from './report.ts';
import type { ServerSettings } from './settings.ts';
import { toOptions } from './to-options.ts';

/** The first thing that is wrong, in nats-server's words, or undefined. */
export function operatorProblem(settings: ServerSettings): string | undefined {
  const { features, noAuthUser = '' } = settings;
  const { operators = [], trustedKeys = [], defaultSentinel = '' } = features;
  if (operators.length > 0) return operatedProblem(settings, operators);
  if (defaultSentinel !== '') return 'default sentinel requires operators and accounts';
  const { jwtCookie = '' } = settings.websocket ?? {};
  if (trustedKeys.length > 0) return noAuthUser === '' ? undefined : 'no_auth_user not compatible with Trusted Operator';
  return jwtCookie === ''
    ? undefined
    : `trusted operators or trusted keys configuration is required for JWT authentication via cookie ${quoted(jwtCookie)}`;
}

/** Accounts and users come from JWTs, and from nowhere else. */
function operatedProblem(settings: ServerSettings, operators: readonly string[]): string | undefined {
  const { features, accounts, users, authorization, noAuthUser = '' } = settings;
  const sentinel = sentinelProblem(features.defaultSentinel ?? '');
  if (sentinel !== undefined) return sentinel;
  const resolver = toOptions(settings).operator?.resolver;
  if (features.hasResolver !== true && resolver === undefined) return 'operators require an account resolver to be configured';
  if (accounts.length > 0) return 'operators do not allow Accounts to be configured directly';
  if ((users ?? []).length > 0) return 'operators do not allow users to be configured directly';
  if ((features.trustedKeys ?? []).length > 0) return "conflicting options for 'TrustedKeys' and 'TrustedOperators'";
  const system = systemProblem(settings.systemAccount ?? '', operators, resolver?.kind);
  if (system !== undefined) return system;
  for (const jwt of operators) {
    const problem = versionProblem(jwt) ?? keysProblem(jwt);
    if (problem !== undefined) return problem;
  }
  const pinned = (features.pinnedAccounts ?? []).find((key) => decodePublicNkey(key)?.kind !== 'account');
  if (pinned !== undefined) return `pinned account key ${quoted(pinned)} is not a valid public account nkey`;
  if (authorization.callout !== undefined) return 'operators do not allow authorization callouts to be configured directly';
  const isWritable = resolver?.kind !== 'url';
  if (!isWritable && Object.keys(features.resolverPreload ?? {}).length > 0) {
    return 'resolver preloads only available for writeable resolver types MEM/DIR/CACHE_DIR';
  }
  return noAuthUser === '' ? undefined : 'no_auth_user not compatible with Trusted Operator';
}

/** Whoever comes without a JWT cannot sign a nonce: the sentinel lets in by itself, or its scope may. */
function sentinelProblem(jwt: string): string | undefined {
  if (jwt === '') return undefined;
  const decoded = decodeJwt(jwt);
  if (!decoded.ok || decoded.claims.type !== 'user') return 'default sentinel JWT not valid';
  const { nats } = decoded.claims;
  if (nats['bearer_token'] === true) return undefined;
  const named = nats['issuer_account'];
  const isScoped = typeof named === 'string' && named !== '' && nats['subs'] === undefined;
  return isScoped ? undefined : 'default sentinel must be a bearer token';
}

function systemProblem(configured: string, operators: readonly string[], resolver: string | undefined): string | undefined {
  const named = operators.map((jwt) => {
    const system = asRecord(peekJwt(jwt)?.['nats'])?.['system_account'];
    return typeof system === 'string' ? system : '';
  });
  if (configured !== '') {
    const isOther = named.some((name) => name !== '') && !named.includes(configured);
    return isOther ? 'system_account in config and operator JWT must be identical' : undefined;
  }
  if (named[0] !== '' || (resolver !== 'full' && resolver !== 'cache')) return undefined;
  return 'using nats based account resolver - the system account needs to be specified in configuration or the operator jwt';
}

/** An operator may refuse servers that are older than it expects. */
function versionProblem(jwt: string): string | undefined {
  const body = peekJwt(jwt);
  const wanted = asRecord(body?.['nats'])?.['assert_server_version'];
  if (typeof wanted !== 'string' || wanted === '') return undefined;
  const operator = `operator ${String(body?.['sub'])}`;
  const parts = wanted.split('.');
  const wrong = parts.find((part) => !/^[+-]?\d+$/.test(part));
  const problem =
    parts.length !== 3
      ? 'asserted server version must be of the form <major>.<minor>.<update>'
      : wrong !== undefined
        ? `asserted server version cant parse ${wrong} to int`
        : parts.some((part) => Number(part) < 0)
          ? `asserted server version can'b contain negative values: ${wanted}`
          : undefined;
  if (problem !== undefined) return `${operator} expects version ${wanted} got error instead: ${problem}`;
  const own = reportedVersion.split('.').map(Number);
  for (const [index, name] of ['major', 'minor', 'update'].entries()) {
    const [expected, actual] = [Number(parts[index]), own[index] ?? 0];
    if (expected > actual) return `${operator} expected ${name} version ${expected} > server ${name} version ${actual}`;
    if (expected < actual) return undefined;
  }
  return undefined;
}

function keysProblem(jwt: string): string | undefined {
  const nats = asRecord(peekJwt(jwt)?.['nats']);
  const keys = nats?.['signing_keys'];
  const wrong = (Array.isArray(keys) ? keys : []).find((key: unknown) => decodePublicNkey(String(key))?.kind !== 'operator');
  return wrong === undefined
    ? undefined
    : `trusted Keys ${quoted(String(wrong))} are required to be a valid public operator nkey`;
}
