/** The live feed: subscriptions survive reconnects, what was handled is acknowledged, silence and ends are told. */
import type { BrokerState, LiveServerMessage } from '@sluice/protocol/console';
import { liveCloseCodes } from '@sluice/protocol/console';
import { describe, expect, it } from 'vitest';
import { LIVE_RETRY_MAX_MS, type LiveEnvironment, LiveSocket, type SocketEvents } from '../../src/lib/live-socket.ts';

const broker: BrokerState = { state: 'running', sinceMs: 0, restarts: 0, lastExit: null, nextStartAtMs: null };

/** A browser and a server without time or network: sockets are opened and closed, and the clock moves, by hand. */
class Stage {
  nowMs = 1_000_000;
  readonly sockets: { events: SocketEvents; sent: Record<string, unknown>[]; isClosed: boolean }[] = [];
  #timers: { atMs: number; run: () => void }[] = [];
  readonly live: LiveSocket;

  constructor() {
    const env: LiveEnvironment = {
      connect: (events) => {
        const socket = { events, sent: [] as Record<string, unknown>[], isClosed: false };
        this.sockets.push(socket);
        return {
          send: (text) => socket.sent.push(JSON.parse(text)),
          close: () => {
            socket.isClosed = true;
          },
        };
      },
      nowMs: () => this.nowMs,
      startTimer: (run, delayMs) => {
        const timer = { atMs: this.nowMs + delayMs, run };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((each) => each !== timer);
        };
      },
      random: () => 0.5,
    };
    this.live = new LiveSocket(env);
  }

  get socket() {
    const last = this.sockets.at(-1);
    if (last === undefined) throw new Error('no socket');
    return last;
  }

  say(message: LiveServerMessage): void {
    this.socket.events.onFrame(JSON.stringify(message));
  }

  open(): void {
    this.socket.events.onOpen();
    this.say({ type: 'welcome', serverTimeMs: this.nowMs + 250, heartbeatMs: 3000, broker });
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = untilMs;
  }
}

function started(): Stage {
  const stage = new Stage();
  stage.live.start();
  stage.open();
  return stage;
}

const rates = { asOfMs: 1, connectionsNew1m: null, connectionsGone1m: null, now: {} } as const;

describe('the live feed', () => {
  it('is live after the welcome and knows the clock of the server', () => {
    const { live } = started();
    expect(live.state).toMatchObject({ phase: 'live', clockOffsetMs: 250, broker });
  });

  it('acknowledges a frame only after it was handled', () => {
    const stage = started();
    let sentWhileHandling = -1;
    stage.live.subscribe({ topic: 'rates' }, { onData: () => (sentWhileHandling = stage.socket.sent.length) });
    const frame = { type: 'data', id: 1, seq: 7, topic: 'rates', data: rates };
    stage.socket.events.onFrame(JSON.stringify(frame));
    expect(sentWhileHandling).toBe(1);
    expect(stage.socket.sent.at(-1)).toEqual({ type: 'ack', id: 1, seq: 7 });
  });

  it('makes every subscription anew after the feed was lost, events from where they stopped', () => {
    const stage = started();
    let resubscribed = 0;
    stage.live.subscribe({ topic: 'events' }, { onResubscribed: () => resubscribed++ });
    const event = { seq: 41, atMs: 0, kind: 'connect', severity: 'info', sentence: [], cid: 1, account: null, link: null };
    stage.socket.events.onFrame(
      JSON.stringify({ type: 'data', id: 1, seq: 1, topic: 'events', data: { events: [event], missed: 0 } }),
    );
    stage.socket.events.onClose(1006);
    expect(stage.live.state.phase).toBe('retrying');
    stage.pass(500);
    expect(stage.sockets).toHaveLength(2);
    stage.open();
    expect(stage.socket.sent).toEqual([{ type: 'subscribe', id: 1, topic: 'events', afterSeq: 41 }]);
    expect(resubscribed).toBe(1);
  });

  it('waits longer after each failed attempt, but never longer than the maximum', () => {
    const stage = started();
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      stage.socket.events.onClose(1006);
      pauses.push((stage.live.state.retryAtMs ?? 0) - stage.nowMs);
      stage.pass(LIVE_RETRY_MAX_MS);
    }
    for (let index = 1; index < pauses.length; index++) expect(pauses[index]).toBeGreaterThanOrEqual(pauses[index - 1] ?? 0);
    expect(pauses[0]).toBeLessThan(500);
    expect(pauses.at(-1)).toBeLessThanOrEqual(LIVE_RETRY_MAX_MS);
  });

  it('counts a feed as lost after three silent heartbeats and tells since when', () => {
    const stage = started();
    const lastFrameMs = stage.nowMs;
    stage.pass(8000);
    expect(stage.live.state.phase).toBe('live');
    stage.pass(3000);
    expect(stage.sockets[0]?.isClosed).toBe(true);
    expect(stage.live.state).toMatchObject({ phase: 'retrying', sinceMs: lastFrameMs });
  });

  it('stays live while heartbeats come', () => {
    const stage = started();
    for (let count = 0; count < 10; count++) {
      stage.pass(3000);
      stage.say({ type: 'heartbeat', serverTimeMs: 0 });
    }
    expect(stage.live.state.phase).toBe('live');
    expect(stage.sockets).toHaveLength(1);
  });

  it('does not try again when the session ended', () => {
    const stage = started();
    stage.socket.events.onClose(liveCloseCodes.sessionEnded);
    stage.pass(60_000);
    expect(stage.live.state).toMatchObject({ phase: 'ended', endReason: 'session' });
    expect(stage.sockets).toHaveLength(1);
  });

  it('hears nothing of a subscription that was closed or refused', () => {
    const stage = started();
    const heard: string[] = [];
    const first = stage.live.subscribe({ topic: 'rates' }, { onData: () => heard.push('first') });
    stage.live.subscribe({ topic: 'rates' }, { onData: () => heard.push('second'), onRefused: (code) => heard.push(code) });
    first.close();
    stage.say({ type: 'refused', id: 2, code: 'too_large', message: 'no' });
    for (const id of [1, 2]) {
      stage.socket.events.onFrame(JSON.stringify({ type: 'data', id, seq: 1, topic: 'rates', data: rates }));
    }
    expect(heard).toEqual(['too_large']);
    expect(stage.socket.sent).toContainEqual({ type: 'unsubscribe', id: 1 });
  });

  it('hands a tap batch over without its prefix and acknowledges when told to', () => {
    const stage = started();
    let batch: Uint8Array | undefined;
    let ack: () => void = () => undefined;
    stage.live.subscribe(
      { topic: 'tap', tap: { subjects: ['>'] } },
      {
        onTapBatch: (bytes, acknowledge) => {
          batch = bytes;
          ack = acknowledge;
        },
      },
    );
    const frame = new ArrayBuffer(19);
    const view = new DataView(frame);
    view.setUint8(0, 1);
    view.setUint8(1, 1);
    view.setUint32(4, 1);
    view.setFloat64(8, 5);
    view.setUint8(16, 9);
    stage.socket.events.onFrame(frame);
    expect([...(batch ?? [])]).toEqual([9, 0, 0]);
    expect(stage.socket.sent.some((message) => message['type'] === 'ack')).toBe(false);
    ack();
    expect(stage.socket.sent.at(-1)).toEqual({ type: 'ack', id: 1, seq: 5 });
  });

  it('ignores frames of a socket that is no longer the one', () => {
    const stage = started();
    const old = stage.socket;
    stage.live.start();
    old.events.onFrame(JSON.stringify({ type: 'welcome', serverTimeMs: 0, heartbeatMs: 3000, broker }));
    expect(stage.live.state.phase).toBe('connecting');
  });
});
