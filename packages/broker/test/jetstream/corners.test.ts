/** Corners of the API that nats-server 2.15.1 answers in a way of its own; each test says the rule. */
import { describe, expect, it } from 'vitest';
import { errCodeOf, useJetStream } from '../support/use-jetstream.ts';

describe('the JetStream API', () => {
  const js = useJetStream();

  it('answers what only a cluster does with 10010, whatever the body', async () => {
    for (const verb of ['STREAM.PEER.EVACUATE.S', 'STREAM.CANCEL_MOVE.S', 'STREAM.PEER.REMOVE.S', 'STREAM.LEADER.STEPDOWN.S'])
      expect(errCodeOf(await js.api(verb, '{nope'))).toBe(10010);
  });

  it('takes several JSON values in one body, each into what is there', async () => {
    expect(await js.api('STREAM.CREATE.S', '{"name":"S"} {"subjects":["s"],"max_msgs":5}')).toMatchObject({
      config: { name: 'S', subjects: ['s'], max_msgs: 5 },
    });
    expect(errCodeOf(await js.api('STREAM.INFO.S', '{} x'))).toBe(10025);
  });

  it('refuses null for an enumerated field', async () => {
    expect(errCodeOf(await js.api('STREAM.CREATE.S', { name: 'S', storage: null }))).toBe(10025);
  });

  it('shows the first sequence that was asked for, 1 included', async () => {
    for (const storage of ['memory', 'file']) {
      const name = `F${storage}`;
      expect(await js.api(`STREAM.CREATE.${name}`, { name, storage, first_seq: 1 })).toMatchObject({ state: { first_seq: 1 } });
    }
    await js.restart();
    expect(await js.api('STREAM.INFO.Ffile')).toMatchObject({ state: { first_seq: 1, last_seq: 0 } });
  });

  it('accepts a republish without destination, and republishes nothing', async () => {
    const config = { name: 'S', subjects: ['s'], republish: {} };
    expect(await js.api('STREAM.CREATE.S', config)).toMatchObject({ config: { republish: { src: '>', dest: '' } } });
    expect(await js.publish('s')).toMatchObject({ seq: 1 });
  });
});

describe('the JetStream API of a domain', () => {
  const js = useJetStream({ domain: 'hub' });

  it('renames requests in the name of the domain, and keys of buckets, but nothing else', async () => {
    await js.mustApi('STREAM.CREATE.KV_b', { name: 'KV_b', subjects: ['$KV.b.>'] });
    expect(JSON.parse((await js.ask('$JS.hub.API.INFO')).string())).toMatchObject({ domain: 'hub', streams: 1 });
    expect(JSON.parse((await js.ask('$JS.hub.API.$KV.b.key', 'v')).string())).toMatchObject({ stream: 'KV_b', seq: 1 });
    await expect(js.ask('$JS.hub.API.BOGUS')).rejects.toThrow(/no responders/);
  });
});
