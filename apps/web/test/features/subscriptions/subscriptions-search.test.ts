/** The subscriptions page in the URL, and what it asks the API. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  narrowedTo,
  parseSubscriptionsSearch,
  subscriptionsQueryOf,
  subscriptionsSearchQuery,
} from '../../../src/features/subscriptions/model/subscriptions-search.ts';

describe('the subscriptions page in the URL', () => {
  it('reads back what it wrote', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '.', '*', '>', ' '), minLength: 1, maxLength: 10 });
    const search = fc.record({
      account: fc.constantFrom('', 'SHOP'),
      view: fc.constantFrom('subject' as const, 'queue' as const, 'client' as const, 'all' as const),
      q: fc.oneof(fc.constant(''), text),
      includeSystem: fc.boolean(),
      subject: fc.option(text),
      queue: fc.option(text),
      cid: fc.option(fc.nat()),
      interest: fc.oneof(fc.constant(''), text),
      sort: fc.option(fc.constantFrom('messages', 'subject')),
      order: fc.constantFrom('asc' as const, 'desc' as const),
    });
    fc.assert(
      fc.property(search, (value) => {
        const kept = value.sort === null ? { ...value, order: 'desc' as const } : value;
        expect(parseSubscriptionsSearch(subscriptionsSearchQuery(kept))).toEqual(kept);
      }),
    );
  });

  it('reads nonsense as the usual view', () => {
    expect(parseSubscriptionsSearch({ view: 'x', cid: 'y', q: 7, sort: [] })).toMatchObject({
      view: 'subject',
      cid: null,
      q: '',
      sort: null,
    });
  });

  it('asks for one group and says which', () => {
    const search = parseSubscriptionsSearch({ view: 'all', queue: 'billing', subject: 'orders.>' });
    expect(subscriptionsQueryOf(search, 'SHOP')).toEqual({ view: 'all', account: 'SHOP', queue: 'billing', subject: 'orders.>' });
    expect(narrowedTo(search)).toEqual({ label: 'queue group', value: 'billing on orders.>' });
    expect(narrowedTo(parseSubscriptionsSearch({ view: 'all', cid: '7' }))).toEqual({ label: 'client', value: 'cid 7' });
    expect(narrowedTo(parseSubscriptionsSearch({}))).toBeNull();
  });
});
