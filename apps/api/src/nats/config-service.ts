/**
 * The broker's configuration through its CONFIG services, and the changes that were applied here: they are kept in a file that
 * the broker process reads at its next start. Passwords become bcrypt hashes before they leave this process.
 */
import type { ConfigChange, ConfigUserChange } from '@sluice/protocol';
import { matchesSubject } from '@sluice/protocol';
import type {
  ConfigChangeReport,
  ConfigChangeRequest,
  ConsoleConfig,
  EffectivePermissions,
  NatsUserPermissions,
  RunAs,
} from '@sluice/protocol/console';
import bcrypt from 'bcryptjs';
import { mergeChanges, readOverrides } from '../broker-host/overrides.ts';
import type { Clock } from '../env/clock.ts';
import { badField, HttpFailure } from '../http-failure.ts';
import { presentConfig, presentReport, toConfigChange } from '../presenters/config.ts';
import { replaceFile } from '../store/atomic-file.ts';
import { Serial } from '../store/serial.ts';
import type { CapabilityProbe } from './capability-probe.ts';
import type { JsonRecord } from './json-fields.ts';
import type { NatsContext } from './nats-context.ts';
import { Refreshed } from './refreshed.ts';
import { mustAnswer } from './service-failure.ts';

export interface ConfigServiceOptions {
  readonly clock: Clock;
  readonly nats: NatsContext;
  readonly probe: CapabilityProbe;
  readonly overridesFile: string;
  /** The file that the broker was started with. */
  readonly configFile?: string | undefined;
  connectionsOf(username: string): number | null;
}

/** 2^10 rounds: about 60 ms. bcrypt looks at no more than 72 bytes. */
const BCRYPT_COST = 10;
const BCRYPT_MAX_BYTES = 72;
/** Stands for a password in a change that is only looked at: hashing a thousand would keep the console busy for a minute. */
const SOME_HASH = `$2b$10$${'.'.repeat(53)}`;

export class ConfigService {
  readonly #options: ConfigServiceOptions;
  readonly #running: Refreshed<JsonRecord>;
  readonly #changes = new Serial();

  constructor(options: ConfigServiceOptions) {
    this.#options = options;
    this.#running = new Refreshed(options.clock, () => options.nats.ask('CONFIG', {}, this.#serverId()));
  }

  /** The configuration in force, at most about a second old. */
  async read(): Promise<ConsoleConfig> {
    this.#serverId();
    return this.#present(mustAnswer(await this.#running.get()));
  }

  /** The configuration as it was read last; undefined when the broker does not tell it. */
  async known(): Promise<ConsoleConfig | undefined> {
    if (this.#options.probe.serverWith('config') === undefined) return undefined;
    const answer = await this.#running.get();
    return answer.ok ? this.#present(answer.value) : undefined;
  }

  /** What was read last, without asking. */
  get last(): ConsoleConfig | undefined {
    const last = this.#running.last;
    return last === undefined ? undefined : presentConfig(last, { connectionsOf: () => null, configFile: this.#configFile });
  }

  forget(): void {
    this.#running.forget();
  }

  /** Says what a change would do; changes nothing. */
  async check(request: ConfigChangeRequest): Promise<ConfigChangeReport> {
    const change = await withHashes(toConfigChange(request), () => Promise.resolve(SOME_HASH));
    return presentReport(mustAnswer(await this.#options.nats.ask('CONFIG.CHECK', change, this.#serverId(), 10_000)));
  }

  /** Applies a change and keeps it for the next start of the broker. */
  apply(request: ConfigChangeRequest): Promise<ConfigChangeReport> {
    return this.#changes.run(async () => {
      const change = await withHashes(toConfigChange(request), (password) => bcrypt.hash(password, BCRYPT_COST));
      const answer = mustAnswer(await this.#options.nats.ask('CONFIG.APPLY', change, this.#serverId(), 10_000));
      const report = presentReport(answer);
      if (report.isApplied) {
        const merged = mergeChanges((await readOverrides(this.#options.overridesFile)) ?? {}, change);
        await replaceFile(this.#options.overridesFile, `${JSON.stringify(merged, null, 2)}\n`);
        this.#running.forget();
      }
      return report;
    });
  }

  /** Permissions of a connection's user; null when the broker does not tell. */
  async permissionsOf(username: string | null): Promise<EffectivePermissions | null> {
    const config = await this.known();
    if (config === undefined) return null;
    const user = config.users.find((known) => known.username === (username ?? config.noAuthUser));
    return effective(user?.permissions ?? null);
  }

  /** Which rule decides that `runAs` may not publish `subject`, in words. */
  async ruleFor(runAs: RunAs, subject: string): Promise<string | null> {
    if (runAs.kind === 'token') return null;
    const permissions = await this.permissionsOf(runAs.kind === 'user' ? runAs.username : null);
    if (permissions === null) return null;
    const denied = permissions.publish.deny.find((pattern) => matchesSubject(subject, pattern));
    if (denied !== undefined) return `publish deny "${denied}"`;
    const { allow } = permissions.publish;
    if (allow.length > 0 && !allow.some((pattern) => matchesSubject(subject, pattern)))
      return `no publish allow rule matches; allowed: ${allow.join(', ')}`;
    return null;
  }

  #present(config: JsonRecord): ConsoleConfig {
    return presentConfig(config, {
      connectionsOf: (username) => this.#options.connectionsOf(username),
      configFile: this.#configFile,
    });
  }

  get #configFile(): string | null {
    return this.#options.configFile ?? null;
  }

  #serverId(): string {
    const id = this.#options.probe.serverWith('config');
    if (id === undefined)
      throw new HttpFailure('unavailable', 'the server does not offer its configuration; a Sluice broker does');
    return id;
  }
}

function effective(permissions: NatsUserPermissions | null): EffectivePermissions {
  const open = { allow: [], deny: [] };
  return {
    source: permissions === null ? 'none' : 'user',
    publish: permissions?.publish ?? open,
    subscribe: permissions?.subscribe ?? open,
    responses: permissions?.responses ?? null,
  };
}

/** Plain passwords become bcrypt hashes; hashes stay. */
async function withHashes(change: ConfigChange, hash: (password: string) => Promise<string>): Promise<ConfigChange> {
  if (change.users === undefined) return change;
  const users: ConfigUserChange[] = [];
  for (const [index, user] of change.users.entries()) {
    if (user.password === undefined || /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(user.password)) {
      users.push(user);
      continue;
    }
    if (Buffer.byteLength(user.password) > BCRYPT_MAX_BYTES)
      throw badField(`/users/${index}/password`, `must have at most ${BCRYPT_MAX_BYTES} bytes`);
    users.push({ ...user, password: await hash(user.password) });
  }
  return { ...change, users };
}
