/** Operator mode → the options that the rest of the server reads: accounts from JWTs, the operator's system account. */
import type { ResolvedOptions } from '../../options.ts';
import { linkAccounts } from './activation.ts';
import { Trust } from './trust.ts';

/** The options as they are, or with what the operator's JWTs say. @throws when a JWT is not what it should be. */
export function withOperator(options: ResolvedOptions, nowMs: number): ResolvedOptions {
  if (options.operator === undefined) return options;
  const trust = new Trust(options.operator);
  return {
    ...options,
    accounts: linkAccounts(trust.all(), nowMs / 1000),
    // Named in the configuration, else by the operator.
    systemAccount: options.systemAccount === '$SYS' ? (trust.systemAccount ?? options.systemAccount) : options.systemAccount,
  };
}
