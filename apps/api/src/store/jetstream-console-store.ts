/** The console's state in its private account: four buckets and a stream, opened together and read again after a lost connection. */
import { mkdir } from 'node:fs/promises';
import type { AuditEntry } from '@sluice/protocol/console';
import type { Clock, Timer } from '../env/clock.ts';
import type { SystemCredentials } from '../supervisor/messages.ts';
import { AuditStream } from './audit-stream.ts';
import type { AuditFilter, AuditRecord, AuditSlice, ConsoleStore, StoredUser, UserChange } from './console-store.ts';
import { importFiles } from './import-files.ts';
import { MessageRecords } from './message-records.ts';
import { SessionRecords } from './session-records.ts';
import { StateAccount } from './state-account.ts';
import { UserRecords } from './user-records.ts';

export interface JetStreamConsoleStoreOptions {
  /** Where an earlier Sluice may have left files. */
  readonly folder: string;
  readonly clock: Clock;
  readonly credentials: SystemCredentials;
  readonly url: string | undefined;
  /** How long a session is kept that nobody renews. */
  readonly sessionTtlMs: number;
  onNotice(text: string): void;
  /** Called now and then while old files are taken in. */
  onProgress?(): void;
}

/** A broker that is being started takes a moment; one that takes longer has failed. */
const OPEN_GRACE_MS = 20_000;
/** The audit log is looked through this long after the start, when there is less to do. */
const VERIFY_AFTER_MS = 30_000;

export class JetStreamConsoleStore implements ConsoleStore {
  readonly sessions: SessionRecords;
  readonly messages: MessageRecords;
  onReloaded: () => void = () => undefined;
  readonly #state: StateAccount;
  readonly #users: UserRecords;
  readonly #audit: AuditStream;
  readonly #onNotice: (text: string) => void;
  readonly #clock: Clock;
  #verifyTimer: Timer | undefined;
  #isOpen = false;

  private constructor({ clock, credentials, sessionTtlMs, onNotice }: JetStreamConsoleStoreOptions) {
    this.#onNotice = onNotice;
    this.#clock = clock;
    this.#state = new StateAccount({ clock, credentials, onNotice, onConnected: () => this.#connected() });
    this.#users = new UserRecords(this.#state);
    this.#audit = new AuditStream(this.#state, clock);
    this.sessions = new SessionRecords(this.#state, sessionTtlMs);
    this.messages = new MessageRecords(this.#state);
  }

  /** Opens or makes everything. Rejects when nobody answers, or when what is there is damaged. */
  static async open(options: JetStreamConsoleStoreOptions): Promise<JetStreamConsoleStore> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const store = new JetStreamConsoleStore(options);
    try {
      store.#state.setUrl(options.url);
      await store.#open(options);
      return store;
    } catch (error) {
      await store.#state.close();
      throw error;
    }
  }

  /** A restarted broker may have another address. */
  setUrl(url: string | undefined): void {
    this.#state.setUrl(url);
  }

  get problem(): string | null {
    return this.#state.problem;
  }

  users(): readonly StoredUser[] {
    return this.#users.all();
  }

  user(username: string): StoredUser | undefined {
    return this.#users.get(username);
  }

  changeUsers<Result>(decide: (users: ReadonlyMap<string, StoredUser>) => UserChange<Result>): Promise<Result> {
    return this.#users.change(decide);
  }

  appendAudit(record: AuditRecord): Promise<AuditEntry> {
    return this.#audit.append(record);
  }

  readAudit(filter: AuditFilter, page: { offset: number; limit: number; isAscending: boolean }): Promise<AuditSlice> {
    return this.#audit.read(filter, page);
  }

  exportAudit(): AsyncIterable<string> {
    return this.#audit.export();
  }

  async close(): Promise<void> {
    this.#verifyTimer?.cancel();
    await this.#users.idle();
    await this.#audit.idle();
    await this.#state.close();
  }

  async #open({ folder, onNotice, onProgress = () => undefined }: JetStreamConsoleStoreOptions): Promise<void> {
    await this.#state.connected(OPEN_GRACE_MS);
    await importFiles({ folder, state: this.#state, users: this.#users, audit: this.#audit, onNotice, onProgress });
    await this.sessions.ensure();
    await this.messages.ensure();
    this.#isOpen = true;
    this.#verifyTimer = this.#clock.setTimer(VERIFY_AFTER_MS, () => {
      this.#audit.verifyAhead().catch((error: unknown) => onNotice(`verifying the audit log failed: ${String(error)}`));
    });
  }

  /** What was sent while the connection was lost may have been stored or not. */
  #connected(): void {
    if (!this.#isOpen) return;
    this.#audit.forgetTail();
    this.#users.reload().then(
      () => this.onReloaded(),
      (error: unknown) => this.#onNotice(`reading the console's users again failed: ${String(error)}`),
    );
  }
}
