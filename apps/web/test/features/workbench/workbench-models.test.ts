/** The workbench's models: variables, checks of a draft, its URL, templates and history. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Draft,
  draftProblems,
  EMPTY_DRAFT,
  payloadSizeBytes,
  publishRequestOf,
  requestRequestOf,
} from '../../../src/features/workbench/model/draft.ts';
import { draftQuery, parseDraftQuery } from '../../../src/features/workbench/model/draft-search.ts';
import { verdictOf } from '../../../src/features/workbench/model/outcome.ts';
import { runAsLabel, runAsProblem } from '../../../src/features/workbench/model/run-as.ts';
import { HISTORY_MAX, SavedMessages } from '../../../src/features/workbench/model/saved-messages.ts';
import { fillIn, unknownVariables } from '../../../src/features/workbench/model/template-variables.ts';

const SOURCES = { seq: 3, nowMs: 1_764_000_000_000, uuid: () => 'u-1', random: () => 0.5 };

class MemoryStore {
  readonly values = new Map<string, string>();
  limitChars = Number.POSITIVE_INFINITY;
  getItem(key: string): string | null {
    return this.values.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    if (value.length > this.limitChars) throw new DOMException('full', 'QuotaExceededError');
    this.values.set(key, value);
  }
}

describe('template variables', () => {
  it('are filled in, with or without spaces; unknown ones stay', () => {
    expect(fillIn('{{seq}} {{ now }} {{uuid}} {{random}} {{other}} {x}', SOURCES)).toBe(
      '3 2025-11-24T16:00:00.000Z u-1 500000 {{other}} {x}',
    );
    expect(unknownVariables('{{seq}} {{other}} {{other}} {{x.y}}')).toEqual(['other', 'x.y']);
  });

  it('are filled in once: a value that looks like a variable is left alone', () => {
    expect(fillIn('{{uuid}}', { ...SOURCES, uuid: () => '{{seq}}' })).toBe('{{seq}}');
  });

  it('are left to the server when the message repeats', () => {
    const draft: Draft = {
      ...EMPTY_DRAFT,
      subject: 'a.{{seq}}',
      payload: '{{ uuid }}',
      headers: [
        ['Id', '{{seq}}'],
        ['', ''],
      ],
    };
    expect(publishRequestOf(draft, { kind: 'anonymous' }, SOURCES)).toMatchObject({
      subject: 'a.3',
      payload: 'u-1',
      headers: [['Id', '3']],
    });
    const repeating = publishRequestOf({ ...draft, repeat: { count: 10, perSecond: 5 } }, { kind: 'anonymous' }, SOURCES);
    expect(repeating).toMatchObject({ subject: 'a.{{seq}}', payload: '{{uuid}}', repeat: { count: 10, perSecond: 5 } });
  });
});

describe('a draft', () => {
  it.each([
    ['', 'Subject is empty.'],
    ['a b', 'Subject must not contain spaces.'],
    ['a..b', 'Subject has an empty token: two dots in a row, or one at an end.'],
    ['.a', 'Subject has an empty token: two dots in a row, or one at an end.'],
    ['a.*', 'Subject must not contain wildcards: messages go to one subject.'],
    ['a.>', 'Subject must not contain wildcards: messages go to one subject.'],
  ])('with subject %j says: %s', (subject, message) => {
    expect(draftProblems({ ...EMPTY_DRAFT, subject }, null)).toEqual([{ field: 'subject', message }]);
  });

  it('takes ordinary subjects, variables and unusual tokens', () => {
    for (const subject of ['a', 'orders.eu.created', 'a.{{ seq }}', 'a*b', '$SYS.x', 'ünï.code']) {
      expect(draftProblems({ ...EMPTY_DRAFT, subject }, null)).toEqual([]);
    }
  });

  it('names bad headers, bad base64, a payload over the limit and numbers out of range', () => {
    const draft: Draft = {
      ...EMPTY_DRAFT,
      subject: 'a',
      headers: [['a b', '1']],
      payload: 'abcde',
      repeat: { count: 0, perSecond: 1 },
    };
    expect(draftProblems(draft, 4).map((problem) => problem.field)).toEqual(['headers', 'payload', 'repeat']);
    expect(draftProblems({ ...EMPTY_DRAFT, subject: 'a', encoding: 'base64', payload: 'a$' }, null)).toHaveLength(1);
    expect(draftProblems({ ...EMPTY_DRAFT, subject: 'a', mode: 'request', timeoutMs: 5 }, null)).toHaveLength(1);
  });

  it('knows the size of a base64 payload without decoding it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const payload = Buffer.from(bytes).toString('base64');
        expect(payloadSizeBytes({ payload, encoding: 'base64' })).toBe(bytes.length);
      }),
    );
  });

  it('becomes a request without the fields of publish', () => {
    const draft: Draft = { ...EMPTY_DRAFT, mode: 'request', subject: 'svc', reply: 'x', timeoutMs: 500, maxReplies: 3 };
    expect(requestRequestOf(draft, { kind: 'token', token: 't' }, SOURCES)).toEqual({
      subject: 'svc',
      encoding: 'utf8',
      payload: '',
      runAs: { kind: 'token', token: 't' },
      timeoutMs: 500,
      maxReplies: 3,
    });
  });

  it('comes back from the URL as it was', () => {
    const text = fc.string({ maxLength: 40 });
    const draft = fc.record({
      mode: fc.constantFrom('publish' as const, 'request' as const),
      subject: text,
      reply: text,
      headers: fc.array(fc.tuple(fc.string({ minLength: 1, maxLength: 10 }), text), { maxLength: 5 }),
      payload: text,
      encoding: fc.constantFrom('utf8' as const, 'base64' as const),
      timeoutMs: fc.integer({ min: 10, max: 30_000 }),
      maxReplies: fc.integer({ min: 1, max: 1000 }),
      repeat: fc.option(
        fc.record({ count: fc.integer({ min: 1, max: 1_000_000 }), perSecond: fc.integer({ min: 1, max: 100_000 }) }),
      ),
    });
    fc.assert(
      fc.property(draft, (value) => {
        expect(parseDraftQuery(draftQuery(value))).toEqual(value);
      }),
    );
  });

  it('leaves a long payload out of the URL, and reads nonsense as defaults', () => {
    expect(draftQuery({ ...EMPTY_DRAFT, payload: 'x'.repeat(5000) })).toEqual({});
    expect(parseDraftQuery({ mode: 7, headers: '{', repeat: 'x', timeout: 'soon', payload: { a: 1 } })).toEqual({
      ...EMPTY_DRAFT,
      payload: '{"a":1}',
    });
  });
});

describe('what the workbench remembers', () => {
  it('finds templates of an earlier version until they have moved', () => {
    const store = new MemoryStore();
    const old = [
      { name: 'a', draft: { ...EMPTY_DRAFT, subject: 'one' } },
      { name: 'b', draft: { subject: 'two', headers: 'nonsense' } },
      { draft: EMPTY_DRAFT },
    ];
    store.setItem('sluice.workbench.templates', JSON.stringify(old));
    const saved = new SavedMessages(store);
    expect(saved.oldTemplates().map((template) => [template.name, template.draft.subject])).toEqual([
      ['a', 'one'],
      ['b', 'two'],
    ]);
    saved.forgetOldTemplate('a');
    expect(saved.oldTemplates().map((template) => template.name)).toEqual(['b']);
  });

  it('bounds the history and leaves long payloads out', () => {
    const saved = new SavedMessages(new MemoryStore());
    for (let count = 0; count < HISTORY_MAX + 20; count++) {
      const draft = { ...EMPTY_DRAFT, payload: 'x'.repeat(count === 119 ? 70_000 : 1) };
      saved.addHistory({ atMs: count, runAs: 'anonymous', outcome: 'published', message: 'm', draft });
    }
    expect(saved.history()).toHaveLength(HISTORY_MAX);
    expect(saved.history()[0]).toMatchObject({ atMs: 119, draft: { payload: '' } });
  });

  it('lets the oldest entries go when the browser has no room', () => {
    const store = new MemoryStore();
    const saved = new SavedMessages(store);
    for (let count = 0; count < 50; count++) {
      store.limitChars = count === 49 ? 2000 : 1_000_000;
      saved.addHistory({
        atMs: count,
        runAs: 'a',
        outcome: 'published',
        message: '',
        draft: { ...EMPTY_DRAFT, payload: 'x'.repeat(100) },
      });
    }
    expect(saved.history()[0]?.atMs).toBe(49);
    expect(saved.history().length).toBeLessThan(10);
  });

  it('starts empty when the storage holds something else', () => {
    const store = new MemoryStore();
    store.values.set('sluice.workbench.templates', '{"a":');
    store.values.set('sluice.workbench.history', '[1,null,{"atMs":"x"}]');
    const saved = new SavedMessages(store);
    expect([saved.oldTemplates(), saved.history()]).toEqual([[], []]);
  });
});

describe('the verdict on a run', () => {
  const about = { subject: 'svc', runAs: 'checkout' };
  const result = { message: 'words of the server', durationMs: 1, rule: 'deny svc', sizeBytes: 1, published: 0, replies: [] };

  it('says who was denied by which rule', () => {
    const verdict = verdictOf({ kind: 'publish', ...about, result: { ...result, outcome: 'denied' } });
    expect(verdict).toEqual({ tone: 'bad', title: 'Denied for checkout', detail: 'words of the server', rule: 'deny svc' });
  });

  it('explains no responders and a timeout as two things', () => {
    const none = verdictOf({ kind: 'request', ...about, result: { ...result, outcome: 'no_responders' } });
    const late = verdictOf({ kind: 'request', ...about, result: { ...result, outcome: 'timeout' } });
    expect([none.title, late.title]).toEqual(['No responders', 'No reply in time']);
    expect(none.tone).toBe('warn');
  });
});

describe('whom a message runs as', () => {
  it('needs a user name or a token, and is named without secrets', () => {
    expect(runAsProblem({ kind: 'user', username: '', password: 'x' })).toContain('Name the user');
    expect(runAsProblem({ kind: 'token', token: '' })).toContain('token');
    expect(runAsProblem({ kind: 'anonymous' })).toBeNull();
    expect([
      runAsLabel({ kind: 'user', username: 'kim', password: 'secret' }),
      runAsLabel({ kind: 'token', token: 'secret' }),
    ]).toEqual(['kim', 'a token']);
  });
});
