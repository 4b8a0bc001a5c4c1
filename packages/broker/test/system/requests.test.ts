/** `$SYS.REQ.*`: who answers, what is refused and how, and what ordinary users may ask about themselves. */

import { gunzipSync } from 'node:zlib';
import { headers } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../support/raw-client.ts';
import { askAs, systemUsers, useSystem } from '../support/use-system.ts';

const system = useSystem({
  serverName: 'north',
  serverTags: ['One', 'two:2'],
  serverMetadata: { dc: 'x' },
  auth: {
    timeoutMs: 2000,
    users: [
      ...systemUsers,
      {
        user: 'limited',
        password: 'x',
        account: 'A',
        permissions: {
          publish: { allow: ['foo', '$SYS.REQ.USER.INFO'], deny: [] },
          subscribe: { allow: ['>'], deny: ['secret'] },
          allowResponses: { maxCount: 1, expiresMs: 120_000 },
        },
      },
    ],
  },
});
const { ask } = system;
const NEVER_MS = 150;

describe('requests to the server', () => {
  it('answers PING with its figures and its identity', async () => {
    const answer = await askAs(await system.client('sys'), '$SYS.REQ.SERVER.PING');
    expect(answer.server).toMatchObject({
      name: 'north',
      id: system.broker.id,
      ver: '2.15.1',
      tags: ['One', 'two:2'],
      metadata: { dc: 'x' },
    });
    expect(answer.statsz).toMatchObject({ connections: 2, active_accounts: 1, slow_consumers: 0, active_servers: 1 });
  });

  it('counts its sequence up with each answer', async () => {
    const [first, second] = [await ask('VARZ'), await ask('VARZ')];
    expect(Number(second.server?.['seq'])).toBeGreaterThan(Number(first.server?.['seq']));
  });

  it.each([
    'IDZ',
    'STATSZ',
    'VARZ',
    'SUBSZ',
    'CONNZ',
    'ROUTEZ',
    'GATEWAYZ',
    'LEAFZ',
    'ACCOUNTZ',
    'JSZ',
    'HEALTHZ',
    'EXPVARZ',
    'IPQUEUESZ',
    'RAFTZ',
    'PROFILEZ',
  ])('answers %s by id and by PING alike', async (verb) => {
    const sys = await system.client('sys');
    const byPing = await askAs(sys, `$SYS.REQ.SERVER.PING.${verb}`);
    const byId = await ask(verb);
    expect(Object.keys(byPing)).toEqual(Object.keys(byId));
    expect(Object.keys(byPing.data ?? {})).toEqual(Object.keys(byId.data ?? {}));
  });

  it('stays silent when a filter means another server', async () => {
    const sys = await system.client('sys');
    const asks = (filter: Record<string, unknown>) =>
      sys.request('$SYS.REQ.SERVER.PING.STATSZ', JSON.stringify(filter), { timeout: NEVER_MS }).then(
        () => true,
        () => false,
      );
    expect(await asks({ server_name: 'nor' })).toBe(true);
    expect(await asks({ server_name: 'nor', exact_match: true })).toBe(false);
    expect(await asks({ server_name: 'south' })).toBe(false);
    expect(await asks({ tags: ['one', 'TWO:2'] })).toBe(true);
    expect(await asks({ tags: ['one', 'three'] })).toBe(false);
    expect(await asks({ cluster: 'c' })).toBe(false);
    expect(await asks({ host: '127.' })).toBe(true);
  });

  it("refuses wrong JSON and wrong types in nats-server's words", async () => {
    expect((await ask('CONNZ', 'zork{')).error).toEqual({
      code: 400,
      description: "invalid character 'z' looking for beginning of value",
    });
    expect((await ask('CONNZ', { state: 'closed' })).error?.description).toBe(
      'json: cannot unmarshal string into Go struct field ConnzEventOptions.state of type server.ConnState',
    );
    const sorted = await ask('CONNZ', { sort: 'zork' });
    expect(sorted).toMatchObject({ data: null, error: { code: 500, description: 'invalid sorting option: zork' } });
    expect((await ask('ACCOUNTZ', { account: 'Z' })).error?.description).toBe('Account Z does not exist');
    expect((await ask('SUBSZ', { test: 'a..b' })).error?.description).toMatch(/must be valid publish subject: a\.\.b$/);
  });

  it('lists connections by user, account and subscriptions', async () => {
    const a = await system.client('a', 'named');
    a.subscribe('m.*', { queue: 'workers' });
    await a.flush();
    const answer = await ask('CONNZ', { acc: 'A', auth: true, subscriptions_detail: true });
    expect(answer.data).toMatchObject({
      num_connections: 1,
      connections: [
        {
          name: 'named',
          authorized_user: 'a',
          account: 'A',
          kind: 'Client',
          type: 'nats',
          subscriptions_list_detail: [{ subject: 'm.*', qgroup: 'workers', sid: '1', msgs: 0 }],
        },
      ],
    });
  });

  it.each([
    ['VARZ', '[]', 'json: cannot unmarshal array into Go value of type server.VarzEventOptions'],
    ['CONNZ', '{"sort":5}', 'json: cannot unmarshal number into Go struct field ConnzEventOptions.sort of type server.SortOpt'],
    ['RELOAD', 'zork', "invalid character 'z' looking for beginning of value"],
  ])('refuses %s with %s in the words of Go', async (verb, body, description) => {
    const sys = await system.client('sys');
    const answer = await sys.request(`$SYS.REQ.SERVER.${system.broker.id}.${verb}`, body, { timeout: 5000 });
    expect(answer.json()).toMatchObject({ error: { code: 400, description } });
  });

  it('tells of no connection in a state that there is not', async () => {
    expect((await ask('CONNZ', { state: 5 })).data).toMatchObject({ num_connections: 0, total: 0 });
  });

  it('names itself whatever IDZ and USER.INFO are asked with', async () => {
    const sys = await system.client('sys');
    for (const body of ['zork', '{"server_name":"other"}']) {
      const idz = await sys.request(`$SYS.REQ.SERVER.${system.broker.id}.IDZ`, body, { timeout: 5000 });
      expect(idz.json()).toMatchObject({ name: 'north', id: system.broker.id });
      const info = await sys.request('$SYS.REQ.USER.INFO', body, { timeout: 5000 });
      expect(info.json()).toMatchObject({ data: { user: 'sys' } });
    }
  });

  it.each([
    ['SERVER.<id>.KICK', '{"cid":-1}'],
    ['SERVER.<id>.KICK', '{"cid":99999,"server_name":"other"}'],
    ['SERVER.<id>.LDM', '{"cid":99999,"server_name":"other"}'],
    ['SERVER.<id>.RELOAD', '{"server_name":"other"}'],
    ['ACCOUNT.B.CONNS', ''],
    ['ACCOUNT.B.STATZ', ''],
    ['ACCOUNT.$SYS.CONNS', 'zork'],
    ['ACCOUNT.$SYS.CONNS', '{"acc":"A"}'],
  ])('is silent on %s with %j', async (name, body) => {
    const sys = await system.client('sys');
    const subject = `$SYS.REQ.${name.replace('<id>', system.broker.id)}`;
    await expect(sys.request(subject, body, { timeout: NEVER_MS })).rejects.toThrow('timeout');
  });

  it('compresses an answer for who accepts gzip', async () => {
    const sys = await system.client('sys');
    const accept = headers();
    accept.set('Accept-Encoding', 'gzip');
    const answer = await sys.request('$SYS.REQ.SERVER.PING.VARZ', '', { headers: accept, timeout: 5000 });
    expect(answer.headers?.get('Content-Encoding')).toBe('gzip');
    expect(JSON.parse(gunzipSync(answer.data).toString())).toMatchObject({ data: { server_id: system.broker.id } });
  });

  it('tells that it is Sluice and what it can do', async () => {
    const answer = await askAs(await system.client('sys'), '$SYS.REQ.SERVER.PING.SLUICE');
    expect(answer.data).toMatchObject({ capabilities: ['tap', 'subjectz', 'interest', 'config'] });
  });

  it('is not there for ordinary users', async () => {
    const a = await system.client('a');
    for (const subject of ['$SYS.REQ.SERVER.PING', `$SYS.REQ.SERVER.${system.broker.id}.KICK`, '$SYS.REQ.SERVER.PING.SLUICE']) {
      await expect(a.request(subject, '{}', { timeout: 5000 }), subject).rejects.toThrow('no responders');
    }
  });
});

describe('what a system user does to a client', () => {
  it('kicks it, with the reason on record', async () => {
    const victim = await system.client('a', 'victim');
    const cid = victim.info?.client_id;
    expect((await ask('KICK', { cid })).error).toBeUndefined();
    await victim.closed();
    const closed = await ask('CONNZ', { state: 1, cid, auth: true });
    expect(closed.data).toMatchObject({
      connections: [{ name: 'victim', reason: 'Kicked', authorized_user: 'a', account: 'A' }],
    });
    expect((await ask('KICK', { cid })).error).toEqual({ code: 500, description: 'no such client or leafnode id' });
  });

  it('asks it to move on', async () => {
    const client = await system.client('a', 'moving');
    const statuses = client.status()[Symbol.asyncIterator]();
    await ask('LDM', { cid: client.info?.client_id });
    for (let status = await statuses.next(); ; status = await statuses.next()) {
      if (status.value?.type === 'ldm') break;
    }
    expect((await ask('LDM', { cid: 999_999 })).error?.description).toBe('no such client id');
  });

  it('does not ask a client to move on that cannot be told', async () => {
    const old = await RawClient.ready(system.broker.port, { user: 'a', pass: 'x', protocol: 0 });
    const { error } = await ask('LDM', { cid: old.cid });
    old.end();
    expect(error?.description).toBe('client does not support Lame Duck Mode or is not ready to receive the notification');
  });

  it('cannot reload a server that has no file', async () => {
    expect((await ask('RELOAD')).error).toEqual({
      code: 500,
      description: 'can only reload config when a file is provided using -c or --config',
    });
  });
});

describe('requests about accounts', () => {
  it('leaves accounts without connections out of the figures unless they are asked for', async () => {
    const sys = await system.client('sys');
    await system.client('a');
    const named = async (options: object) => {
      const answer = await askAs(sys, '$SYS.REQ.ACCOUNT.PING.STATZ', { accounts: ['A', 'B'], ...options });
      return (answer.data as { account_statz: { acc: string }[] }).account_statz.map(({ acc }) => acc);
    };
    expect(await named({})).toEqual(['A']);
    expect(await named({ include_unused: true })).toEqual(['A', 'B']);
  });

  it('answers for each account by its name', async () => {
    const sys = await system.client('sys');
    const a = await system.client('a');
    a.subscribe('m.a');
    await a.flush();
    const about = (verb: string, account = 'A') => askAs(sys, `$SYS.REQ.ACCOUNT.${account}.${verb}`);
    expect((await about('CONNZ')).data).toMatchObject({ num_connections: 1 });
    expect((await about('SUBSZ')).data).toMatchObject({ num_subscriptions: 5, total: 5 });
    expect((await about('INFO')).data).toMatchObject({ account_name: 'A', client_connections: 1, subscriptions: 5 });
    expect((await about('STATZ')).data).toMatchObject({ account_statz: [{ acc: 'A', conns: 1, num_subscriptions: 5 }] });
    expect((await about('LEAFZ')).data).toMatchObject({ leafnodes: 0 });
    expect((await about('JSZ')).error).toEqual({ code: 500, description: 'jetstream not enabled' });
    expect(await about('CONNS')).toMatchObject({ type: 'io.nats.server.advisory.v1.account_connections', acc: 'A', conns: 1 });
    expect((await about('INFO', 'Z')).error?.description).toBe('Account Z does not exist');
    expect((await askAs(sys, '$SYS.REQ.ACCOUNT.PING.STATZ', { accounts: ['A', 'Z'] })).data).toMatchObject({
      account_statz: [{ acc: 'A' }],
    });
    const subscribers = await sys.request('$SYS.REQ.ACCOUNT.NSUBS', JSON.stringify({ acc: 'A', subject: 'm.a' }));
    expect(subscribers.string()).toBe('1');
  });

  it('lets every user ask about the own account and nothing else', async () => {
    const [a] = [await system.client('a', 'own'), await system.client('b', 'foreign')];
    for (const subject of ['$SYS.REQ.SERVER.PING.CONNZ', '$SYS.REQ.ACCOUNT.PING.CONNZ']) {
      const answer = await askAs(a, subject, { acc: 'B', auth: true });
      expect(answer.data).toMatchObject({ num_connections: 1, connections: [{ name: 'own', account: 'A' }] });
    }
    const statz = await askAs(a, '$SYS.REQ.ACCOUNT.PING.STATZ', { accounts: ['B'] });
    expect(statz.data).toMatchObject({ account_statz: [{ acc: 'A' }] });
    await expect(a.request('$SYS.REQ.ACCOUNT.B.CONNZ', '', { timeout: 5000 })).rejects.toThrow('no responders');
  });

  it('tells a user who it is and what it may do', async () => {
    const plain = await askAs(await system.client('a'), '$SYS.REQ.USER.INFO');
    expect(plain.data).toEqual({ user: 'a', account: 'A', account_name: 'A' });
    const limited = await askAs(await system.client('limited'), '$SYS.REQ.USER.INFO');
    expect(limited.data).toMatchObject({
      user: 'limited',
      permissions: {
        publish: { allow: ['foo', '$SYS.REQ.USER.INFO'] },
        subscribe: { allow: ['>'], deny: ['secret'] },
        responses: { max: 1, ttl: 120_000_000_000 },
      },
    });
  });
});

describe('what went wrong lately', () => {
  it('names refused logins to who asks for it', async () => {
    await expect(system.client('nobody', 'intruder')).rejects.toThrow('Authorization Violation');
    const { statsz } = await ask('STATSZ', { sluice: true });
    expect(statsz).toMatchObject({
      sluice: { auth_errors: [{ user: 'nobody', name: 'intruder', host: '127.0.0.1' }], auth_errors_total: 1 },
    });
    expect((await ask('STATSZ')).statsz).not.toHaveProperty('sluice');
  });

  it('names a slow consumer with the subscription that flooded it', async () => {
    const slow = await system.client('b', 'slow');
    slow.subscribe('quiet');
    slow.subscribe('flood');
    await slow.flush();
    const cid = slow.info?.client_id ?? 0;
    const server = system.broker.server;
    const client = server.clients.get(cid);
    const flood = client?.subscriptions.get('2');
    if (client === undefined || flood === undefined) throw new Error('the client is not there');
    flood.deliveredCount = 10;
    client.onPendingExceeded();
    const { statsz } = await ask('STATSZ', { sluice: true });
    expect(statsz).toMatchObject({
      slow_consumers: 1,
      slow_consumer_stats: { clients: 1 },
      sluice: { slow_consumers: [{ cid, name: 'slow', user: 'b', account: 'B', subject: 'flood', sid: '2' }] },
    });
    await slow.closed();
  });
});
