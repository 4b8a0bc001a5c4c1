/** A configuration becomes the options of a broker. */
import { describe, expect, it } from 'vitest';
import { readConfigText, type ServerSettings, toOptions, validateSettings } from '../../src/config/index.ts';
import { defaultOptions, type ResolvedOptions } from '../../src/options.ts';
import { noFiles } from './no-files.ts';

function settingsOf(text: string): ServerSettings {
  const result = readConfigText(text, 'c.conf', noFiles);
  if (!result.ok) throw new Error(result.error);
  return result.settings;
}
const options = (text: string): ResolvedOptions => toOptions(settingsOf(text));
const unsupported = (text: string): [string, boolean][] => {
  const result = readConfigText(text, 'c.conf', noFiles);
  return result.ok ? result.unsupported.map(({ feature, isFatal }) => [feature, isFatal]) : [[result.error, true]];
};

describe('an empty configuration', () => {
  it('gives the defaults of nats-server', () => {
    expect({ ...options(''), configDigest: '' }).toEqual(defaultOptions);
  });
});

describe('listeners', () => {
  it('take host and port from listen, -1 for any free port, and bare ports', () => {
    expect(options('listen: "127.0.0.1:-1"')).toMatchObject({ host: '127.0.0.1', port: 0 });
    expect(options('listen: 5222')).toMatchObject({ host: '0.0.0.0', port: 5222 });
    expect(options('listen: "[::1]:5222"')).toMatchObject({ host: '::1', port: 5222 });
    expect(options('net: localhost\nport: 0')).toMatchObject({ host: 'localhost', port: 4222 });
  });

  it('serve monitoring on the host of clients unless told otherwise', () => {
    expect(options('host: 127.0.0.1\nhttp_port: 8222').monitor).toMatchObject({ host: '127.0.0.1', port: 8222 });
    expect(options('http: "10.0.0.1:-1"\nhttp_base_path: "nats/"').monitor).toMatchObject({
      host: '10.0.0.1',
      port: 0,
      basePath: '/nats',
    });
    expect(options('host: 127.0.0.1').monitor).toBeUndefined();
  });

  it('serve WebSocket with everything its block says', () => {
    const text = `websocket {
      listen: "127.0.0.1:-1", no_tls: true, same_origin: true, allowed_origins: ["http://a.test"], compression: true
      handshake_timeout: "3s", headers { X-A: b }, no_auth_user: guest, ping_interval: "4s"
    }`;
    expect(options(text).websocket).toEqual({
      host: '127.0.0.1',
      port: 0,
      noTls: true,
      sameOrigin: true,
      allowedOrigins: ['http://a.test'],
      compression: true,
      handshakeTimeoutMs: 3000,
      headers: { 'X-A': 'b' },
      noAuthUser: 'guest',
      pingIntervalMs: 4000,
    });
  });
});

describe('limits', () => {
  it('are taken with their units', () => {
    const text = `max_connections: 100, max_control_line: 8kb, max_payload: 2MB, max_pending: 32mb, max_subs: 10
      max_sub_tokens: 8, ping_interval: "20s", ping_max: 5, write_deadline: "2s", max_closed_clients: 50
      lame_duck_duration: "1m", lame_duck_grace_period: "5s", no_header_support: true`;
    expect(options(text)).toMatchObject({
      maxConnections: 100,
      maxControlLineBytes: 8192,
      maxPayloadBytes: 2_097_152,
      maxPendingBytes: 33_554_432,
      maxSubscriptions: 10,
      maxSubTokens: 8,
      pingIntervalMs: 20_000,
      pingMax: 5,
      writeDeadlineMs: 2000,
      maxClosedClients: 50,
      lameDuckDurationMs: 60_000,
      lameDuckGracePeriodMs: 5000,
      hasHeaders: false,
    });
  });

  it('of zero are the defaults, and negative ones are unlimited', () => {
    expect(options('max_payload: 0\nmax_connections: 0')).toMatchObject({ maxPayloadBytes: 1_048_576, maxConnections: -1 });
    expect(options('max_payload: -1').maxPayloadBytes).toBe(2 ** 31 - 1);
  });

  it('in seconds without a unit are taken with a warning', () => {
    const result = readConfigText('ping_interval: 20', 'c.conf', noFiles);
    expect(result).toMatchObject({
      ok: true,
      settings: { pingIntervalMs: 20_000 },
      warnings: ['c.conf:1:0: invalid use of field "ping_interval": ping_interval should be converted to a duration'],
    });
  });
});

describe('what a server says about itself', () => {
  it('are tags in lower case and metadata', () => {
    expect(
      options('server_tags: ["Region:EU", ssd]\nserver_metadata { rack: "7" }\nserver_name: n\nclient_advertise: "h:1"'),
    ).toMatchObject({
      serverTags: ['region:eu', 'ssd'],
      serverMetadata: { rack: '7' },
      serverName: 'n',
      clientAdvertise: 'h:1',
    });
    expect(options('server_tags: one').serverTags).toEqual(['one']);
  });
});

describe('authorization', () => {
  it('of one user, a token and a timeout in either form is taken', () => {
    expect(options('authorization { user: a, password: b, timeout: 0.5 }').auth).toEqual({
      users: [],
      timeoutMs: 500,
      user: 'a',
      password: 'b',
    });
    expect(options('authorization { token: t, timeout: "3s" }').auth).toEqual({ users: [], timeoutMs: 3000, token: 't' });
  });

  it('of users has permissions in every spelling, and default ones', () => {
    const text = `authorization {
      default_permissions { publish: "d.>" }
      users: [
        { user: a, password: $2a$04$abc, permissions { pub: ["x", "y.*"], sub { allow: "s q.*", deny: [z] }, allow_responses: true } }
        { username: b, pass: p }
        { nkey: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4, allowed_connection_types: [standard, WEBSOCKET] }
      ]
    }
    no_auth_user: b`;
    const { auth } = options(text);
    expect(auth.noAuthUser).toBe('b');
    expect(auth.users).toEqual([
      {
        user: 'a',
        password: '$2a$04$abc',
        permissions: {
          publish: { allow: ['x', 'y.*'], deny: [] },
          subscribe: { allow: ['s q.*'], deny: ['z'] },
          allowResponses: { maxCount: 1, expiresMs: 120_000 },
        },
      },
      { user: 'b', password: 'p', permissions: { publish: { allow: ['d.>'], deny: [] } } },
      {
        user: 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4',
        nkey: 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4',
        allowedConnectionTypes: ['STANDARD', 'WEBSOCKET'],
        permissions: { publish: { allow: ['d.>'], deny: [] } },
      },
    ]);
  });

  it('takes limits of responses, where negative ones mean none', () => {
    const text = 'authorization { users: [ { user: a, password: b, permissions { allow_responses { max: -1, ttl: "-1s" } } } ] }';
    expect(options(text).auth.users[0]?.permissions).toEqual({ allowResponses: { maxCount: -1, expiresMs: 0 } });
  });
});

describe('accounts', () => {
  it('bring users, limits, mappings, exports and imports', () => {
    const text = `accounts {
      A {
        users: [ { user: a, password: p } ]
        limits { max_conn: 3, max_subs: 4, max_payload: 1k }
        mappings { foo: bar, "old.*": [ { destination: "new.$1", weight: 30% }, { destination: "old.$1", weight: 70 } ] }
        exports: [ { stream: "pub.>" }, { service: "svc.*", accounts: [B], response_type: stream, threshold: "2s" } ]
      }
      B {
        imports: [ { stream: { account: A, subject: "pub.x" }, prefix: in }, { service: { account: A, subject: svc.one }, to: one } ]
      }
      SYS {}
    }
    system_account: SYS`;
    const { accounts, auth, systemAccount } = options(text);
    expect(systemAccount).toBe('SYS');
    expect(auth.users).toEqual([{ user: 'a', password: 'p', account: 'A' }]);
    expect(accounts[0]).toEqual({
      name: 'A',
      maxConnections: 3,
      maxSubscriptions: 4,
      maxPayloadBytes: 1000,
      mappings: [
        { source: 'foo', destinations: [{ destination: 'bar', weight: 100 }] },
        {
          source: 'old.*',
          destinations: [
            { destination: 'new.$1', weight: 30 },
            { destination: 'old.$1', weight: 70 },
          ],
        },
      ],
      exports: [
        { kind: 'stream', subject: 'pub.>' },
        { kind: 'service', subject: 'svc.*', accounts: ['B'], responseType: 'stream', responseThresholdMs: 2000 },
      ],
    });
    expect(accounts[1]?.imports).toEqual([
      { kind: 'stream', account: 'A', subject: 'pub.x', prefix: 'in' },
      { kind: 'service', account: 'A', subject: 'svc.one', to: 'one' },
    ]);
  });

  it('may be a list of names, and the global one gets the mappings of the top level', () => {
    expect(options('accounts: [A, B]\nmappings { a: b }').accounts).toEqual([
      { name: 'A' },
      { name: 'B' },
      { name: '$G', mappings: [{ source: 'a', destinations: [{ destination: 'b', weight: 100 }] }] },
    ]);
  });

  it.each([
    [
      'an import of nothing',
      'accounts { A {}, B { imports: [ {stream: {account: A, subject: x}} ] } }',
      'stream import not authorized',
    ],
    [
      'an unknown account',
      'accounts { B { imports: [ {service: {account: A, subject: x}} ] } }',
      '"A" account not defined for service import',
    ],
    [
      'a name twice',
      'accounts { A { users: [{user: a, password: b}] }, B { users: [{user: a, password: b}] } }',
      'Duplicate user "a" detected',
    ],
    ['the reserved name', 'accounts { $G {} }', '"$G" is a Reserved Account'],
  ])('with %s are refused', (_name, text, error) => {
    const result = readConfigText(text, 'c.conf', noFiles);
    expect(result.ok ? '' : result.error).toContain(error);
  });
});

describe('what this build does not do', () => {
  it('is noted once', () => {
    expect(
      unsupported(
        'jetstream { max_mem: 1G }\ncluster { name: c, listen: "127.0.0.1:-1" }\ngateway { name: c, listen: "127.0.0.1:-1" }',
      ),
    ).toEqual([['gateway', false]]);
    expect(unsupported('leafnodes { listen: "127.0.0.1:-1" }')).toEqual([]);
    expect(unsupported('leafnodes { listen: "127.0.0.1:-1", compression: s2_fast }')).toEqual([
      ['compression of leaf node connections', false],
    ]);
    expect(unsupported('leafnodes { remotes: [{ url: "nats://h:1", proxy { url: "http://p:1" } }] }')).toEqual([
      ['HTTP proxies of leaf nodes', true],
    ]);
    expect(unsupported('ocsp: true')).toEqual([['OCSP', false]]);
    expect(unsupported('jetstream: disabled\nproxy_protocol: true\nno_fast_producer_stall: true')).toEqual([]);
  });

  it('takes the key, the key of before and the cipher of JetStream by all their names', () => {
    const encryption = (text: string): unknown => options(`jetstream { store_dir: "/d", ${text} }`).jetstream?.encryption;
    for (const name of ['key', 'ek', 'encryption_key']) expect(encryption(`${name}: k`)).toEqual({ key: 'k' });
    for (const name of ['prev_key', 'prev_ek', 'prev_encryption_key'])
      expect(encryption(`key: k, ${name}: old, cipher: AES`)).toEqual({ key: 'k', previousKey: 'old', cipher: 'aes' });
    for (const name of ['chacha', 'chachapoly'])
      expect(encryption(`key: k, cipher: ${name}`)).toEqual({ key: 'k', cipher: 'chacha' });
    expect([encryption('cipher: aes'), encryption('prev_key: old')]).toEqual([undefined, undefined]);
    expect(unsupported('jetstream { key: k }')).toEqual([]);
  });

  it('is kept for the parts that will do it', () => {
    const { features } = settingsOf(
      'jetstream { store_dir: "/d", max_file: 10GB, sync: always, limits { batch { max_msgs: 5 } } }',
    );
    expect(features.jetstream).toEqual({
      isEnabled: true,
      storeDir: '/d',
      maxStoreBytes: 10 * 1024 ** 3,
      syncAlways: true,
      syncIntervalMs: 120_000,
      limits: { maxBatchMessages: 5 },
    });
  });
});

describe('validateSettings', () => {
  it.each([
    ['max_payload: 10MB\nmax_pending: 1MB', 'max_payload (10485760) cannot be higher than max_pending (1048576)'],
    [
      'lame_duck_duration: "30s"\nlame_duck_grace_period: "40s"',
      'lame duck grace period (40s) should be strictly lower than lame duck duration (30s)',
    ],
    ['system_account: ZORK', 'error resolving system account: account missing'],
    ['no_auth_user: x', 'no_auth_user: "x" present, but users/nkeys are not defined'],
    [
      'no_auth_user: x\nauthorization { users: [{user: a, password: b}] }',
      'no_auth_user: "x" not present as user or nkey in authorization block or account configuration',
    ],
    ['websocket { port: -1 }', 'websocket requires TLS configuration'],
    ['websocket { port: -1, no_tls: true, headers { Host: x } }', 'websocket: invalid header "Host" not allowed'],
    ['gateway { port: 1 }', 'gateway has no name'],
    ['gateway { name: g }', 'gateway "g" has no port specified (select -1 for random port)'],
    [
      'cluster { name: a, port: 1 }\ngateway { name: b, port: 2 }',
      'cluster name conflicts between cluster and gateway definitions',
    ],
    ['mqtt { port: 1883 }', 'mqtt requires JetStream to be enabled if running in standalone mode'],
    [
      'leafnodes { remotes: [{url: "nats://127.0.0.1:1", account: Z}] }',
      'cannot find local account "Z" specified in leafnode remote',
    ],
    ['jetstream: true\ncluster { port: 1 }', 'jetstream cluster requires `server_name` to be set'],
  ])('refuses %j', (text, error) => {
    expect(validateSettings(settingsOf(text))).toBe(error);
  });

  it('lets a sound configuration through', () => {
    expect(validateSettings(settingsOf('websocket { port: -1, no_tls: true }\nlame_duck_duration: "1m"'))).toBeUndefined();
  });
});
