/** The first page, put together from what the console measures anyway; nothing here asks the broker more than a list does. */
import type { ConnectionRow, Finding, HotSubjectRow, JetStreamUse, Overview, TalkerRow } from '@sluice/protocol/console';
import type { Console } from './console.ts';
import { findProblems, judge, type Measured, type MeasuredSlowClient } from './nats/findings.ts';
import type { StoreUse } from './nats/jetstream-findings.ts';
import { type JsonRecord, numberAt, recordsAt, stringAt } from './nats/json-fields.ts';
import type { SlowClient } from './nats/system-events.ts';
import { usage } from './presenters/usage.ts';

const MAX_TALKERS = 10;
const MAX_SUBJECTS = 10;
const MAX_EVENTS = 20;
/** Accounts that are asked for their hottest subjects: one question each. */
const MAX_ACCOUNTS = 16;

export type OverviewServices = Pick<
  Console,
  'clock' | 'sampler' | 'events' | 'eventLog' | 'connections' | 'nats' | 'probe' | 'brokerState' | 'jetstreamWatch' | 'store'
>;

export class OverviewBuilder {
  readonly #services: OverviewServices;
  readonly #since = new Map<string, number>();
  /** What JetStream kept when the broker answered last. */
  #lastJetStream: Measured['jetstream'] = null;

  constructor(services: OverviewServices) {
    this.#services = services;
  }

  async build(): Promise<Overview> {
    const { clock, sampler, events, eventLog, connections, nats } = this.#services;
    const snapshot = await connections.snapshot();
    const hottestSubjects = await this.#hottestSubjects(snapshot.ok ? snapshot.value.open : []);
    const { findings, measured } = this.findings();
    const isUp = nats.isConnected;
    return {
      asOfMs: sampler.asOfMs,
      serverTimeMs: clock.nowMs(),
      broker: this.#services.brokerState(),
      verdict: judge(measured, findings),
      findings,
      now: sampler.now,
      connectionsNew1m: isUp ? events.connects1m() : null,
      connectionsGone1m: isUp ? events.disconnects1m() : null,
      maxConnections: measured.maxConnections,
      series: sampler.series('15m'),
      topTalkers: snapshot.ok ? topTalkers(snapshot.value.open) : null,
      hottestSubjects,
      events: eventLog.newest(MAX_EVENTS),
      servers: sampler.servers(),
      jetstream: this.#jetStreamUse(measured),
      hasTraffic: sampler.hasTraffic,
    };
  }

  /** What needs attention now. */
  findings(): { findings: Finding[]; measured: Measured } {
    const { clock, sampler, events, connections, nats } = this.#services;
    const totals = sampler.totals;
    const limits = totals.map((server) => server.maxConnections);
    const measured: Measured = {
      nowMs: clock.nowMs(),
      broker: this.#services.brokerState(),
      isConnected: nats.isConnected,
      asOfMs: sampler.asOfMs,
      connections: sampler.now.connections,
      maxConnections: limits.length === 0 ? null : limits.reduce<number>((sum, limit) => sum + (limit ?? 0), 0),
      maxPendingBytes: totals[0]?.maxPendingBytes ?? null,
      authErrors1m: events.authErrors1m(),
      slowClients: events.slowClients().map((client) => ({ ...client, ...this.#noted(client) })),
      rows: connections.last?.open ?? [],
      silentServers: sampler
        .servers()
        .filter((server) => !server.isAnswering)
        .map((server) => server.name),
      stateProblem: this.#services.store.problem,
      jetstream: this.#jetStream(),
    };
    return { findings: findProblems(measured, this.#since), measured };
  }

  /** What JetStream keeps, over all servers; null where none runs it. What was known stays while none answers. */
  #jetStream(): Measured['jetstream'] {
    if (this.#services.sampler.totals.length > 0) this.#lastJetStream = this.#readJetStream();
    return this.#lastJetStream;
  }

  #readJetStream(): Measured['jetstream'] {
    const totals = this.#services.sampler.totals.flatMap(({ jetstream }) => (jetstream === null ? [] : [jetstream]));
    if (totals.length === 0) return null;
    const sum = (of: (each: (typeof totals)[number]) => StoreUse): StoreUse =>
      totals.map(of).reduce((a, b) => ({ used: a.used + b.used, limit: a.limit + b.limit }));
    return {
      file: sum(({ fileBytes, maxFileBytes }) => ({ used: fileBytes, limit: maxFileBytes })),
      memory: sum(({ memoryBytes, maxMemoryBytes }) => ({ used: memoryBytes, limit: maxMemoryBytes })),
      sight: this.#services.jetstreamWatch.sight(),
    };
  }

  #jetStreamUse({ jetstream }: Measured): JetStreamUse | null {
    if (jetstream === null) return null;
    const { file, memory, sight } = jetstream;
    return {
      fileBytes: usage(file.used, file.limit),
      memoryBytes: usage(memory.used, memory.limit),
      streams: sight?.streams ?? null,
      consumers: sight?.consumers ?? null,
      messages: sight?.messages ?? null,
    };
  }

  /** What the broker itself noted about a client that it cut off; nats-server notes nothing. */
  #noted({ cid, serverId }: SlowClient): Pick<MeasuredSlowClient, 'subject' | 'pendingBytes'> {
    const noted = this.#services.sampler.ownStatistics(serverId)?.slowConsumers.find((client) => client.cid === cid);
    return { subject: noted?.subject ?? null, pendingBytes: noted?.pendingBytes ?? null };
  }

  /** Over the accounts whose clients are connected: each account's subjects are its own. */
  async #hottestSubjects(open: readonly ConnectionRow[]): Promise<HotSubjectRow[] | null> {
    const { nats, probe, sampler } = this.#services;
    const serverId = probe.serverWith('subjectz');
    if (serverId === undefined || sampler.now.inMsgsPerS === null) return null;
    const accounts = [...new Set(open.map((row) => row.account)).add('$G')].slice(0, MAX_ACCOUNTS);
    const answers = await Promise.all(
      accounts.map(async (account) => {
        const answer = await nats.ask('SUBJECTZ', { account, sort: 'rate', limit: MAX_SUBJECTS }, serverId);
        return answer.ok ? recordsAt(answer.value, 'subjects').map((entry) => hotSubject(entry, account)) : [];
      }),
    );
    const known = answers.flat();
    const rows = known.filter((row) => row.msgsPerS > 0).sort((a, b) => b.msgsPerS - a.msgsPerS);
    // Counting begins when somebody looks: no subject at all, or none that moves while messages come in, is not measured yet.
    const isMeasured = known.length > 0 && (rows.length > 0 || sampler.now.inMsgsPerS === 0);
    return isMeasured ? rows.slice(0, MAX_SUBJECTS) : null;
  }
}

function hotSubject(entry: JsonRecord, account: string): HotSubjectRow {
  return {
    subject: stringAt(entry, 'subject'),
    account,
    msgsPerS: numberAt(entry, 'messages_per_s'),
    bytesPerS: numberAt(entry, 'bytes_per_s'),
    subscribers: numberAt(entry, 'subscribers'),
    isEstimate: entry['is_estimate'] === true,
  };
}

/** Clients that move the most messages now; null until two readings give rates. */
function topTalkers(rows: readonly ConnectionRow[]): TalkerRow[] | null {
  if (rows.length > 0 && rows.every((row) => row.inMsgsPerS === null)) return null;
  const talkers: TalkerRow[] = [];
  for (const row of rows) {
    const msgsPerS = (row.inMsgsPerS ?? 0) + (row.outMsgsPerS ?? 0);
    if (msgsPerS <= 0) continue;
    const { cid, serverId, name, user, account } = row;
    talkers.push({ cid, serverId, name, user, account, msgsPerS, bytesPerS: (row.inBytesPerS ?? 0) + (row.outBytesPerS ?? 0) });
  }
  return talkers.sort((a, b) => b.msgsPerS - a.msgsPerS || a.cid - b.cid).slice(0, MAX_TALKERS);
}
