/** What is played: each script is about one rule that clients rely on. Accounts A and B share their streams and services. */
import type { Script } from './play.ts';

const ACCOUNTS = `accounts {
  A { users: [{user: a, password: x}], exports: [{stream: "s.>"}, {service: svc}, {stream: "p", accounts: [B]}], mappings { m: n } },
  B { users: [{user: b, password: x}], imports: [{stream: {account: A, subject: "s.>"}, prefix: i}, {service: {account: A, subject: svc}, to: ask}, {stream: {account: A, subject: p}}] }
}`;
const PERMISSIONS = `authorization { users: [
  {user: a, password: x, permissions: {publish: {allow: ["p.>", "req"], deny: "p.no"}, subscribe: ["s.*", "q.* workers"], allow_responses: {max: 1, expires: "1m"}}}
  {user: z, password: z}
] }`;
const USER = 'authorization { user: u, password: p }';

const hpub = (subject: string, header: string, payload: string) =>
  `HPUB ${subject} ${header.length} ${header.length + payload.length}\r\n${header}${payload}\r\n`;
const HEADER = 'NATS/1.0\r\nA: b\r\n\r\n';

const one = (name: string, config: string, connect: Script['clients'][string], ...texts: string[]): Script => ({
  name,
  config,
  clients: { c: connect },
  steps: texts.map((text) => ['c', text] as const),
});

export const scripts: readonly Script[] = [
  one('core: INFO after the first PONG', '', { protocol: 1 }, ''),
  one('core: no INFO for protocol 0', '', { protocol: 0 }, ''),
  one(
    'core: verbose and pedantic',
    '',
    { verbose: true, pedantic: true },
    'SUB a 1\r\nPUB a 1\r\nx\r\nPUB a.* 1\r\ny\r\nUNSUB 1\r\n',
  ),
  one('core: an unknown verb', '', {}, 'ZORK\r\n'),
  one('core: too few arguments end without a word', '', {}, 'PUB a\r\n'),
  one('core: a client of protocol 7', '', { protocol: 7 }),
  one('core: headers', '', { headers: true }, `SUB a 1\r\n${hpub('a', HEADER, 'hi')}`),
  one('core: no responders', '', { headers: true, no_responders: true }, 'SUB r.* 1\r\nPUB nobody r.1 0\r\n\r\n'),
  one(
    'core: reserved subjects',
    '',
    {},
    'PUB _GR_.x 0\r\n\r\nPUB $NRG.x 0\r\n\r\nPUB a _R_.x 0\r\n\r\nPUB a $JS.ACK.x 0\r\n\r\n',
  ),
  one('delivery: auto-unsubscribe', '', {}, 'SUB a 1\r\nUNSUB 1 2\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n'),
  one('delivery: echo off', '', { echo: false }, 'SUB a 1\r\nSUB a q 2\r\nPUB a 1\r\nx\r\n'),
  {
    name: 'delivery: fan-out keeps the order of the publisher',
    config: '',
    clients: { a: {}, b: {}, p: {} },
    steps: [
      ['a', 'SUB f 1\r\nSUB f.* 2\r\n'],
      ['b', 'SUB f 1\r\n'],
      ['p', 'PUB f 1\r\n1\r\nPUB f.x r 1\r\n2\r\nPUB f 1\r\n3\r\n'],
    ],
  },
  one('limits: payload', 'max_payload: 10', { protocol: 1 }, 'PUB a 11\r\n12345678901\r\n'),
  one(
    'limits: payload of an account',
    'accounts { A { users: [{user: a, password: x}], limits { max_payload: 5 } } }',
    { user: 'a', pass: 'x', protocol: 1 },
    'PUB a 6\r\n123456\r\n',
  ),
  one('limits: subscriptions', 'max_subscriptions: 1', {}, 'SUB a 1\r\nSUB b 2\r\nSUB a 1\r\n'),
  one('limits: tokens', 'max_sub_tokens: 2', {}, 'SUB a.b 1\r\nSUB a.b.c 2\r\n'),
  one('limits: control line', 'max_control_line: 64', {}, `SUB ${'a'.repeat(70)} 1\r\n`),
  {
    name: 'limits: connections of an account',
    config: 'accounts { A { users: [{user: a, password: x}], limits { max_conn: 1 } } }',
    clients: { first: { user: 'a', pass: 'x' }, second: { user: 'a', pass: 'x' } },
    steps: [['first', '']],
  },
  one('limits: no connections', 'max_connections: 0', null),
  one('auth: right', USER, { user: 'u', pass: 'p', protocol: 1 }, ''),
  one('auth: wrong', USER, { user: 'u', pass: 'q' }),
  one('auth: none', USER, {}),
  one('auth: before CONNECT', USER, null, ''),
  one('auth: an account in CONNECT', '', { account: 'A' }),
  one('auth: no_auth_user', 'authorization { users: [{user: a, password: x}] }\nno_auth_user: a', { protocol: 1 }, ''),
  one('auth: token', 'authorization { token: t }', { auth_token: 't', protocol: 1 }, ''),
  one('auth: publish permissions', PERMISSIONS, { user: 'a', pass: 'x' }, 'PUB p.1 0\r\n\r\nPUB p.no 0\r\n\r\nPUB x 0\r\n\r\n'),
  one(
    'auth: subscribe permissions',
    PERMISSIONS,
    { user: 'a', pass: 'x' },
    'SUB s.1 1\r\nSUB s.1.2 2\r\nSUB q.1 3\r\nSUB q.1 workers 4\r\nSUB q.1 others 5\r\n',
  ),
  {
    name: 'auth: responses are allowed once',
    config: PERMISSIONS,
    clients: { a: { user: 'a', pass: 'x' }, z: { user: 'z', pass: 'z' } },
    steps: [
      ['a', 'SUB s.req 1\r\n'],
      ['z', 'SUB back 1\r\nPUB s.req back 0\r\n\r\n'],
      ['a', 'PUB back 1\r\n1\r\nPUB back 1\r\n2\r\n'],
    ],
  },
  {
    name: 'accounts: streams',
    config: ACCOUNTS,
    clients: { a: { user: 'a', pass: 'x' }, b: { user: 'b', pass: 'x' } },
    steps: [
      ['b', 'SUB i.s.1 1\r\nSUB i.> 2\r\nSUB s.1 3\r\nSUB p 4\r\n'],
      ['a', 'PUB s.1 r 1\r\nx\r\n'],
      ['a', 'PUB p 1\r\ny\r\nPUB other 1\r\nz\r\n'],
    ],
  },
  {
    name: 'accounts: services',
    config: ACCOUNTS,
    clients: { a: { user: 'a', pass: 'x' }, b: { user: 'b', pass: 'x', headers: true, no_responders: true } },
    steps: [
      ['b', 'SUB in.* 1\r\nPUB ask in.1 2\r\nhi\r\n'],
      ['a', 'SUB svc 1\r\n'],
      ['b', 'PUB ask in.2 2\r\nhi\r\n'],
    ],
  },
  {
    name: 'mapping: of an account',
    config: ACCOUNTS,
    clients: { a: { user: 'a', pass: 'x', headers: true, no_responders: true } },
    steps: [
      ['a', 'SUB n 1\r\n'],
      ['a', 'PUB m 1\r\nx\r\n'],
    ],
  },
  one(
    'mapping: wildcards and functions',
    'mappings { "a.*.*": "b.$2.{{wildcard(1)}}", "c.*": "d.{{partition(5,1)}}.{{right(1,2)}}", "e.*": "f.{{splitFromLeft(1,2)}}" }',
    {},
    'SUB > 1\r\n',
    'PUB a.1.2 0\r\n\r\nPUB c.foo 0\r\n\r\nPUB e.12345 0\r\n\r\n',
  ),
  one('mapping: to nowhere', 'mappings { a: [{destination: a, weight: 0}] }', {}, 'SUB > 1\r\n', 'PUB a 0\r\n\r\n'),
  one(
    'proxy: a header names the client',
    'proxy_protocol: true',
    null,
    'PROXY TCP4 1.2.3.4 5.6.7.8 4660 80\r\nCONNECT {"verbose":false,"protocol":1}\r\n',
  ),
  one('proxy: a wrong header ends without a word', 'proxy_protocol: true', null, 'PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n'),
  one(
    'system: who am I',
    PERMISSIONS,
    { user: 'z', pass: 'z', headers: true, no_responders: true },
    'SUB r 1\r\nPUB $SYS.REQ.SERVER.PING r 0\r\n\r\n',
  ),
];
