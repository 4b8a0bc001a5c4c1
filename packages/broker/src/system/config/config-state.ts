/** Which options the running ones are made of: those of the start or the last reload, and the overrides applied on top of them. */
import type { ResolvedOptions } from '../../options.ts';

export class ConfigState {
  /** Without overrides: file, command line and defaults. */
  base: ResolvedOptions;
  /** Options in force as far as this knows. */
  current: ResolvedOptions;
  /** Keys that were set, and users that were changed or added. */
  overriddenKeys: ReadonlySet<string> = new Set();
  overriddenUsers: ReadonlySet<string> = new Set();
  /** 1 at start, plus one with every change. */
  revision = 1;

  constructor(options: ResolvedOptions) {
    this.base = options;
    this.current = options;
  }

  /** Somebody else may have reloaded: what is in force then is a new base without overrides. */
  notice(options: ResolvedOptions): void {
    if (options === this.current) return;
    this.base = options;
    this.current = options;
    this.overriddenKeys = new Set();
    this.overriddenUsers = new Set();
    this.revision++;
  }

  /** A change has been applied. */
  take(options: ResolvedOptions, keys: ReadonlySet<string>, users: ReadonlySet<string>): void {
    this.current = options;
    this.overriddenKeys = keys;
    this.overriddenUsers = users;
    this.revision++;
  }
}
