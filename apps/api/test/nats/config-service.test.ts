import { describe, expect, it } from 'vitest';
import { mergeChanges } from '../../src/broker-host/overrides.ts';
import { presentReport, toConfigChange } from '../../src/presenters/config.ts';

describe('changes kept for the next start', () => {
  it('keep the newest word about each key and user', () => {
    const first = {
      set: { max_payload: 1, ping_max: 3 },
      users: [{ user: 'a', password: 'h1', permissions: null }],
      remove_users: ['z'],
    };
    const second = { revision: 4, set: { max_payload: 2, ping_max: null }, users: [{ user: 'a', account: 'X' }, { user: 'z' }] };
    expect(mergeChanges(first, second)).toEqual({
      set: { max_payload: 2 },
      users: [{ user: 'a', password: 'h1', permissions: null, account: 'X' }, { user: 'z' }],
      remove_users: [],
    });
    expect(mergeChanges(mergeChanges(first, second), { remove_users: ['a'] })).toEqual({
      set: { max_payload: 2 },
      users: [{ user: 'z' }],
      remove_users: ['a'],
    });
    expect(mergeChanges({}, {})).toEqual({ set: {}, users: [], remove_users: [] });
  });
});

describe('a report of the broker', () => {
  it('is told in the words of the request', () => {
    const report = presentReport({
      valid: false,
      revision: 7,
      problems: [
        { path: '/set/max_payload', message: 'too large' },
        { path: '/users/0/user', message: 'exists' },
      ],
    });
    expect(report.problems.map((problem) => problem.path)).toEqual(['/settings/max_payload', '/users/0/username']);
    expect(report.message).toBe('The change has problems; nothing was changed.');
    const changes = [{ effect: 'live' }, { effect: 'reload' }, { effect: 'restart' }];
    expect(presentReport({ valid: true, applied: true, changes, dropped_total: 1 }).message).toBe(
      '2 values changed now, 1 value at the next restart, 1 client disconnected.',
    );
    expect(presentReport({ valid: true, applied: false, changes: [{ effect: 'live' }] }).message).toBe(
      '1 value would change at once.',
    );
  });

  it('answers a change that carries everything the request said', () => {
    const permissions = { publish: { allow: ['a'], deny: [] }, responses: { maxCount: -1, expiresMs: 0 } };
    expect(
      toConfigChange({
        revision: 3,
        settings: { a: 1 },
        users: [
          { username: 'u', permissions },
          { username: 'v', permissions: null },
        ],
        removeUsers: ['w'],
      }),
    ).toEqual({
      revision: 3,
      set: { a: 1 },
      users: [
        { user: 'u', permissions: { publish: { allow: ['a'], deny: [] }, allow_responses: { max: -1, expires_ms: 0 } } },
        { user: 'v', permissions: null },
      ],
      remove_users: ['w'],
    });
  });
});
