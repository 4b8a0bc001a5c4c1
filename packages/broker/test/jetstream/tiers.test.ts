/** Accounts with tiers, as JWTs give them: the tier of one server counts, and without it there is no JetStream to use. */
import { describe, expect, it } from 'vitest';
import { unlimitedAccount } from '../../src/options.ts';
import { errCodeOf, useJetStream } from '../support/use-jetstream.ts';

const account = (tier: 'R1' | 'none') => ({
  accounts: [{ name: 'A', jetstream: { ...unlimitedAccount, maxStreams: 1, tier } }],
  auth: { users: [{ user: 'u', password: 'p', account: 'A' }], timeoutMs: 2000, noAuthUser: 'u' },
});

describe('an account with a tier of one replica', () => {
  const js = useJetStream({}, account('R1'));

  it('has its limits there, and shows them there', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
    expect(errCodeOf(await js.api('STREAM.CREATE.T', { name: 'T', subjects: ['t'] }))).toBe(10027);
    expect(await js.mustApi('INFO')).toMatchObject({ streams: 1, tiers: { R1: { streams: 1, limits: { max_streams: 1 } } } });
  });
});

describe('an account with tiers of replicas only', () => {
  const js = useJetStream({}, account('none'));

  it('has no streams on one server', async () => {
    expect(errCodeOf(await js.api('STREAM.CREATE.S', { name: 'S', subjects: ['s'] }))).toBe(10120);
  });
});
