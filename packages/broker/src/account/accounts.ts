/** All accounts of one server by name: `$G` for everybody without an account, the system account, and the configured ones. */
import type { OutputTurn } from '../connection/output-turn.ts';
import type { AccountOptions, ResolvedOptions } from '../options.ts';
import type { Router } from '../routing/router.ts';
import { Account } from './account.ts';
import { type AccountsByName, ImportLinks, type LinkDependencies } from './link-imports.ts';

/** Where clients without an account of their own live. */
export const GLOBAL_ACCOUNT = '$G';
export const DEFAULT_SYSTEM_ACCOUNT = '$SYS';

/** What accounts need of the server for the links between them. */
export type AccountDependencies = Omit<LinkDependencies, 'find' | 'randomFraction'>;

export class Accounts {
  private readonly byName: Map<string, Account> = new Map();
  /** Told of each account when it is made. */
  readonly creationObservers: Set<(account: Account) => void> = new Set();
  private readonly turn: OutputTurn;
  private readonly router: Router;
  private readonly links = new ImportLinks();
  private readonly dependencies: AccountDependencies;

  constructor(turn: OutputTurn, router: Router, dependencies: AccountDependencies) {
    this.turn = turn;
    this.router = router;
    this.dependencies = dependencies;
  }

  /** Makes the accounts that the options name; existing ones keep their state and take the new limits. */
  configure(options: ResolvedOptions): void {
    this.ensure(GLOBAL_ACCOUNT);
    if (options.systemAccount !== undefined) this.ensure(options.systemAccount);
    for (const limits of options.accounts) this.ensure(limits.name).configure(limits);
    for (const user of options.auth.users) if (user.account !== undefined) this.ensure(user.account);
    this.links.relink(options.accounts, this.linkDependencies());
  }

  /** Takes some of the accounts into force, whose imports are known to be allowed; `all` is what the others are told to be. */
  update(changed: readonly AccountOptions[], all: AccountsByName): void {
    for (const options of changed) this.ensure(options.name).configure(options);
    for (const options of changed) this.links.update(options, all, this.linkDependencies());
  }

  private linkDependencies(): LinkDependencies {
    const find = (name: string) => this.get(name);
    return { ...this.dependencies, find, randomFraction: () => this.router.randomFraction() };
  }

  get(name: string): Account | undefined {
    return this.byName.get(name);
  }

  /** The account of that name, made when it is missing. */
  ensure(name: string): Account {
    let account = this.byName.get(name);
    if (account === undefined) {
      account = new Account({ name }, this.turn, this.router);
      this.byName.set(name, account);
      for (const observe of this.creationObservers) observe(account);
    }
    return account;
  }

  all(): Account[] {
    return [...this.byName.values()];
  }
}
