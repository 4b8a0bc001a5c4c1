/** What a configuration may say of operators and of where accounts come from. */
import { encodeOperator, encodeUser, type Operator } from '@nats-io/jwt';
import { createAccount, createOperator, createUser } from '@nats-io/nkeys';
import { describe, expect, it } from 'vitest';
import { readConfigText, toOptions, validateSettings } from '../../src/config/index.ts';

const operatorKey = createOperator();
const sources = { readFile: () => ({ ok: false as const, error: 'no files here' }), lookupEnv: () => undefined };

async function operator(claims: object = {}): Promise<string> {
  return `operator: ${await encodeOperator('O', operatorKey, claims as Partial<Operator>)}\n`;
}

/** The settings, or the first thing that is wrong with the text or with all of it together. */
function settingsOf(text: string) {
  const read = readConfigText(text, 'x.conf', sources);
  if (!read.ok) throw new Error(read.error);
  const problem = validateSettings(read.settings);
  if (problem !== undefined) throw new Error(problem);
  return read.settings;
}

const resolverOf = (text: string) => toOptions(settingsOf(text)).operator?.resolver;

describe('a resolver', () => {
  it('is memory, a web server, a folder with all accounts or a cache', async () => {
    const start = await operator({ system_account: createAccount().getPublicKey() });
    expect(resolverOf(`${start}resolver: MEMORY`)).toBeUndefined();
    expect(resolverOf(`${start}resolver: URL(http://127.0.0.1:9/a)`)).toEqual({ kind: 'url', url: 'http://127.0.0.1:9/a' });
    expect(
      resolverOf(`${start}resolver { type: full, dir: "/d", allow_delete: true, interval: "5s", timeout: "1s", limit: 7 }`),
    ).toEqual({
      kind: 'full',
      path: '/d',
      mayDelete: true,
      isHardDelete: false,
      limit: 7,
      intervalMs: 5000,
      timeoutMs: 1000,
    });
    expect(resolverOf(`${start}resolver { type: cache, dir: "/d", ttl: "1h" }`)).toEqual({
      kind: 'cache',
      path: '/d',
      ttlMs: 3_600_000,
    });
  });

  it('is the web server that the only operator names, when there is no other', async () => {
    const start = await operator({ account_server_url: 'http://127.0.0.1:9/jwt/v1' });
    expect(resolverOf(start)).toEqual({ kind: 'url', url: 'http://127.0.0.1:9/jwt/v1/accounts' });
    expect(resolverOf(`${start}resolver: MEM`)).toBeUndefined();
  });

  it.each([
    ['resolver { type: cache, dir: "/d", interval: "1s" }', 'CACHE does not accept sync'],
    ['resolver { type: cache, dir: "/d", allow_delete: true }', 'CACHE does not accept allow_delete'],
    ['resolver { type: full, dir: "/d", ttl: "1s" }', 'FULL does not accept ttl'],
    ['resolver { type: full, dir: "/d", hard_delete: true }', 'hard_delete has no effect without delete'],
    ['resolver { type: full, dir: "/d", timeout: "0s" }', 'Fetch timeout 0s is too smal'],
    ['resolver { type: full }', 'dir has no value and needs to point to a directory'],
    ['resolver: zork', 'error parsing account resolver, should be MEM'],
  ])('%s is refused', async (text, error) => {
    const start = await operator({ system_account: createAccount().getPublicKey() });
    expect(() => settingsOf(start + text)).toThrow(error);
  });
});

describe('an operator', () => {
  it('is read from a file, bare or between lines of dashes, whatever letters of base64url its JWT has', async () => {
    const head = '-----BEGIN TEST OPERATOR JWT-----';
    const foot = '------END TEST OPERATOR JWT------';
    let jwt = '';
    // One signature in three has a dash: keep signing until this one has.
    for (let round = 0; !jwt.includes('-'); round++) jwt = await encodeOperator(`O${round}`, operatorKey);
    const settingsOfFile = (text: string) => {
      const files = { ...sources, readFile: () => ({ ok: true as const, text }) };
      const read = readConfigText('operator: "/d/o.jwt"', 'x.conf', files);
      return read.ok ? read.settings.features.operators : read.error;
    };
    for (const text of [jwt, `${jwt}\n`, `${head}\n${jwt}\n${foot}`, `for tests\n${head}\r\n${jwt}\r\n${foot}\r\n`]) {
      expect(settingsOfFile(text)).toEqual([jwt]);
    }
    for (const text of [`${head}\n${jwt}\n`, `${head}\n${jwt}\n\n${foot}`, `${head}\n  ${jwt}  \n${foot}`]) {
      expect(settingsOfFile(text)).toContain('error parsing operator JWT: illegal base64 data at input byte');
    }
  });

  it('may expect a version that this server has', async () => {
    expect(() => settingsOf('')).not.toThrow();
    const start = await operator({ assert_server_version: '2.15.0' });
    expect(() => settingsOf(`${start}resolver: MEM`)).not.toThrow();
    const id = operatorKey.getPublicKey();
    for (const [version, error] of [
      ['3.0.0', `operator ${id} expected major version 3 > server major version 2`],
      ['2.16.0', `operator ${id} expected minor version 16 > server minor version 15`],
      ['2.15.99', `operator ${id} expected update version 99 > server update version 1`],
      ['2.15', `operator ${id} expects version 2.15 got error instead: asserted server version must be of the form`],
      ['2.x.1', 'asserted server version cant parse x to int'],
    ] as const) {
      const text = await operator({ assert_server_version: version });
      expect(() => settingsOf(`${text}resolver: MEM`)).toThrow(error);
    }
  });

  it('allows nothing beside its JWTs, and needs a system account where servers talk about accounts', async () => {
    const start = `${await operator()}resolver: MEM\n`;
    expect(() => settingsOf(`${start}accounts { A {} }`)).toThrow('operators do not allow Accounts to be configured directly');
    expect(() => settingsOf(`${start}authorization { users: [{user: a, password: b}] }`)).toThrow('do not allow users');
    expect(() => settingsOf(`${start}no_auth_user: a`)).toThrow('no_auth_user not compatible with Trusted Operator');
    const folder = `${await operator()}resolver { type: full, dir: "/d" }`;
    expect(() => settingsOf(folder)).toThrow('using nats based account resolver');
    expect(() => settingsOf(`${start}resolver_pinned_accounts: [zork]`)).toThrow('pinned account key "zork" is not a valid');
  });

  it('takes a bearer token as the JWT of those that show none, and nothing that must sign', async () => {
    const start = `${await operator()}resolver: MEM\n`;
    const user = (claims: object) => encodeUser('U', createUser(), createAccount(), claims);
    expect(() => settingsOf(`${start}default_sentinel: zork`)).toThrow('default sentinel JWT not valid');
    const signing = await user({});
    expect(() => settingsOf(`${start}default_sentinel: ${signing}`)).toThrow('default sentinel must be a bearer token');
    const bearer = await user({ bearer_token: true });
    expect(() => settingsOf(`${start}default_sentinel: ${bearer}`)).not.toThrow();
  });
});
