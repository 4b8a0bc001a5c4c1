/** Config's models: values as nats-server writes them, drafts, user forms. */
import type { ConfigSetting, ConsoleConfig } from '@sluice/protocol/console';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  draftSize,
  emptyDraft,
  requestOf,
  withoutUser,
  withSetting,
  withUser,
  withUserUntouched,
} from '../../../src/features/config/model/draft.ts';
import { editText, parseValue, showSetting, showValue } from '../../../src/features/config/model/setting-value.ts';
import { changeOf, formOf, isValidForm, subjectListProblem } from '../../../src/features/config/model/user-form.ts';

function setting(change: Partial<ConfigSetting> = {}): ConfigSetting {
  return {
    key: 'max_payload',
    title: '',
    description: '',
    section: '',
    value: 1_048_576,
    defaultValue: 1_048_576,
    unit: 'bytes',
    min: 1024,
    max: 67_108_864,
    source: 'default',
    effect: 'live',
    isEditable: true,
    ...change,
  };
}

const config: ConsoleConfig = {
  revision: 4,
  loadedAtMs: 0,
  configFile: null,
  configDigest: '',
  settings: [setting()],
  noAuthUser: null,
  isAnonymousAllowed: true,
  users: [{ username: 'billing', account: '$G', hasPassword: true, source: 'console', permissions: null, connections: 2 }],
};

describe('a value', () => {
  it.each([
    [1_048_576, 'bytes', '1MB'],
    [1_500_000, 'bytes', '1500000B'],
    [65_536, 'bytes', '64KB'],
    [120_000, 'ms', '2m'],
    [1500, 'ms', '1500ms'],
    [-1, 'bytes', '-1'],
    [true, 'none', 'yes'],
    [null, 'none', 'not set'],
    [65_536, 'count', '65,536'],
  ] as const)('%s %s is shown as %s', (value, unit, text) => expect(showValue(value, unit)).toBe(text));

  it('of a port has no thousands', () => {
    expect(showSetting(setting({ key: 'port', unit: 'count' }), 23_400)).toBe('23400');
    expect(showSetting(setting({ key: 'websocket.port', unit: 'count' }), 8080)).toBe('8080');
  });

  it.each([
    ['8MB', 8_388_608],
    ['8 mb', 8_388_608],
    ['512K', 524_288],
    ['65,536', 65_536],
    ['2048B', 2048],
  ])('typed as %s is %d bytes', (text, value) => expect(parseValue(text, setting())).toEqual({ ok: true, value }));

  it.each([
    ['many', /size/],
    ['1.5MB', /size/],
    ['5s', /size/],
    ['12', /At least 1KB/],
    ['1GB', /At most 64MB/],
    ['99999999999999999999', /Too large/],
  ])('typed as %s is refused in words', (text, words) => {
    const parsed = parseValue(text, setting({ min: text === '99999999999999999999' ? null : 1024 }));
    expect(parsed.ok).toBe(false);
    expect(parsed.ok ? '' : parsed.message).toMatch(words);
  });

  it('comes back from its own text', () => {
    const open = setting({ min: null, max: null });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (value) => {
        expect(parseValue(editText(value, 'bytes'), open)).toEqual({ ok: true, value });
        expect(parseValue(editText(value, 'ms'), { ...open, unit: 'ms' })).toEqual({ ok: true, value });
      }),
    );
  });

  it('that is a yes or no takes only those', () => {
    const flag = setting({ value: false, unit: 'none' });
    expect(parseValue('ON', flag)).toEqual({ ok: true, value: true });
    expect(parseValue('maybe', flag).ok).toBe(false);
  });
});

describe('a draft', () => {
  it('holds what differs and forgets what is set back', () => {
    const changed = withSetting(emptyDraft, config, 'max_payload', 2048);
    expect(requestOf(changed, 4)).toEqual({ revision: 4, settings: { max_payload: 2048 } });
    expect(draftSize(withSetting(changed, config, 'max_payload', 1_048_576))).toBe(0);
  });

  it('counts a user once, however often it is changed', () => {
    const once = withUser(emptyDraft, { username: 'new', password: 'a' });
    const twice = withUser(once, { username: 'new', password: 'b' });
    expect(twice.users).toEqual([{ username: 'new', password: 'b' }]);
    expect(draftSize(withoutUser(twice, config, 'new'))).toBe(0);
  });

  it('removes a running user with the next apply, unless it is taken back', () => {
    const removed = withoutUser(withUser(emptyDraft, { username: 'billing' }), config, 'billing');
    expect(requestOf(removed, 4)).toEqual({ revision: 4, removeUsers: ['billing'] });
    expect(draftSize(withUserUntouched(removed, 'billing'))).toBe(0);
    expect(withUser(removed, { username: 'billing' }).removeUsers).toEqual([]);
  });
});

describe('the form of a user', () => {
  it('comes back as the permissions it was made of', () => {
    const permissions = {
      publish: { allow: ['a.>', 'b'], deny: ['a.c'] },
      subscribe: { allow: ['x.* group'], deny: [] },
      responses: { maxCount: 5, expiresMs: 60_000 },
    };
    const form = formOf({ username: 'u', permissions }, undefined);
    expect(changeOf(form, permissions)).toEqual({ username: 'u', permissions });
  });

  it('without restrictions lifts them', () => {
    const form = {
      ...formOf({ username: 'u', permissions: { publish: { allow: ['a'], deny: [] } } }, undefined),
      isRestricted: false,
    };
    expect(changeOf(form, null).permissions).toBeNull();
  });

  it('refuses what is no subject, and a queue where none belongs', () => {
    expect(subjectListProblem('a.>\nb..c', 'publishAllow')).toBe('“b..c” is not a subject');
    expect(subjectListProblem('a.> group', 'publishAllow')).not.toBeNull();
    expect(subjectListProblem('a.> group', 'subscribeAllow')).toBeNull();
    expect(isValidForm({ ...formOf(null, undefined), username: 'u' }, true)).toBe(false);
    expect(isValidForm({ ...formOf(null, undefined), username: 'u', password: 'p' }, true)).toBe(true);
  });
});
