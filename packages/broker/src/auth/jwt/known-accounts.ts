/**
 * The accounts of operator mode as the running server knows them: those it trusts, and the way to those it does not know yet.
 * Logins ask here; what is learned goes into force before they go on. Source: nats-server server/server.go lookupOrFetchAccount.
 */
import type { Clock, Timer } from '../../env/env.ts';
import type { Log } from '../../env/log.ts';
import type { AccountClaims } from './account-claims.ts';
import type { AccountResolver, Fetched } from './resolver.ts';
import type { Trust } from './trust.ts';

/** A fetch that takes longer is worth a warning. */
const SLOW_FETCH_MS = 1000;

export class KnownAccounts {
  trust: Trust;
  resolver: AccountResolver;
  /** Takes the JWT of an account into force; says why not. */
  onLearned: (id: string, jwt: string) => string | undefined;
  private readonly clock: Clock;
  private readonly log: Log;
  /** When activation tokens of accounts end. */
  readonly activationTimers: Map<string, Timer> = new Map();
  private readonly complete: WeakSet<AccountClaims> = new WeakSet();
  /** What is on its way: each account is asked for once. */
  private readonly pending: Map<string, Promise<AccountClaims | undefined>> = new Map();

  constructor(trust: Trust, resolver: AccountResolver, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.trust = trust;
    this.resolver = resolver;
    this.clock = clock;
    this.log = log;
    this.onLearned = (id, jwt) => this.trust.add(id, jwt, clock.nowMs() / 1000);
  }

  /** The account, when it is known and has not expired; a promise when somebody must be asked. */
  find(id: string): AccountClaims | undefined | Promise<AccountClaims | undefined> {
    const account = this.current(id);
    if (account === undefined) return this.pending.get(id) ?? this.fetch(id);
    if (this.complete.has(account)) return account;
    const exporters = this.missingExporters(account);
    return exporters.length === 0 ? account : this.fetchAll(id, exporters);
  }

  /** Each account's imports are looked at once: those from accounts that are not known are told. */
  private missingExporters(account: AccountClaims): string[] {
    this.complete.add(account);
    const imports = account.options.imports ?? [];
    return [...new Set(imports.map((wanted) => wanted.account))].filter((id) => this.trust.find(id) === undefined);
  }

  private current(id: string): AccountClaims | undefined {
    const account = this.trust.find(id);
    const isOver = account !== undefined && account.expiresAt > 0 && account.expiresAt <= this.clock.nowMs() / 1000;
    return isOver ? undefined : account;
  }

  /** Asks for an account that is only stood in for; true when it came. Nothing is said of a failure. */
  async refresh(id: string): Promise<boolean> {
    const fetched = await this.resolver.fetch(id);
    return fetched.ok && this.onLearned(id, fetched.jwt.trim()) === undefined;
  }

  private fetch(id: string): AccountClaims | undefined | Promise<AccountClaims | undefined> {
    const startMs = this.clock.monotonicMs();
    const fetched = this.resolver.fetch(id);
    if (!(fetched instanceof Promise)) {
      const exporters = this.learn(id, fetched, startMs);
      return exporters.length === 0 ? this.current(id) : this.fetchAll(id, exporters);
    }
    const learned = fetched.then((result) => this.fetchAll(id, this.learn(id, result, startMs)));
    const settled = learned.finally(() => this.pending.delete(id));
    this.pending.set(id, settled);
    return settled;
  }

  /** What an account imports from comes with it. Those that are on their way already are not waited for: imports may go in circles. */
  private async fetchAll(id: string, exporters: readonly string[]): Promise<AccountClaims | undefined> {
    await Promise.all(exporters.filter((exporter) => !this.pending.has(exporter)).map((exporter) => this.fetch(exporter)));
    const account = this.current(id);
    for (const wanted of account?.options.imports ?? []) {
      if (!exporters.includes(wanted.account) || this.trust.find(wanted.account) !== undefined) continue;
      const what = `import of [${wanted.subject}] ${wanted.kind}`;
      this.log.write('ERR', `Can't locate account [${wanted.account}] for ${what} (err=account missing)`);
    }
    return account;
  }

  /** Returns the accounts that it imports from and that are not known either. */
  private learn(id: string, fetched: Fetched, startMs: number): string[] {
    const tookMs = this.clock.monotonicMs() - startMs;
    const took = `Account [${id}] fetch took ${tookMs >= SLOW_FETCH_MS ? `${(tookMs / 1000).toFixed(9)}s` : `${tookMs}ms`}`;
    this.log.write(tookMs > SLOW_FETCH_MS ? 'WRN' : 'DBG', took);
    const problem = fetched.ok ? this.onLearned(id, fetched.jwt.trim()) : fetched.error;
    if (problem !== undefined) {
      this.log.write(
        fetched.ok ? 'DBG' : 'WRN',
        fetched.ok ? `Account JWT lookup error: ${problem}` : `Account fetch failed: ${problem}`,
      );
      return [];
    }
    const account = this.trust.find(id);
    return account === undefined ? [] : this.missingExporters(account);
  }
}
