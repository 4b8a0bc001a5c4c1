/** The refusals of JetStream are nats-server's: every code once, with its status, and words whose parameters are filled in. */
import { describe, expect, it } from 'vitest';
import { apiError, apiErrors } from '../../src/jetstream/index.ts';

/** Status and its error codes, from nats-server 2.15's server/errors.json. */
const statuses: readonly (readonly [status: number, codes: string])[] = [
  [
    400,
    '10002-10003 10005 10011 10013 10015-10022 10024-10027 10030-10034 10038 10040 10043-10044 10046 ' +
      '10054-10056 10058 10060-10061 10065 10070-10071 10073 10078-10095 10097-10103 10105-10109 ' +
      '10112-10116 10120-10157 10159-10162 10164-10166 10168-10179 10181-10184 10186-10193 10196-10209 ' +
      '10212-10227',
  ],
  [404, '10014 10037 10059 10068'],
  [409, '10158'],
  [412, '10180 10185'],
  [429, '10167 10210-10211'],
  [
    500,
    '10006-10007 10009 10012 10028-10029 10041-10042 10045 10047-10053 10057 10062 10064 10066-10067 ' +
      '10069 10072 10074 10096 10104 10110-10111 10117-10119 10194-10195',
  ],
  [503, '10004 10008 10010 10023 10035-10036 10039 10063 10075-10077 10163'],
];

/** `10002 10005-10007` as numbers. */
function expand(codes: string): number[] {
  return codes.split(' ').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

describe('the error codes of JetStream', () => {
  it('are 226, each once, with the status of nats-server', () => {
    const ours = Object.values(apiErrors).map(([status, code]) => `${code} ${status}`);
    const theirs = statuses.flatMap(([status, codes]) => expand(codes).map((code) => `${code} ${status}`));
    expect(theirs).toHaveLength(226);
    expect([...ours].sort()).toEqual([...theirs].sort());
  });

  it('come with words in which parameters are filled in', () => {
    expect(apiError('streamNotFound')).toEqual({ code: 404, err_code: 10059, description: 'stream not found' });
    const filled = apiError('streamWrongLastSequence', { seq: '7' });
    expect(filled).toEqual({ code: 400, err_code: 10071, description: 'wrong last sequence: 7' });
  });
});
