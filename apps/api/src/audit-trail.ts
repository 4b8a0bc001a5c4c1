/** Writes to the audit log and lets the console's event list know: the one way for routes to leave a trace. */
import type { AuditEntry, AuditOutcome } from '@sluice/protocol/console';
import type { ConsoleStore } from './store/console-store.ts';

export interface Actor {
  readonly username: string;
  readonly address: string;
}

export interface AuditAction {
  readonly action: string;
  readonly target: string;
  readonly outcome?: AuditOutcome;
  readonly detail: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export class AuditTrail {
  readonly #store: ConsoleStore;
  readonly #onEntry: (entry: AuditEntry) => void;

  constructor(store: ConsoleStore, onEntry: (entry: AuditEntry) => void = () => undefined) {
    this.#store = store;
    this.#onEntry = onEntry;
  }

  /** Resolves when the entry is on disk. Rejects when it cannot be written: an action that must leave a trace then fails too. */
  async record(actor: Actor, action: AuditAction): Promise<void> {
    const { outcome = 'ok', ...rest } = action;
    this.#onEntry(await this.#store.appendAudit({ actor: actor.username, address: actor.address, outcome, ...rest }));
  }
}

/** The actor of what Sluice does by itself. */
export const systemActor: Actor = { username: 'system', address: '-' };
