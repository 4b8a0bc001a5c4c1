/** What a consumer is, in a word. */
import type { ConsumerRow } from '@sluice/protocol/console';
import { describe, expect, it } from 'vitest';
import { consumerState } from '../../../src/components/consumers/consumer-columns.tsx';
import { parseConsumersSearch } from '../../../src/features/consumers/components/consumers-page.tsx';

const row: ConsumerRow = {
  stream: 'ORDERS',
  name: 'billing',
  description: null,
  kind: 'pull',
  isDurable: true,
  deliverPolicy: 'all',
  ackPolicy: 'explicit',
  replayPolicy: 'instant',
  filters: [],
  lag: 0,
  deliveredSeq: 0,
  ackFloorSeq: 0,
  ackPending: 0,
  maxAckPending: 1000,
  redelivered: 0,
  waiting: 1,
  maxWaiting: 512,
  maxDeliver: null,
  ackWaitMs: 30_000,
  isBound: null,
  isPaused: false,
  pausedUntilMs: null,
  deliveredPerS: 0,
  ackedPerS: 0,
  catchUpMs: null,
  createdAtMs: null,
  lastDeliveredAtMs: null,
  lastAckedAtMs: null,
};

describe('a consumer', () => {
  it('is up to date, catching up, waiting for a client, stalled or paused', () => {
    expect(consumerState(row).word).toBe('up to date');
    expect(consumerState({ ...row, lag: 5 }).word).toBe('catching up');
    expect(consumerState({ ...row, lag: 5, waiting: 0 }).word).toBe('nobody pulls');
    expect(consumerState({ ...row, lag: 5, waiting: 0, deliveredPerS: 3 }).word).toBe('catching up');
    expect(consumerState({ ...row, kind: 'push', isBound: false, lag: 5 }).word).toBe('nobody listens');
    expect(consumerState({ ...row, ackPending: 1000, lag: 5 })).toEqual({ tone: 'bad', word: 'stalled' });
    expect(consumerState({ ...row, ackPending: 1000, isPaused: true }).word).toBe('paused');
    expect(consumerState({ ...row, ackPending: 1000, maxAckPending: null }).word).toBe('up to date');
  });

  it('is open only when both its stream and its name are in the URL', () => {
    expect(parseConsumersSearch({ of: 'ORDERS', consumer: 'billing' }).open).toEqual({ stream: 'ORDERS', name: 'billing' });
    expect(parseConsumersSearch({ consumer: 'billing' })).toMatchObject({
      open: null,
      sort: 'lag',
      order: 'desc',
      preset: 'all',
    });
  });
});
