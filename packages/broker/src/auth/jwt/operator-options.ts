/** Operator mode → the options that the rest of the server reads: accounts from JWTs, the operator's system account. */
import type { OperatorModeOptions, ResolvedOptions } from '../../options.ts';
import type { KnownAccounts } from './known-accounts.ts';
import { type AccountResolver, makeResolver, type ResolverParts } from './resolver.ts';
import { Trust } from './trust.ts';

/** What operator mode rests on. */
export interface Operated {
  readonly trust: Trust;
  readonly resolver: AccountResolver;
}

/**
 * The options as they are, or with what the operator's JWTs say. `known` is what the running server knows already.
 * @throws when the JWT of an operator is not what it should be, or a folder cannot be had.
 */
export function withOperator(
  options: ResolvedOptions,
  parts: ResolverParts,
  known?: KnownAccounts,
): { readonly options: ResolvedOptions; readonly operated?: Operated } {
  const { operator } = options;
  if (operator === undefined) return { options };
  const nowS = parts.env.clock.nowMs() / 1000;
  const resolver = makeResolver(operator, parts, known?.resolver.folder);
  const trust = new Trust(operator, nowS, jwtsAtHand(operator, resolver, known));
  const system = trust.systemAccount ?? options.systemAccount;
  return {
    options: {
      ...options,
      accounts: trust.all().map((account) => trust.optionsOf(account, nowS)),
      // Named in the configuration, else by the operator.
      systemAccount: options.systemAccount === '$SYS' ? system : options.systemAccount,
    },
    operated: { trust, resolver },
  };
}

/** Account JWTs that need not be asked for: those of the folder, with the preloaded ones, or those that were learned before. */
function jwtsAtHand(
  { preload, resolver }: OperatorModeOptions,
  { folder }: AccountResolver,
  known: KnownAccounts | undefined,
): Record<string, string> {
  if (folder === undefined) {
    const learned = resolver === undefined ? [] : (known?.trust.all() ?? []);
    return { ...Object.fromEntries(learned.map(({ id, jwt }) => [id, jwt])), ...preload };
  }
  if (known !== undefined) folder.scan();
  for (const [id, jwt] of Object.entries(preload)) folder.saveIfNewer(id, jwt);
  return Object.fromEntries(folder.all());
}
