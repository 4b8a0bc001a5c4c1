/**
 * What needs attention now, in sentences, worst first: a pure function of what the console has measured, so that each rule has a
 * test. Each finding says who, what and how much, and leads somewhere.
 */
import type { BrokerState, ConnectionRow, Finding, SentencePart, Severity, Verdict } from '@sluice/protocol/console';
import { clientName, name, number, plainText, sentence, subject } from '../presenters/sentence.ts';
import { jetStreamProblems, type MeasuredJetStream } from './jetstream-findings.ts';
import type { SlowClient } from './system-events.ts';

/** A client that was cut off, with what the broker noted of it; null where it noted nothing. */
export interface MeasuredSlowClient extends SlowClient {
  /** The subscription that had got most messages. */
  readonly subject: string | null;
  readonly pendingBytes: number | null;
}

export interface Measured {
  readonly nowMs: number;
  readonly broker: BrokerState;
  readonly isConnected: boolean;
  /** When the newest sample was taken. */
  readonly asOfMs: number | null;
  readonly connections: number | null;
  readonly maxConnections: number | null;
  readonly maxPendingBytes: number | null;
  readonly authErrors1m: number;
  readonly slowClients: readonly MeasuredSlowClient[];
  /** The newest rows, or nothing when nobody looked lately. */
  readonly rows: readonly ConnectionRow[];
  readonly silentServers: readonly string[];
  /** Why the console's own state cannot be stored; null when it can. */
  readonly stateProblem: string | null;
  /** Null: the server has none. */
  readonly jetstream: MeasuredJetStream | null;
}

const MAX_FINDINGS = 7;
const AUTH_BURST = 5;
const NEAR_LIMIT = 0.9;
const PENDING_SHARE = 0.5;
const RESTART_SHOWN_MS = 5 * 60_000;
const SLOW_SHOWN_MS = 5 * 60_000;
const rank: Readonly<Record<Severity, number>> = { bad: 0, warn: 1, info: 2 };

/** Findings, worst first; a finding keeps its first time as long as it lasts, which `since` remembers. */
export function findProblems(measured: Measured, since: Map<string, number>): Finding[] {
  const found = [
    ...brokerProblems(measured),
    ...stateProblems(measured),
    ...slowConsumers(measured),
    ...pendingProblems(measured),
    ...limitProblems(measured),
    ...authProblems(measured),
    ...(measured.jetstream === null ? [] : jetStreamProblems(measured.jetstream)).map((problem) => ({
      sinceMs: measured.nowMs,
      ...problem,
    })),
  ];
  const ids = new Set(found.map((finding) => finding.id));
  for (const id of [...since.keys()]) if (!ids.has(id)) since.delete(id);
  const dated = found.map((finding) => {
    const sinceMs = since.get(finding.id) ?? finding.sinceMs;
    since.set(finding.id, sinceMs);
    return { ...finding, sinceMs };
  });
  return dated.sort((a, b) => rank[a.severity] - rank[b.severity] || a.sinceMs - b.sinceMs).slice(0, MAX_FINDINGS);
}

/** The verdict in words. */
export function judge(measured: Measured, findings: readonly Finding[]): Verdict {
  const { broker } = measured;
  if (broker.state === 'restarting' || broker.state === 'stopped') return { level: 'down', sentence: brokerSentence(broker) };
  if (!measured.isConnected && measured.asOfMs !== null) {
    return { level: 'down', sentence: sentence`The broker does not answer the console` };
  }
  if (measured.asOfMs === null) return { level: 'unknown', sentence: sentence`Waiting for the first answer of the broker` };
  const [worst] = findings.filter((finding) => finding.severity !== 'info');
  if (worst === undefined) return { level: 'healthy', sentence: sentence`Healthy` };
  const count = findings.filter((finding) => finding.severity !== 'info').length;
  return {
    level: 'degraded',
    sentence: [{ kind: 'text', value: count === 1 ? '1 finding: ' : `${count} findings: ` }, ...worst.sentence],
  };
}

function brokerSentence(broker: BrokerState): SentencePart[] {
  if (broker.state === 'stopped') return sentence`Sluice is shutting down`;
  const exit = broker.lastExit;
  const how = exit === null ? '' : exit.signal === null ? ` (exit code ${exit.code})` : ` (${exit.signal})`;
  return sentence`The broker process ended${how} and is being started again`;
}

function brokerProblems(measured: Measured): Finding[] {
  const { broker, nowMs } = measured;
  const found: Finding[] = [];
  const restartedAtMs = broker.lastExit?.atMs;
  if (broker.state === 'running' && restartedAtMs !== undefined && nowMs - restartedAtMs < RESTART_SHOWN_MS) {
    const times = broker.restarts === 1 ? 'once' : `${broker.restarts} times`;
    const parts = sentence`The broker was restarted after it ended, ${number(times)} so far`;
    found.push(finding('broker-restarted', 'warn', parts, restartedAtMs));
  }
  for (const server of measured.silentServers) {
    found.push(finding(`silent-${server}`, 'bad', sentence`Server ${name(server)} did not answer the last question`, nowMs));
  }
  return found;
}

/** People still get in and look around then, but nothing can be changed. */
function stateProblems({ stateProblem, nowMs }: Measured): Finding[] {
  if (stateProblem === null) return [];
  const parts = sentence`The console cannot store its users and audit, and refuses changes: ${stateProblem}`;
  return [finding('console-state', 'bad', parts, nowMs)];
}

/** One finding per client, however often it came back and was cut off again. */
function slowConsumers(measured: Measured): Finding[] {
  const groups = new Map<string, MeasuredSlowClient[]>();
  for (const client of measured.slowClients) {
    if (measured.nowMs - client.atMs >= SLOW_SHOWN_MS) continue;
    const key = `slow-${client.serverId}-${client.name ?? client.cid}-${client.account}`;
    groups.set(key, [...(groups.get(key) ?? []), client]);
  }
  return [...groups].flatMap(([id, [newest, ...earlier]]) => {
    if (newest === undefined) return [];
    const q = newest.name ?? String(newest.cid);
    const link = { label: 'Closed', to: '/connections' as const, search: { preset: 'closed', q } };
    return [finding(id, 'bad', slowSentence(newest, earlier.length + 1), newest.atMs, link)];
  });
}

/** Who, how far behind and on what; the server's own reason where the broker noted nothing. */
function slowSentence(client: MeasuredSlowClient, count: number): SentencePart[] {
  const often = count === 1 ? [] : sentence`, ${number(count)} times in 5 min`;
  if (client.pendingBytes === null) return [...sentence`${clientName(client)} was cut off: ${client.reason}`, ...often];
  const on = client.subject === null ? [] : sentence` on ${subject(client.subject)}`;
  return [
    ...sentence`${clientName(client)} fell ${number(megabytes(client.pendingBytes))} behind`,
    ...on,
    ...sentence` and was cut off`,
    ...often,
  ];
}

function pendingProblems(measured: Measured): Finding[] {
  const limit = measured.maxPendingBytes;
  if (limit === null || limit === 0) return [];
  return measured.rows
    .filter((row) => row.stoppedAtMs === null && row.pendingBytes >= limit * PENDING_SHARE)
    .sort((a, b) => b.pendingBytes - a.pendingBytes)
    .slice(0, MAX_FINDINGS)
    .map((row) =>
      finding(
        `pending-${row.serverId}-${row.cid}`,
        'warn',
        sentence`${clientName(row)} is ${number(megabytes(row.pendingBytes))} behind and will be cut off at ${number(megabytes(limit))}`,
        measured.nowMs,
        { label: 'Open client', to: '/connections', search: { cid: String(row.cid) } },
      ),
    );
}

function limitProblems(measured: Measured): Finding[] {
  const { connections, maxConnections } = measured;
  if (connections === null || maxConnections === null || maxConnections === 0 || connections < maxConnections * NEAR_LIMIT)
    return [];
  const parts = sentence`${number(connections)} of at most ${number(maxConnections)} connections are in use; then new clients are refused`;
  const link = { label: 'Change the limit', to: '/config' as const, search: { key: 'max_connections' } };
  return [finding('max-connections', connections >= maxConnections ? 'bad' : 'warn', parts, measured.nowMs, link)];
}

function authProblems(measured: Measured): Finding[] {
  const count = measured.authErrors1m;
  if (count < AUTH_BURST) return [];
  const parts = sentence`${number(count)} logins of clients were refused in the last minute`;
  return [
    finding('auth-errors', 'warn', parts, measured.nowMs, {
      label: 'Who and why',
      to: '/auth-failures',
      search: {},
    }),
  ];
}

function finding(id: string, severity: Severity, parts: SentencePart[], sinceMs: number, link: Finding['link'] = null): Finding {
  return { id, severity, sentence: parts, sinceMs, link };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}

/** A verdict for a log line. */
export function verdictText(verdict: Verdict): string {
  return plainText(verdict.sentence);
}
