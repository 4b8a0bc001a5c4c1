/** What the tap page keeps in its URL and puts on the clipboard. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asCurlCommand, asNatsCommand, shellQuote } from '../../../src/features/tap/model/copy-as.ts';
import { parseTapSearch, tapOptionsOf, tapSearchQuery } from '../../../src/features/tap/model/tap-search.ts';

describe('the tap in the URL', () => {
  it('reads back what it wrote', () => {
    const token = fc.string({ unit: fc.constantFrom('a', 'b', '*', '>', '_'), minLength: 1, maxLength: 5 });
    const subjects = fc.uniqueArray(
      fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.')),
      { maxLength: 32 },
    );
    const sampling = fc.oneof(
      fc.constant({ mode: 'all' as const }),
      fc.record({ mode: fc.constant('rate' as const), perSecond: fc.integer({ min: 1, max: 1_000_000 }) }),
      fc.record({ mode: fc.constant('every' as const), n: fc.integer({ min: 1, max: 1_000_000 }) }),
    );
    const search = fc.record({
      account: fc.constantFrom('', 'SHOP'),
      subjects,
      exclude: subjects,
      filter: fc.string({ maxLength: 50 }),
      sampling,
      maxPayloadBytes: fc.constantFrom(16_384, 1_048_576, 16_777_216),
    });
    fc.assert(
      fc.property(search, (value) => {
        expect(parseTapSearch(tapSearchQuery(value))).toEqual(value);
      }),
    );
  });

  it('survives any nonsense in the query', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('subjects', 'exclude', 'filter', 'sampling', 'payload', 'tab'), fc.anything()),
        (query) => {
          const search = parseTapSearch(query);
          expect(search.subjects.length).toBeLessThanOrEqual(32);
          expect(search.maxPayloadBytes).toBeLessThanOrEqual(16_777_216);
        },
      ),
      { examples: [[{ payload: { toString: false } }], [{ payload: Object.create(null) }]] },
    );
  });

  it('asks the server for the part of the filter that it can judge', () => {
    const search = parseTapSearch({ subjects: 'a.>,b', exclude: 'a.x', filter: '"needle" && json.a > 1', sampling: 'every:10' });
    expect(tapOptionsOf(search)).toEqual({
      subjects: ['a.>', 'b'],
      exclude: ['a.x'],
      sampling: { mode: 'every', n: 10 },
      filter: { contains: 'needle' },
      maxPayloadBytes: 16_384,
    });
  });
});

describe('copy as a command', () => {
  it('quotes any text so that a shell gives it back unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab \'"$`\\!;|&\n*~'), maxLength: 30 }), (text) => {
        expect(execFileSync('/bin/sh', ['-c', `printf %s ${shellQuote(text)}`]).toString()).toBe(text);
      }),
      { numRuns: 60 },
    );
  });

  it('pipes the payload into nats pub, binary by way of base64', () => {
    const message = { subject: 'a.b', reply: '', headers: [['K', "it's"]] as const, payload: new Uint8Array([255]), text: null };
    expect(asNatsCommand(message)).toBe(`printf %s '/w==' | base64 -d | nats pub 'a.b' -H 'K:it'\\''s' --force-stdin`);
    expect(asNatsCommand({ ...message, headers: [], text: 'hi', reply: 'r' })).toBe(
      `printf %s 'hi' | nats pub 'a.b' --reply 'r' --force-stdin`,
    );
  });

  it('posts to the API of this console', () => {
    const curl = asCurlCommand(
      { subject: 's', reply: '', headers: [], payload: new Uint8Array(), text: '{"a":1}' },
      'http://127.0.0.1:4280',
    );
    expect(curl).toContain(`'http://127.0.0.1:4280/api/publish'`);
    expect(curl).toContain(`--data-raw '{"subject":"s","encoding":"utf8","payload":"{\\"a\\":1}"}'`);
  });
});
