/** Operator mode → the options that the rest of the server reads: accounts from JWTs, the operator's system account. */
import type { Disk } from '../../env/disk.ts';
import type { ResolvedOptions } from '../../options.ts';
import { AccountFolder } from './account-folder.ts';
import { linkAccounts } from './activation.ts';
import { Trust } from './trust.ts';

/** The options as they are, or with what the operator's JWTs say. @throws when a JWT is not what it should be. */
export function withOperator(options: ResolvedOptions, { nowMs, disk }: { nowMs: number; disk: Disk }): ResolvedOptions {
  const { operator } = options;
  if (operator === undefined) return options;
  const { folder } = operator;
  const preload = folder === undefined ? operator.preload : new AccountFolder(disk, folder).addPreload(operator.preload);
  const trust = new Trust({ ...operator, preload });
  return {
    ...options,
    operator: { ...operator, preload },
    accounts: linkAccounts(trust.all(), nowMs / 1000),
    // Named in the configuration, else by the operator.
    systemAccount: options.systemAccount === '$SYS' ? (trust.systemAccount ?? options.systemAccount) : options.systemAccount,
  };
}
