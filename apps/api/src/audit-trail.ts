/** Writes to the audit log and lets the console's event list know: the one way for routes to leave a trace. */
import type { AuditEntry, AuditOutcome } from '@sluice/protocol/console';
import { isUnavailable } from './http-failure.ts';
import type { AuditRecord, ConsoleStore } from './store/console-store.ts';
import { Serial } from './store/serial.ts';

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

export interface AuditTrailOptions {
  readonly store: ConsoleStore;
  nowMs(): number;
  onEntry(entry: AuditEntry): void;
  onNotice(text: string): void;
}

/** Entries that wait for a store that takes none; further ones are in the process's log only. */
const MAX_LATE = 1000;

export class AuditTrail {
  readonly #options: AuditTrailOptions;
  readonly #writes = new Serial();
  readonly #late: AuditRecord[] = [];

  constructor(options: AuditTrailOptions) {
    this.#options = options;
  }

  /** Resolves when the entry is on disk. Rejects when it cannot be written: an action that must leave a trace then fails too. */
  record(actor: Actor, action: AuditAction): Promise<void> {
    return this.#write(this.#recordOf(actor, action));
  }

  /**
   * The same for what must go on while nothing can be stored: logins, logouts and refusals. The entry then waits in memory, is told to the
   * process's log, and comes before the next one that is written.
   */
  async recordEvenLate(actor: Actor, action: AuditAction): Promise<void> {
    const record = { ...this.#recordOf(actor, action), atMs: this.#options.nowMs() };
    try {
      await this.#write(record);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      if (this.#late.length < MAX_LATE) this.#late.push(record);
      const { actor: who, action: what, target, outcome } = record;
      this.#options.onNotice(`not in the audit log yet: ${JSON.stringify({ who, what, target, outcome })} (${String(error)})`);
    }
  }

  /** Writes what waits; harmless when nothing does. */
  catchUp(): Promise<void> {
    return this.#writes.run(() => this.#writeLate());
  }

  #recordOf(actor: Actor, { outcome = 'ok', ...rest }: AuditAction): AuditRecord {
    return { actor: actor.username, address: actor.address, outcome, ...rest };
  }

  #write(record: AuditRecord): Promise<void> {
    return this.#writes.run(async () => {
      await this.#writeLate();
      this.#options.onEntry(await this.#options.store.appendAudit(record));
    });
  }

  async #writeLate(): Promise<void> {
    for (let next = this.#late[0]; next !== undefined; next = this.#late[0]) {
      this.#options.onEntry(await this.#options.store.appendAudit(next));
      this.#late.shift();
    }
  }
}

/** The actor of what Sluice does by itself. */
export const systemActor: Actor = { username: 'system', address: '-' };
