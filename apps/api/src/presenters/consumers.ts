/** Consumers as `CONSUMER.INFO` and `CONSUMER.LIST` tell them → the console's shapes. */
import type { ConsumerDetail, ConsumerPreset, ConsumerRow } from '@sluice/protocol/console';
import {
  booleanAt,
  type JsonRecord,
  numberAt,
  numberOrNull,
  recordAt,
  recordsAt,
  stringAt,
  textOrNull,
  timeAt,
} from '../nats/json-fields.ts';
import { consumerCommand, filtersOf } from './nats-command.ts';
import { limitOrNull, msOfNs } from './usage.ts';

export interface ConsumerReading {
  readonly nowMs: number;
  /** Delivered, acknowledged, and messages that came to wait, per second. */
  readonly rates: readonly number[] | null;
}

export function presentConsumer(info: JsonRecord, reading: ConsumerReading): ConsumerRow {
  const config = recordAt(info, 'config');
  const delivered = recordAt(info, 'delivered');
  const floor = recordAt(info, 'ack_floor');
  const isPush = stringAt(config, 'deliver_subject') !== '';
  const lag = numberAt(info, 'num_pending');
  const [deliveredPerS = null, ackedPerS = null, arrivedPerS = null] = reading.rates ?? [];
  const isPaused = booleanAt(info, 'paused');
  return {
    stream: stringAt(info, 'stream_name'),
    name: stringAt(info, 'name'),
    description: textOrNull(config, 'description'),
    kind: isPush ? 'push' : 'pull',
    isDurable: stringAt(config, 'durable_name') !== '',
    deliverPolicy: stringAt(config, 'deliver_policy', 'all'),
    ackPolicy: stringAt(config, 'ack_policy', 'none'),
    replayPolicy: stringAt(config, 'replay_policy', 'instant'),
    filters: filtersOf(config),
    lag,
    deliveredSeq: numberAt(delivered, 'stream_seq'),
    ackFloorSeq: numberAt(floor, 'stream_seq'),
    ackPending: numberAt(info, 'num_ack_pending'),
    maxAckPending: limitOrNull(numberAt(config, 'max_ack_pending')),
    redelivered: numberAt(info, 'num_redelivered'),
    waiting: numberAt(info, 'num_waiting'),
    maxWaiting: limitOrNull(numberAt(config, 'max_waiting')),
    maxDeliver: limitOrNull(numberAt(config, 'max_deliver')),
    ackWaitMs: msOfNs(numberAt(config, 'ack_wait')),
    isBound: isPush ? booleanAt(info, 'push_bound') : null,
    isPaused,
    pausedUntilMs: isPaused ? pausedUntil(info, config, reading.nowMs) : null,
    deliveredPerS,
    ackedPerS,
    catchUpMs: catchUpMs(lag, deliveredPerS, arrivedPerS),
    createdAtMs: timeAt(info, 'created'),
    lastDeliveredAtMs: timeAt(delivered, 'last_active'),
    lastAckedAtMs: timeAt(floor, 'last_active'),
  };
}

/** The counters that rates are made of: deliveries, messages done with, messages delivered or waiting. */
export function consumerCounters(info: JsonRecord): readonly number[] {
  const delivered = numberAt(recordAt(info, 'delivered'), 'consumer_seq');
  const acked = numberAt(recordAt(info, 'ack_floor'), 'consumer_seq');
  return [delivered, acked, delivered + numberAt(info, 'num_pending')];
}

/** How long until nothing waits: the lag over what goes faster than it comes. */
function catchUpMs(lag: number, deliveredPerS: number | null, arrivedPerS: number | null): number | null {
  if (lag === 0) return 0;
  if (deliveredPerS === null || arrivedPerS === null) return null;
  const shrinksPerS = deliveredPerS - arrivedPerS;
  return shrinksPerS > 0 ? (lag / shrinksPerS) * 1000 : null;
}

function pausedUntil(info: JsonRecord, config: JsonRecord, nowMs: number): number | null {
  const remainingNs = numberOrNull(info, 'pause_remaining');
  return timeAt(config, 'pause_until') ?? (remainingNs === null ? null : nowMs + remainingNs / 1_000_000);
}

/** Whether a row belongs to a preset. */
export function isInPreset(row: ConsumerRow, preset: ConsumerPreset): boolean {
  switch (preset) {
    case 'all':
      return true;
    case 'lagging':
      return row.lag > 0;
    case 'stalled':
      return row.maxAckPending !== null && row.ackPending >= row.maxAckPending;
    case 'paused':
      return row.isPaused;
  }
}

/** Keys that the server refuses to change. Source: nats-server server/consumer.go checkNewConsumerConfig. */
const fixedKeys: readonly string[] = [
  'name',
  'durable_name',
  'deliver_policy',
  'opt_start_seq',
  'opt_start_time',
  'ack_policy',
  'replay_policy',
  'flow_control',
  'idle_heartbeat',
  'max_waiting',
  'deliver_group',
  'priority_policy',
];

export function presentConsumerDetail(info: JsonRecord, reading: ConsumerReading): ConsumerDetail {
  const { config: _config, type: _type, ...state } = info;
  const config = recordAt(info, 'config');
  return {
    asOfMs: reading.nowMs,
    row: presentConsumer(info, reading),
    config: { ...config },
    fixedKeys: [...fixedKeys],
    state,
    priorityGroups: recordsAt(info, 'priority_groups').map((group) => ({
      group: stringAt(group, 'group'),
      pinnedClientId: textOrNull(group, 'pinned_client_id'),
      pinnedAtMs: timeAt(group, 'pinned_ts'),
    })),
    command: consumerCommand(stringAt(info, 'stream_name'), config),
  };
}
