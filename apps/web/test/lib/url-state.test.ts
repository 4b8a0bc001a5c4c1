/** URLs hold the state of pages and come back as they were. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSearch, searchList, searchNumber, searchOneOf, searchText, stringifySearch } from '../../src/lib/url-state.ts';

describe('the search of a URL', () => {
  it('comes back as it was written, whatever the text', () => {
    const value = fc.oneof(fc.string({ minLength: 1 }), fc.array(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 4 }));
    const name = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__' && !/^\d+$/.test(text));
    fc.assert(
      fc.property(fc.dictionary(name, value), (search) => {
        expect(parseSearch(stringifySearch(search))).toEqual({ ...search });
      }),
    );
  });

  it('takes no value from what every object has', () => {
    expect(Object.entries(parseSearch('?valueOf=x&constructor=y'))).toEqual([
      ['valueOf', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('keeps numbers and words as text, so that a cid of 12 is no other than "12"', () => {
    expect(parseSearch('?cid=12&on=true')).toEqual({ cid: '12', on: 'true' });
    expect(stringifySearch({ cid: 12, q: '', none: undefined })).toBe('?cid=12');
  });

  it('is read without trust', () => {
    const search = parseSearch('?cid=-3&big=99999999999999999999&sort=evil&q=a&q=b');
    expect(searchNumber(search, 'cid')).toBeUndefined();
    expect(searchNumber(search, 'big')).toBeUndefined();
    expect(searchOneOf(search, 'sort', ['cid', 'name'])).toBeUndefined();
    expect(searchText(search, 'q')).toBe('a');
    expect(searchList(search, 'q')).toEqual(['a', 'b']);
    expect(searchList(search, 'missing')).toEqual([]);
  });
});
