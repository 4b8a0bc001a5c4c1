/** One browser's socket: what it may send, how much it may hold, and when it ends. */
import type { LiveClientMessage, LiveServerMessage } from '@sluice/protocol/console';
import { LIVE_MAX_SUBSCRIPTIONS, LIVE_MAX_TAPS } from '@sluice/protocol/console';
import { beforeEach, describe, expect, it } from 'vitest';
import { Sessions } from '../../src/auth/sessions.ts';
import { EventLog } from '../../src/live/event-log.ts';
import { eventsTopic } from '../../src/live/events-topic.ts';
import { LiveSocket } from '../../src/live/live-socket.ts';
import type { Topic, TopicOutput } from '../../src/live/topic.ts';
import { sentence } from '../../src/presenters/sentence.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock: ManualClock;
let sessions: Sessions;
let sent: LiveServerMessage[];
let closed: [number, string][];
let outputs: TopicOutput[];
let openTopics: Set<Topic>;
let socket: LiveSocket;
let session: ReturnType<Sessions['create']>['session'];

beforeEach(() => {
  clock = new ManualClock();
  const records = { load: async () => [], put: async () => undefined, remove: async () => undefined };
  sessions = new Sessions({ clock, records, onNotice: () => undefined });
  sent = [];
  closed = [];
  outputs = [];
  openTopics = new Set();
  ({ session } = sessions.create({ username: 'kim', role: 'viewer' }, { address: '::1', userAgent: '' }));
  socket = new LiveSocket({
    session,
    clock,
    socket: {
      bufferedAmount: 0,
      send: (frame) => {
        if (typeof frame === 'string') sent.push(JSON.parse(frame));
      },
      close: (code, reason) => closed.push([code, reason]),
      terminate: () => undefined,
    },
    broker: { state: 'running', sinceMs: 0, restarts: 0, lastExit: null, nextStartAtMs: null },
    async openTopic(_topic, _id, output) {
      outputs.push(output);
      const topic: Topic = {
        ack: (seq) => seq <= 3,
        update: () => true,
        tick: () => undefined,
        close: () => openTopics.delete(topic),
      };
      openTopics.add(topic);
      return { ok: true, topic, credits: 4 };
    },
    onClosed: () => undefined,
  });
});

const say = (message: LiveClientMessage | string | object): void =>
  socket.receive(typeof message === 'string' ? message : JSON.stringify(message));
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const last = () => sent.at(-1);

describe('a live socket', () => {
  it('welcomes, opens, acknowledges and closes subscriptions', async () => {
    expect(sent[0]).toMatchObject({ type: 'welcome', broker: { state: 'running' } });
    say({ type: 'subscribe', id: 1, topic: 'rates' });
    await settle();
    expect(last()).toEqual({ type: 'subscribed', id: 1, credits: 4 });
    say({ type: 'ack', id: 1, seq: 3 });
    say({ type: 'ping', sentAtMs: 5 });
    expect(last()).toMatchObject({ type: 'pong', sentAtMs: 5 });
    say({ type: 'unsubscribe', id: 1 });
    expect(openTopics.size).toBe(0);
    expect(closed).toEqual([]);
  });

  it.each([
    ['no JSON', '{'],
    ['no message', '[]'],
    ['an unknown type', { type: 'shutdown' }],
    ['an unknown topic', { type: 'subscribe', id: 1, topic: 'secrets' }],
    ['an extra field', { type: 'subscribe', id: 1, topic: 'rates', x: 1 }],
    ['a tap without subjects', { type: 'subscribe', id: 1, topic: 'tap', tap: { subjects: [] } }],
    ['a query out of range', { type: 'subscribe', id: 1, topic: 'connections', query: { limit: 501 } }],
    ['a negative id', { type: 'unsubscribe', id: -1 }],
  ])('closes on %s', (_name, message) => {
    say(message);
    expect(closed).toEqual([[4400, expect.any(String)]]);
  });

  it('closes on an acknowledgement of a frame that was never sent', async () => {
    say({ type: 'subscribe', id: 1, topic: 'rates' });
    await settle();
    say({ type: 'ack', id: 1, seq: 4 });
    expect(closed[0]?.[0]).toBe(4400);
    expect(openTopics.size).toBe(0);
  });

  it('bounds subscriptions, taps and the rate of messages', async () => {
    for (let id = 1; id <= LIVE_MAX_TAPS + 1; id++) say({ type: 'subscribe', id, topic: 'tap', tap: { subjects: ['>'] } });
    await settle();
    expect(last()).toMatchObject({ type: 'subscribed', id: LIVE_MAX_TAPS });
    expect(sent.find((message) => message.type === 'refused')).toMatchObject({ id: LIVE_MAX_TAPS + 1, code: 'too_large' });
    for (let id = 100; id < 100 + LIVE_MAX_SUBSCRIPTIONS; id++) say({ type: 'subscribe', id, topic: 'rates' });
    await settle();
    expect(openTopics.size).toBe(LIVE_MAX_SUBSCRIPTIONS);
    expect(closed).toEqual([]);
    for (let count = 0; count < 300; count++) say({ type: 'ping', sentAtMs: 0 });
    expect(closed).toEqual([[4400, 'too many messages']]);
  });

  it('refuses an id that is in use', async () => {
    say({ type: 'subscribe', id: 1, topic: 'rates' });
    say({ type: 'subscribe', id: 1, topic: 'rates' });
    await settle();
    expect(sent.filter((message) => message.type === 'refused')).toMatchObject([{ id: 1, code: 'conflict' }]);
  });

  it('ends with its session, and its subscriptions with it', async () => {
    say({ type: 'subscribe', id: 1, topic: 'rates' });
    await settle();
    sessions.endAllOf('kim');
    expect(closed).toEqual([[4401, 'the session has ended']]);
    expect(openTopics.size).toBe(0);
  });

  it('ends when the session runs out, though frames were flowing', async () => {
    say({ type: 'subscribe', id: 1, topic: 'rates' });
    await settle();
    for (let minute = 0; minute < 31; minute++) {
      clock.advance(60_000);
      if (closed.length === 0)
        outputs[0]?.send(1, {
          topic: 'tap',
          data: { state: 'running', counters: { matched: 0, shown: 0, sampledOut: 0, dropped: 0, matchedBytes: 0 } },
        });
    }
    expect(closed).toEqual([[4401, 'the session has ended']]);
  });

  it('shows that it lives every three seconds', () => {
    clock.advance(9000);
    expect(sent.filter((message) => message.type === 'heartbeat')).toHaveLength(3);
  });
});

describe('the events topic', () => {
  it('gathers events, holds them back without credit and counts what was missed', () => {
    const log = new EventLog();
    const add = (count: number): void => {
      for (let event = 0; event < count; event++) {
        log.add({ atMs: 0, kind: 'connect', severity: 'info', sentence: sentence`x`, cid: null, account: null, link: null });
      }
    };
    const frames: { seq: number; count: number; missed: number }[] = [];
    const topic = eventsTopic(log, clock, undefined, {
      send: (seq, data) => {
        if (data.topic === 'events') frames.push({ seq, count: data.data.events.length, missed: data.data.missed });
      },
      sendBinary: () => undefined,
      bufferedBytes: () => 0,
      end: () => undefined,
    });
    for (let frame = 0; frame < 6; frame++) {
      add(5);
      clock.advance(100);
    }
    expect(frames.map((frame) => frame.count)).toEqual([5, 5, 5, 5]);
    add(1000);
    expect(topic.ack(4)).toBe(true);
    expect(frames.at(-1)).toEqual({ seq: 5, count: 100, missed: 910 });
    expect(frames.reduce((sum, frame) => sum + frame.count + frame.missed, 0)).toBe(log.lastSeq);
    topic.close();
    add(1);
    clock.advance(1000);
    expect(frames).toHaveLength(5);
  });
});
