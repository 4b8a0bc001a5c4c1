/** The tap's engine: counters that add up whatever happens, bounded memory, pause that keeps recording, windows of rows. */
import type { LiveTapCounters } from '@sluice/protocol/console';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../../src/features/tap/model/filter-parser.ts';
import { ndjsonLine } from '../../../src/features/tap/model/ndjson.ts';
import { RateHistory } from '../../../src/features/tap/model/rate-history.ts';
import { TapEngine } from '../../../src/features/tap/model/tap-engine.ts';
import { isBalanced } from '../../../src/features/tap/model/tap-ledger.ts';
import type { TapSnapshot, TapWindow } from '../../../src/features/tap/model/tap-snapshot.ts';
import { tapBatch, tapMessage } from './tap-batches.ts';

const LIVE: TapWindow = { start: 0, count: 50, newestIndex: null };

function filterNode(text: string) {
  const result = parseFilter(text);
  if (!result.ok) throw new Error(result.message);
  return result.node;
}

/** A server that samples and drops, and the engine that reads it. */
class TapScene {
  readonly engine: TapEngine;
  readonly server: LiveTapCounters = { matched: 0, shown: 0, sampledOut: 0, dropped: 0, matchedBytes: 0 };
  nowMs = 1_764_000_000_000;
  #sent = 0;

  constructor(limits: { maxRows?: number; maxBytes?: number } = {}) {
    this.engine = new TapEngine({ now: () => this.nowMs, ...limits });
  }

  /** Sends one batch with `count` messages; `isLost`: it never arrives. */
  batch(count: number, options: { sampledOut?: number; dropped?: number; isLost?: boolean; payload?: string } = {}): void {
    const { sampledOut = 0, dropped = 0 } = options;
    this.server.matched += count + sampledOut + dropped;
    this.server.shown += count;
    this.server.sampledOut += sampledOut;
    this.server.dropped += dropped;
    const messages = Array.from({ length: count }, () =>
      tapMessage({ subject: `orders.n${this.#sent % 3}`, payload: options.payload ?? `{"n":${this.#sent++}}` }),
    );
    if (options.isLost !== true) this.engine.addFrame(tapBatch(this.server, messages), 0);
  }

  restart(): void {
    Object.assign(this.server, { matched: 0, shown: 0, sampledOut: 0, dropped: 0, matchedBytes: 0 });
    this.engine.startSession();
  }

  look(window = LIVE): TapSnapshot {
    return this.engine.snapshot(window);
  }
}

describe('the counters of a tap', () => {
  type Step =
    | { kind: 'batch'; count: number; sampledOut: number; dropped: number; isLost: boolean }
    | { kind: 'quiet'; sampledOut: number; dropped: number }
    | { kind: 'pause' | 'resume' | 'show' | 'discard' | 'restart' | 'clear' | 'garbage' };
  const amount = fc.nat({ max: 40 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('batch' as const),
        count: amount,
        sampledOut: amount,
        dropped: amount,
        isLost: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('quiet' as const), sampledOut: amount, dropped: amount }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'pause' as const,
          'resume' as const,
          'show' as const,
          'discard' as const,
          'restart' as const,
          'clear' as const,
          'garbage' as const,
        ),
      }),
    },
  );

  function play(scene: TapScene, current: Step): void {
    switch (current.kind) {
      case 'batch':
        scene.batch(current.count, current);
        break;
      case 'quiet':
        scene.server.sampledOut += current.sampledOut;
        scene.server.dropped += current.dropped;
        scene.server.matched += current.sampledOut + current.dropped;
        scene.engine.setCounters({ ...scene.server });
        break;
      case 'pause':
        scene.engine.pause();
        break;
      case 'resume':
        scene.engine.resume();
        break;
      case 'show':
        scene.engine.showHeld();
        break;
      case 'discard':
        scene.engine.discardHeld();
        break;
      case 'restart':
        scene.restart();
        break;
      case 'clear':
        scene.engine.clear();
        break;
      case 'garbage':
        scene.engine.addFrame(new ArrayBuffer(20), 16);
        break;
    }
  }

  it('always add up, through loss, pause, overflow and reconnects', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const scene = new TapScene({ maxRows: 100 });
        let matched = 0;
        for (const current of steps) {
          play(scene, current);
          const { counters } = scene.look();
          expect(isBalanced(counters)).toBe(true);
          expect(counters.matched).toBeGreaterThanOrEqual(matched);
          expect(Math.min(counters.shown, counters.dropped, counters.sampledOut)).toBeGreaterThanOrEqual(0);
          matched = counters.matched;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('count a batch that never arrived as dropped as soon as the next one tells of it', () => {
    const scene = new TapScene();
    scene.batch(10);
    scene.batch(7, { isLost: true });
    scene.batch(5);
    expect(scene.look().counters).toMatchObject({ matched: 22, shown: 15, dropped: 7 });
  });

  it('do not show messages as dropped that are still on their way', () => {
    const scene = new TapScene();
    scene.batch(10);
    scene.engine.setCounters({ matched: 30, shown: 30, sampledOut: 0, dropped: 0, matchedBytes: 0 });
    expect(scene.look().counters).toMatchObject({ matched: 10, shown: 10, dropped: 0 });
  });

  it('go on over a reconnect', () => {
    const scene = new TapScene();
    scene.batch(10, { sampledOut: 5 });
    scene.restart();
    scene.batch(3);
    expect(scene.look().counters).toMatchObject({ matched: 18, shown: 13, sampledOut: 5, dropped: 0 });
  });
});

describe('the list of a tap', () => {
  it('keeps the newest rows within its bound and numbers them for good', () => {
    const scene = new TapScene({ maxRows: 100 });
    for (let batch = 0; batch < 50; batch++) scene.batch(7);
    const snapshot = scene.look({ start: 0, count: 3, newestIndex: null });
    expect(snapshot.rowCount).toBe(100);
    expect(snapshot.rows.map((row) => row.index)).toEqual([349, 348, 347]);
    expect(scene.engine.detail(249)).toBeNull();
    expect(scene.engine.detail(250)?.index).toBe(250);
  });

  it('keeps its bytes within their bound', () => {
    const scene = new TapScene({ maxBytes: 100_000 });
    for (let batch = 0; batch < 100; batch++) scene.batch(5, { payload: 'x'.repeat(2000) });
    expect(scene.look().listBytes).toBeLessThanOrEqual(100_000);
    expect(scene.look().counters.shown).toBe(500);
  });

  it('stands still while it is scrolled and counts what is newer', () => {
    const scene = new TapScene();
    scene.batch(10);
    const frozen = { start: 2, count: 2, newestIndex: 9 };
    const before = scene.look(frozen).rows;
    scene.batch(25);
    const after = scene.look(frozen);
    expect(after.rows).toEqual(before);
    expect(after).toMatchObject({ rowCount: 10, newerCount: 25, newestIndex: 34 });
    expect(scene.engine.neighbour(7, 0, 9)).toEqual({ index: 7, position: 2 });
    expect(scene.engine.neighbour(7, 1, 9)).toEqual({ index: 6, position: 3 });
    expect(scene.engine.neighbour(8, -5, 9)).toEqual({ index: 9, position: 0 });
    expect(scene.engine.neighbour(0, 4, 9)).toEqual({ index: 0, position: 9 });
    expect(scene.engine.neighbour(500, 0, null)).toEqual({ index: 34, position: 0 });
  });

  it('with a filter holds exactly the rows that pass, now and later', () => {
    const scene = new TapScene({ maxRows: 30 });
    scene.batch(10);
    scene.engine.setFilter(filterNode('subject == "orders.n1"'));
    expect(scene.look().rows.map((row) => row.index)).toEqual([7, 4, 1]);
    scene.batch(3);
    expect(scene.look().rows.map((row) => row.index)).toEqual([10, 7, 4, 1]);
    expect(scene.look()).toMatchObject({ passedCount: 4, listedCount: 4 });
    for (let batch = 0; batch < 20; batch++) scene.batch(10);
    expect(scene.look().rowCount).toBe(10);
    expect(scene.look().counters.shown).toBe(213);
    scene.engine.setFilter(null);
    expect(scene.look()).toMatchObject({ passedCount: null, rowCount: 30 });
  });

  it('finds the message before on the same subject', () => {
    const scene = new TapScene();
    scene.batch(7);
    const detail = scene.engine.detail(6);
    expect(new TextDecoder().decode(detail?.message.payload)).toBe('{"n":6}');
    expect(new TextDecoder().decode(detail?.previous?.payload)).toBe('{"n":3}');
    expect(scene.engine.detail(1)?.previous).toBeNull();
  });

  it('previews JSON with quiet keys, other text as it is, and names binary', () => {
    const scene = new TapScene();
    const payloads = ['{"id":"a","n":1}', 'line one\n  line two', new Uint8Array([0xff, 0xfe]), new Uint8Array(9), ''];
    scene.engine.addFrame(
      tapBatch(
        { matched: 5, shown: 5 },
        payloads.map((payload) => tapMessage({ payload })),
      ),
      0,
    );
    const previews = scene.look().rows.map((row) => row.preview);
    const shown = previews.map((parts) => parts.map((part) => (part.isQuiet ? `<${part.text}>` : part.text)).join(''));
    expect(shown).toEqual(['<empty>', '<binary>', '<binary>', 'line one line two', '{<id:>"a",<n:>1}']);
  });
});

describe('a paused tap', () => {
  it('keeps recording, shows nothing new, and loses nothing on resume', () => {
    const scene = new TapScene();
    scene.batch(5);
    scene.engine.pause();
    scene.batch(8);
    expect(scene.look()).toMatchObject({
      rowCount: 5,
      pause: { buffered: 8, discarded: 0 },
      counters: { matched: 13, shown: 13 },
    });
    scene.engine.resume();
    expect(scene.look()).toMatchObject({ rowCount: 13, pause: null });
    expect(scene.look().rows.map((row) => row.index)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });

  it('counts what no longer fits as discarded and dropped', () => {
    const scene = new TapScene({ maxRows: 20 });
    scene.engine.pause();
    for (let batch = 0; batch < 5; batch++) scene.batch(8);
    expect(scene.look()).toMatchObject({
      pause: { buffered: 16, discarded: 24 },
      counters: { matched: 40, shown: 16, dropped: 24 },
    });
  });

  it('shows what is buffered, or throws it away, without going on', () => {
    const scene = new TapScene();
    scene.engine.pause();
    scene.batch(4);
    scene.engine.showHeld();
    expect(scene.look()).toMatchObject({ rowCount: 4, pause: { buffered: 0 } });
    scene.batch(6);
    scene.engine.discardHeld();
    expect(scene.look()).toMatchObject({ rowCount: 4, pause: { buffered: 0, discarded: 6 }, counters: { shown: 4, dropped: 6 } });
  });
});

describe('the export', () => {
  it('holds every listed message once, oldest first, and gives its bytes back', () => {
    const scene = new TapScene();
    scene.batch(5);
    const lines = [...scene.engine.exportLines()].join('').trimEnd().split('\n');
    expect(lines.map((line) => atob(JSON.parse(line).payload))).toEqual(['{"n":0}', '{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}']);
  });

  it('keeps any bytes, repeated headers and microseconds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), (payload) => {
        const line = ndjsonLine(
          tapMessage({ payload, headers: 'NATS/1.0\r\nA: 1\r\nA: 2\r\n\r\n', timeUs: 1_764_000_000_123_456, reply: '_INBOX.1' }),
        );
        const parsed = JSON.parse(line);
        expect([...atob(parsed.payload)].map((character) => character.charCodeAt(0))).toEqual([...payload]);
        expect(parsed).toMatchObject({
          headers: [
            ['A', '1'],
            ['A', '2'],
          ],
          time: '2025-11-24T16:00:00.123456Z',
          reply: '_INBOX.1',
        });
        expect(line.endsWith('\n') && line.indexOf('\n') === line.length - 1).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the rate history', () => {
  it('puts counts into their second, leaves gaps unknown and stays within its bound', () => {
    const history = new RateHistory(5, 1000);
    history.record(10, 1000, false);
    history.record(15, 1900, false);
    history.record(20, 4100, true);
    expect(history.buckets()).toEqual([
      { startMs: 1000, matched: 15, isPaused: false },
      { startMs: 2000, matched: null, isPaused: true },
      { startMs: 3000, matched: null, isPaused: true },
      { startMs: 4000, matched: 5, isPaused: true },
    ]);
    for (let second = 5; second < 20; second++) history.record(20, second * 1000, false);
    expect(history.buckets()).toHaveLength(5);
    expect(history.perSecond(20_000, 3)).toBe(0);
  });
});
