/** Pushed seconds and events become part of the overview. */
import { type ConsoleEvent, type LiveRates, type MetricsNow, metricNames, type Series } from '@sluice/protocol/console';
import { describe, expect, it } from 'vitest';
import { appendSecond, mergeEvents } from '../../../src/features/overview/model/live-overview.ts';
import { snippetsFor } from '../../../src/features/overview/model/snippets.ts';
import { tintLine } from '../../../src/features/overview/model/tint-code.ts';

function nowOf(value: number | null): MetricsNow {
  const now: Partial<MetricsNow> = {};
  for (const name of metricNames) now[name] = value;
  return {
    inMsgsPerS: value,
    outMsgsPerS: value,
    inBytesPerS: value,
    outBytesPerS: value,
    connections: value,
    subscriptions: value,
    slowConsumers: value,
    cpuPercent: value,
    memoryBytes: value,
    storedBytes: value,
    ...now,
  };
}

function seriesOf(values: (number | null)[], startMs: number): Series {
  const of = () => ({ avg: [...values] });
  return {
    stepMs: 1000,
    startMs,
    metrics: {
      inMsgsPerS: of(),
      outMsgsPerS: of(),
      inBytesPerS: of(),
      outBytesPerS: of(),
      connections: of(),
      subscriptions: of(),
      slowConsumers: of(),
      cpuPercent: of(),
      memoryBytes: of(),
      storedBytes: of(),
    },
  };
}

const second = (asOfMs: number, value: number): LiveRates => ({
  asOfMs,
  now: nowOf(value),
  connectionsNew1m: 0,
  connectionsGone1m: 0,
});

describe('a pushed second', () => {
  it('moves the window on and keeps its length', () => {
    const series = appendSecond(seriesOf([1, 2, 3], 10_000), second(13_200, 4));
    expect(series.startMs).toBe(11_000);
    expect(series.metrics.outMsgsPerS.avg).toEqual([2, 3, 4]);
  });

  it('leaves the seconds it skipped unknown', () => {
    expect(appendSecond(seriesOf([1, 2, 3], 10_000), second(15_000, 4)).metrics.connections.avg).toEqual([null, null, 4]);
    expect(appendSecond(seriesOf([1, 2, 3], 10_000), second(99_000, 4)).metrics.connections.avg).toEqual([null, null, 4]);
  });

  it('that is in the window already changes nothing', () => {
    const series = seriesOf([1, 2, 3], 10_000);
    expect(appendSecond(series, second(12_900, 9))).toBe(series);
  });
});

describe('events', () => {
  const event = (seq: number): ConsoleEvent => ({
    seq,
    atMs: seq,
    kind: 'connect',
    severity: 'info',
    sentence: [],
    cid: null,
    account: null,
    link: null,
  });

  it('are each there once, newest first, twenty at most', () => {
    const merged = mergeEvents(
      [event(3), event(2)],
      [event(3), event(4), ...Array.from({ length: 30 }, (_, index) => event(index + 10))],
    );
    expect(merged[0]?.seq).toBe(39);
    expect(merged).toHaveLength(20);
    expect(new Set(merged.map((each) => each.seq)).size).toBe(20);
  });
});

describe('snippets', () => {
  it('connect to this server in six languages and with the CLI', () => {
    const snippets = snippetsFor('nats://10.0.0.7:4333');
    expect(snippets.map((each) => each.label)).toEqual(['CLI', 'Go', 'JavaScript', 'Python', 'Java', 'Rust', 'C#']);
    for (const snippet of snippets) {
      expect(snippet.code).toContain('nats://10.0.0.7:4333');
      expect(snippet.code).toContain('demo.>');
    }
  });

  it('lose no character when they are tinted', () => {
    for (const snippet of snippetsFor('nats://127.0.0.1:4222')) {
      for (const line of snippet.code.split('\n')) {
        expect(
          tintLine(line)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(line);
      }
    }
    expect(
      tintLine('const a = "b"; // c')
        .filter((piece) => piece.kind !== '')
        .map((piece) => piece.kind + piece.text),
    ).toEqual(['kconst', 's"b"', 'c// c']);
  });
});
