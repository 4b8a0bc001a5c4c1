/** The monitoring port: paths, parameters, refusals and headers as nats-server has them. */
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { systemUsers, useSystem } from '../support/use-system.ts';

const monitor = { host: '127.0.0.1', port: 0, basePath: '', allowedHosts: [] };
const auth = { users: systemUsers, timeoutMs: 2000 };

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function get(port: number | undefined, path: string, options: { method?: string; host?: string } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = options.host === undefined ? {} : { Host: options.host };
    const asked = request({ port, path, method: options.method ?? 'GET', headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('the monitoring port', () => {
  const system = useSystem({ monitor, auth });
  const ask = (path: string, options?: { method?: string; host?: string }) => get(system.broker.monitorPort, path, options);
  const json = async (path: string) => JSON.parse((await ask(path)).body) as Record<string, unknown>;

  it('answers indented JSON that any page may read, except for healthz', async () => {
    const varz = await ask('/varz');
    expect(varz.headers).toMatchObject({ 'content-type': 'application/json', 'access-control-allow-origin': '*' });
    expect(varz.body.slice(0, 16)).toBe('{\n  "server_id":');
    expect((await ask('/healthz')).body).toBe('{"status":"ok"}');
  });

  it('links its endpoints and knows no others', async () => {
    const page = await ask('/');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const links = [...page.body.matchAll(/href=\.\/([\w/]+)/g)].map(([, link]) => link);
    for (const link of links.filter((one) => one !== 'raftz')) expect((await ask(`/${link}`)).status, link).toBe(200);
    for (const path of ['/zork', '/varz/', '/VARZ', '/varz/x', '/expvarz']) {
      expect(await ask(path), path).toMatchObject({ status: 404, body: '404 page not found\n' });
    }
    expect(await ask('/raftz')).toMatchObject({ status: 404, body: 'No Raft nodes registered' });
  });

  it('sends an unclean path to the clean one', async () => {
    expect(await ask('//varz?x=1')).toMatchObject({ status: 301, headers: { location: '/varz?x=1' } });
    expect(await ask('/a/../varz')).toMatchObject({ status: 301, headers: { location: '/varz' } });
  });

  it('answers every method alike and HEAD without a body', async () => {
    expect((await ask('/healthz', { method: 'POST' })).status).toBe(200);
    expect(await ask('/varz', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it.each([
    ['/connz?limit=zork', `Error decoding int for 'limit': strconv.Atoi: parsing "zork": invalid syntax`],
    [
      '/connz?limit=99999999999999999999',
      `Error decoding int for 'limit': strconv.Atoi: parsing "99999999999999999999": value out of range`,
    ],
    ['/connz?cid=-1', `Error decoding uint64 for 'cid': strconv.ParseUint: parsing "-1": invalid syntax`],
    ['/connz?auth=zork', `Error decoding boolean for 'auth': strconv.ParseBool: parsing "zork": invalid syntax`],
    ['/connz?state=zork', 'Error decoding state for zork'],
    ['/connz?sort=zork', 'invalid sorting option: zork'],
    ['/connz?sort=reason', 'sort by reason only valid on closed connections'],
    ['/subsz?test=m.*', 'invalid test subject, must be valid publish subject: m.*'],
    ['/accountz?acc=Z', 'Account Z does not exist'],
    ['/jsz?accounts=zork', `Error decoding boolean for 'accounts': strconv.ParseBool: parsing "zork": invalid syntax`],
    ['/ipqueuesz?all=zork', `Error decoding boolean for 'all': strconv.ParseBool: parsing "zork": invalid syntax`],
  ])('refuses %s in words', async (path, text) => {
    expect(await ask(path)).toMatchObject({ status: 400, body: text, headers: { 'content-type': 'text/plain; charset=utf-8' } });
  });

  it('refuses a health check that cannot be', async () => {
    expect(await ask('/healthz?stream=S')).toMatchObject({
      status: 400,
      body: '{"status":"error","error":"\\"account\\" must not be empty when checking stream health"}',
    });
  });

  it('counts traffic, connections and its own requests', async () => {
    const a = await system.client('a');
    a.subscribe('v');
    a.publish('v', 'hello');
    a.publish('w', 'abc');
    await a.flush();
    const before = (await json('/varz'))['http_req_stats'] as Record<string, number>;
    const varz = await json('/varz');
    expect(varz).toMatchObject({ in_msgs: 2, in_bytes: 8, out_msgs: 1, out_bytes: 5, connections: 2 });
    expect((varz['http_req_stats'] as Record<string, number>)['/varz']).toBe((before['/varz'] ?? 0) + 1);
  });

  it('sorts, pages and filters connections', async () => {
    const names = async (query: string) =>
      ((await json(`/connz?${query}`))['connections'] as { name: string }[]).map((one) => one.name);
    const clients = [await system.client('a', 'one'), await system.client('a', 'two'), await system.client('b', 'three')];
    clients[1]?.subscribe('x');
    clients[1]?.subscribe('y');
    clients[2]?.publish('x', 'abc');
    await Promise.all(clients.map((client) => client.flush()));
    expect(await names('acc=A')).toEqual(['one', 'two']);
    expect(await names('acc=A&sort=subs')).toEqual(['two', 'one']);
    expect(await names('acc=A&sort=uptime')).toEqual(['two', 'one']);
    expect((await names('sort=msgs_from&limit=1'))[0]).toBe('three');
    expect(await names('acc=A&offset=1&limit=5')).toEqual(['two']);
    expect(await names('acc=A&offset=9')).toEqual([]);
    expect(await names('user=b')).toEqual(['three']);
    // Over HTTP nobody is asked for by subject.
    expect(await names('acc=A&filter_subject=y')).toEqual(['one', 'two']);
    expect(await json('/connz?acc=NONE')).toMatchObject({ server_id: '', total: 0, connections: null });
  });

  it('counts requests, those for connections and routes only with right parameters', async () => {
    const count = async (path: string) => ((await json('/varz'))['http_req_stats'] as Record<string, number>)[path] ?? 0;
    const [connz, subsz] = [await count('/connz'), await count('/subsz')];
    for (const query of ['state=x', 'limit=1', 'auth=x']) await ask(`/connz?${query}`);
    for (const query of ['limit=x', 'limit=1']) await ask(`/subsz?${query}`);
    expect([await count('/connz'), await count('/subsz')]).toEqual([connz + 1, subsz + 2]);
  });

  it('tells what is wrong with health in one text, or with details one by one', async () => {
    const wrong = '"account" must not be empty when checking stream health';
    expect(await json('/healthz?stream=S')).toEqual({ status: 'error', error: wrong });
    expect(await json('/healthz?stream=S&details=1')).toEqual({
      status: 'error',
      errors: [{ type: 'BAD_REQUEST', error: wrong }],
    });
  });

  it('remembers closed connections with their reasons', async () => {
    const gone = await system.client('a', 'gone');
    gone.subscribe('left.behind');
    await gone.flush();
    const cid = gone.info?.client_id;
    await gone.close();
    const closed = await json(`/connz?cid=${cid}&state=closed&auth=1&subs=1`);
    expect(closed).toMatchObject({
      connections: [
        { name: 'gone', reason: 'Client Closed', authorized_user: 'a', account: 'A', subscriptions_list: ['left.behind'] },
      ],
    });
  });

  it('lists the subscriptions that a subject reaches', async () => {
    const a = await system.client('a');
    a.subscribe('m.a');
    a.subscribe('m.*', { queue: 'workers' });
    a.subscribe('n');
    await a.flush();
    const subsz = await json('/subscriptionsz?subs=1&acc=A&test=m.a');
    const list = subsz['subscriptions_list'] as { subject: string; qgroup?: string }[];
    expect(list.map((one) => [one.subject, one.qgroup]).sort()).toEqual([
      ['m.*', 'workers'],
      ['m.a', undefined],
    ]);
    expect(subsz['total']).toBe(2);
  });
});

describe('a monitoring port with a base path and a list of hosts', () => {
  const system = useSystem({ auth, monitor: { ...monitor, basePath: 'nats/', allowedHosts: ['localhost', '127.0.0.1'] } });
  const ask = (path: string, host?: string) => get(system.broker.monitorPort, path, host === undefined ? {} : { host });

  it('answers below the base path only', async () => {
    expect((await ask('/nats/varz')).status).toBe(200);
    expect((await ask('/varz')).status).toBe(404);
    expect((await ask('/nats/')).body).toContain('href=./nats/varz');
  });

  it('refuses a host that is not its own, so that a foreign page cannot read it by rebinding a name', async () => {
    expect(await ask('/nats/varz', 'evil.example:8222')).toMatchObject({ status: 403, body: 'host not allowed' });
    expect((await ask('/nats/varz', 'LOCALHOST:9999')).status).toBe(200);
  });
});
