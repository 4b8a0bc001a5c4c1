/** What the pages of streams are drawn from: their URL, moments as typed, rows with gaps, fill in words. */
import type { StoredMessage } from '@sluice/protocol/console';
import { describe, expect, it } from 'vitest';
import { bytesOf, encodedPayload, payloadLine, previousOnSubject } from '../../../src/components/jetstream/stored-payload.ts';
import { formatFill } from '../../../src/components/jetstream/usage.tsx';
import { messageRows, neighbour, rowKeyOf } from '../../../src/features/streams/model/message-rows.ts';
import { parseMoment, parseStreamSearch } from '../../../src/features/streams/model/stream-search.ts';
import { parseStreamsSearch } from '../../../src/features/streams/model/streams-search.ts';
import { WINDOW_ROWS, windowOffset } from '../../../src/lib/page-window.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 18, 0, 0);

function message(seq: number, subject = 'orders.eu'): StoredMessage {
  return { seq, subject, storedAtMs: NOW_MS, headers: [], sizeBytes: 2, isTruncated: false, encoding: 'utf8', payload: '{}' };
}

describe('the URL of a stream', () => {
  it('begins at the newest message and reads backwards', () => {
    expect(parseStreamSearch({})).toMatchObject({ tab: 'messages', seek: 'newest', order: 'desc', open: null, subject: '' });
    expect(parseStreamSearch({ seek: 'oldest', order: 'desc' }).order).toBe('asc');
  });

  it('names a place, a way and an open message, and ignores what is none', () => {
    expect(parseStreamSearch({ seek: 'seq', seq: '116', order: 'desc', open: '124', tab: 'config', edit: 'true' })).toMatchObject(
      {
        seek: 'seq',
        seq: 116,
        order: 'desc',
        open: 124,
        tab: 'config',
        isEditing: true,
      },
    );
    expect(parseStreamSearch({ seek: 'sideways', seq: '-1', open: 'x', tab: 'all' })).toMatchObject({
      seek: 'newest',
      seq: null,
      open: null,
      tab: 'messages',
    });
  });

  it('of the list sorts names upwards and figures downwards', () => {
    expect(parseStreamsSearch({}).order).toBe('asc');
    expect(parseStreamsSearch({ sort: 'bytes', create: 'true' })).toMatchObject({
      sort: 'bytes',
      order: 'desc',
      isCreating: true,
    });
  });
});

describe('a moment as typed', () => {
  it('is a date, a time of today, or both', () => {
    expect(parseMoment('2026-11-23 13:42:07', 'utc', NOW_MS)).toBe(Date.UTC(2026, 10, 23, 13, 42, 7));
    expect(parseMoment('2026-11-23T13:42:07.25', 'utc', NOW_MS)).toBe(Date.UTC(2026, 10, 23, 13, 42, 7, 250));
    expect(parseMoment('2026-11-23', 'utc', NOW_MS)).toBe(Date.UTC(2026, 10, 23));
    expect(parseMoment('13:42', 'utc', NOW_MS)).toBe(Date.UTC(2026, 10, 24, 13, 42));
  });

  it('is told by how long ago it was', () => {
    for (const text of ['15m', '-15m', '15m ago', ' 900 s '])
      expect(parseMoment(text, 'utc', NOW_MS), text).toBe(NOW_MS - 900_000);
    expect(parseMoment('1d2h', 'local', NOW_MS)).toBe(NOW_MS - 26 * 3_600_000);
  });

  it('is refused where it is none', () => {
    for (const text of ['15', '90y', '', 'noon', '2026-13-40', '25:99', '2026-11-23 13', '1900-01-01']) {
      expect(parseMoment(text, 'utc', NOW_MS), text).toBeNull();
    }
  });

  it('is read in local time where that is shown', () => {
    const offsetMs = new Date(NOW_MS).getTimezoneOffset() * 60_000;
    expect(parseMoment('2026-11-23 13:42', 'local', NOW_MS)).toBe(Date.UTC(2026, 10, 23, 13, 42) + offsetMs);
  });
});

describe('rows of messages', () => {
  it('show what was deleted between them, whichever way they run', () => {
    const up = messageRows([message(8), message(9), message(13)], false);
    expect(up.map(rowKeyOf)).toEqual(['8', '9', 'gap 10', '13']);
    expect(up[2]).toEqual({ kind: 'gap', fromSeq: 10, toSeq: 12 });
    expect(messageRows([message(13), message(9)], false)[1]).toEqual({ kind: 'gap', fromSeq: 10, toSeq: 12 });
  });

  it('show no gap where a filter left messages out', () => {
    expect(messageRows([message(8), message(13)], true).map(rowKeyOf)).toEqual(['8', '13']);
    expect(messageRows([], false)).toEqual([]);
  });

  it('are walked message by message', () => {
    const list = [message(8), message(13)];
    expect(neighbour(list, 8, 1)).toBe(13);
    expect(neighbour(list, 13, 1)).toBeNull();
    expect(neighbour(list, 13, -1)).toBe(8);
    expect(neighbour(list, 99, 1)).toBeNull();
  });

  it('know the message before on the same subject', () => {
    const list = [message(5), message(6, 'orders.us'), message(7), message(8)];
    expect(previousOnSubject(list, 8)?.seq).toBe(7);
    expect(previousOnSubject(list.toReversed(), 7)?.seq).toBe(5);
    expect(previousOnSubject(list, 6)).toBeNull();
  });
});

describe('payloads', () => {
  it('are text where they are UTF-8 and base64 where not, and come back as they were', () => {
    const text = encodedPayload(new TextEncoder().encode('grüße'));
    expect(text).toEqual({ encoding: 'utf8', payload: 'grüße' });
    const binary = new Uint8Array([0xff, 0, 1]);
    expect(encodedPayload(binary).encoding).toBe('base64');
    expect(bytesOf(encodedPayload(binary))).toEqual(binary);
  });

  it('fit on one line', () => {
    expect(payloadLine({ encoding: 'utf8', payload: '{\n  "a": 1\n}' }, 12)).toBe('{ "a": 1 }');
    expect(payloadLine({ encoding: 'utf8', payload: 'x'.repeat(10_000) }, 10_000)).toHaveLength(300);
    expect(payloadLine({ encoding: 'base64', payload: 'AAEC' }, 3)).toBe('binary, AAEC');
    expect(payloadLine({ encoding: 'utf8', payload: '' }, 0)).toBe('');
    expect(payloadLine({ encoding: 'utf8', payload: '\0\0\0' }, 3)).toBe('binary');
  });
});

describe('a window of a long list', () => {
  it('stays while the rows lie inside it and moves in steps', () => {
    expect(windowOffset(0, 0, 40)).toBe(0);
    expect(windowOffset(0, 150, WINDOW_ROWS - 1)).toBe(0);
    const moved = windowOffset(0, 190, 230);
    expect(moved % 50).toBe(0);
    expect(moved).toBeLessThanOrEqual(190);
    expect(moved + WINDOW_ROWS).toBeGreaterThan(230);
    expect(windowOffset(5000, 0, 40)).toBe(0);
  });
});

describe('fill', () => {
  it('is never 0 % for something', () => {
    expect(formatFill(0)).toBe('0 %');
    expect(formatFill(0.001)).toBe('<1 %');
    expect(formatFill(0.64)).toBe('64 %');
  });
});
