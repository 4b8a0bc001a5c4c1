/** `$SYS` events → events of the console. Source of the shapes: nats-server server/events.go ConnectEventMsg, DisconnectEventMsg. */
import type { ConsoleLink } from '@sluice/protocol/console';
import type { NewEvent } from '../live/event-log.ts';
import { type JsonRecord, numberAt, recordAt, stringAt, textOrNull, timeAt } from '../nats/json-fields.ts';
import { name, sentence } from './sentence.ts';

/** The client an event is about. */
export interface EventClient {
  readonly cid: number;
  readonly serverId: string;
  readonly name: string | null;
  readonly user: string | null;
  readonly account: string;
  readonly host: string;
  /** Library and version; null: not told. */
  readonly library: string | null;
  readonly reason: string;
}

export function eventClient(event: JsonRecord): EventClient {
  const client = recordAt(event, 'client');
  return {
    cid: numberAt(client, 'id'),
    serverId: stringAt(recordAt(event, 'server'), 'id'),
    name: textOrNull(client, 'name'),
    user: textOrNull(client, 'user'),
    account: stringAt(client, 'acc', '$G'),
    host: stringAt(client, 'host'),
    library: [stringAt(client, 'lang'), stringAt(client, 'ver')].join(' ').trim() || null,
    reason: stringAt(event, 'reason'),
  };
}

export function presentConnect(event: JsonRecord, nowMs: number): NewEvent {
  const client = eventClient(event);
  const library = stringAt(recordAt(event, 'client'), 'lang');
  return {
    ...base(client, timeAt(event, 'timestamp') ?? nowMs),
    kind: 'connect',
    severity: 'info',
    sentence: sentence`${called(client)} connected from ${client.host}${library === '' ? '' : `, ${library}`}`,
  };
}

export function presentDisconnect(event: JsonRecord, nowMs: number): NewEvent {
  const client = eventClient(event);
  const atMs = timeAt(event, 'timestamp') ?? nowMs;
  if (isSlowConsumer(client.reason)) {
    return {
      ...base(client, atMs),
      kind: 'slow_consumer',
      severity: 'bad',
      sentence: sentence`${called(client)} was cut off: ${client.reason}`,
    };
  }
  return {
    ...base(client, atMs),
    kind: 'disconnect',
    severity: 'info',
    sentence: sentence`${called(client)} disconnected: ${client.reason === '' ? 'no reason given' : client.reason}`,
  };
}

export function presentAuthError(event: JsonRecord, nowMs: number): NewEvent {
  const client = eventClient(event);
  // That it failed is what the sentence says.
  const why = client.reason === '' || client.reason === 'Authentication Failure' ? '' : `: ${client.reason}`;
  const who = client.name ?? client.user ?? '';
  const as = client.user === null ? '' : ` as ${client.user}`;
  return {
    ...base(client, timeAt(event, 'timestamp') ?? nowMs),
    kind: 'auth_error',
    severity: 'warn',
    sentence:
      client.name === null
        ? sentence`Login${as} from ${client.host} was refused${why}`
        : sentence`Login of ${name(client.name)}${as} from ${client.host} was refused${why}`,
    link: { label: 'Auth failures', to: '/auth-failures', search: who === '' ? {} : { q: who } },
  };
}

/** Reasons of connections that ended before they were let in. Source: nats-server server/monitor.go ClosedState. */
export function isRefusedLogin(reason: string): boolean {
  return reason === 'Authentication Failure' || reason === 'Authentication Timeout';
}

export function isSlowConsumer(reason: string): boolean {
  return reason.startsWith('Slow Consumer');
}

function called(client: EventClient) {
  return name(client.name ?? `cid ${client.cid}`);
}

function base(client: EventClient, atMs: number): Omit<NewEvent, 'kind' | 'severity' | 'sentence'> {
  const link: ConsoleLink = { label: 'Open client', to: '/connections', search: { cid: String(client.cid) } };
  return { atMs, cid: client.cid, account: client.account, link };
}
