/** Subject mappings: weights, remainders and loss. */
import { describe, expect, it } from 'vitest';
import { AccountMappings } from '../../src/account/mapping.ts';

/** Where a hundred messages go, with random numbers spread evenly. */
function spread(mappings: AccountMappings, subject: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let point = 0; point < 100; point++) {
    const target = mappings.map(subject, () => point / 100) ?? 'dropped';
    counts[target] = (counts[target] ?? 0) + 1;
  }
  return counts;
}

const destination = (text: string, weight: number) => ({ destination: text, weight });

describe('subject mapping', () => {
  it('leaves other subjects alone', () => {
    const mappings = new AccountMappings([{ source: 'a', destinations: [destination('b', 100)] }]);
    expect(mappings.map('c', () => 0)).toBe('c');
  });

  it('shares messages out by weight', () => {
    const mappings = new AccountMappings([{ source: 'a.*', destinations: [destination('v1.$1', 30), destination('v2.$1', 70)] }]);
    expect(spread(mappings, 'a.x')).toEqual({ 'v1.x': 30, 'v2.x': 70 });
  });

  it('leaves the remainder on the source when the source is not among the destinations', () => {
    const mappings = new AccountMappings([{ source: 'a.*', destinations: [destination('v1.$1', 20)] }]);
    expect(spread(mappings, 'a.x')).toEqual({ 'v1.x': 20, 'a.x': 80 });
  });

  it('drops the remainder when the source is among the destinations', () => {
    const mappings = new AccountMappings([{ source: 'a', destinations: [destination('a', 60)] }]);
    expect(spread(mappings, 'a')).toEqual({ a: 60, dropped: 40 });
  });

  it('hashes nothing for the partition of a source without wildcards, as nats-server', () => {
    const mappings = new AccountMappings([{ source: 'a', destinations: [destination('b.{{partition(5)}}', 100)] }]);
    expect(mappings.map('a', () => 0)).toBe('b.1');
  });

  it('drops what goes to a destination without a name', () => {
    const mappings = new AccountMappings([{ source: 'a', destinations: [destination('', 10)] }]);
    expect(spread(mappings, 'a')).toEqual({ dropped: 10, a: 90 });
  });

  it.each([
    ['b..c', 'invalid mapping destination: invalid transform'],
    ['b.>.c', 'invalid mapping destination: invalid transform in c'],
  ])('refuses the destination %j', (to, text) => {
    expect(() => new AccountMappings([{ source: 'a', destinations: [destination(to, 100)] }])).toThrow(text);
  });

  it('refuses weights of more than 100 in all', () => {
    expect(() => new AccountMappings([{ source: 'a', destinations: [destination('b', 60), destination('c', 50)] }])).toThrow(
      'total weight needs to be <= 100',
    );
  });
});
