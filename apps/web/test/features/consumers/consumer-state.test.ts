/** What a consumer is, in a word. */
import { type ConsumerRow, consumerState } from '@sluice/protocol/console';
import { describe, expect, it } from 'vitest';
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
    expect(consumerState({ ...row, ackPending: 1000, lag: 5 })).toMatchObject({ tone: 'bad', word: 'stalled' });
    expect(consumerState({ ...row, ackPending: 1000, isPaused: true }).word).toBe('paused');
    expect(consumerState({ ...row, ackPending: 1000, maxAckPending: null }).word).toBe('up to date');
  });

  it('is not up to date while most of what it delivered comes again and again', () => {
    const state = consumerState({ ...row, ackPending: 4, redelivered: 3, maxDeliver: 5 });
    expect(state).toMatchObject({ tone: 'warn', word: 'redelivering' });
    expect(state.reason).toBe(
      '3 messages are delivered more than once: clients refuse them, or the ack wait passes first. They come 5 times at most, then given up on.',
    );
    expect(consumerState({ ...row, ackPending: 40, redelivered: 3 }).word).toBe('up to date');
    expect(consumerState({ ...row, ackPending: 0, redelivered: 3 }).word).toBe('up to date');
  });

  it('is not up to date when it gave up on messages that nobody acknowledged', () => {
    const state = consumerState({ ...row, redelivered: 3, maxDeliver: 5 });
    expect(state).toMatchObject({ tone: 'warn', word: 'gave up' });
    expect(state.reason).toMatch(/^3 messages are delivered 5 times, never acknowledged/);
    expect(consumerState({ ...row, redelivered: 3, maxDeliver: 5, lag: 9 }).word).toBe('gave up');
  });

  it('says why it does not move', () => {
    expect(consumerState({ ...row, ackPending: 1000, lag: 5 }).reason).toMatch(/^1,000 messages are .* max_ack_pending/);
    expect(consumerState({ ...row, lag: 1, waiting: 0 }).reason).toBe('1 message is waiting, and no client asks for any.');
    expect(consumerState({ ...row, kind: 'push', isBound: false, lag: 5 }).reason).toMatch(/nobody subscribes/);
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
