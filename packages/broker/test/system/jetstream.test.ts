/** What the system account hears of JetStream: figures that Go's clients can read, and that it has none itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { unlimitedAccount } from '../../src/options.ts';
import { useSystem } from '../support/use-system.ts';

const storeDir = mkdtempSync(join(tmpdir(), 'sluice-jetstream-'));
afterAll(() => rmSync(storeDir, { recursive: true, force: true }));

const system = useSystem({
  jetstream: { storeDir, domain: 'DOM' },
  monitor: { host: '127.0.0.1', port: 0, basePath: '', allowedHosts: [] },
  accounts: [{ name: 'A', jetstream: unlimitedAccount }],
});
const MAX_UINT64 = '18446744073709551615';
const ask = async (subject: string, timeout = 2000): Promise<string> =>
  (await (await system.client('sys')).request(subject, '', { timeout })).string();

describe('figures of JetStream', () => {
  it('tell an unlimited reservation as the largest unsigned number, digit by digit, over NATS and HTTP', async () => {
    const overNats = await (await system.client('sys')).request(`$SYS.REQ.SERVER.${system.broker.id}.JSZ`, '{"accounts":true}');
    const overHttp = await fetch(`http://127.0.0.1:${system.broker.monitorPort}/jsz?accounts=1`);
    for (const text of [overNats.string(), await overHttp.text()]) {
      expect(text).toMatch(new RegExp(`"reserved_memory": ?${MAX_UINT64},\\s*"reserved_storage": ?${MAX_UINT64},`));
    }
  });

  it('come from a server that says what it can do', async () => {
    expect((await system.ask('VARZ')).server).toMatchObject({ jetstream: true, flags: 7 });
  });
});

describe('what an account is told of itself', () => {
  const told = async (name: string): Promise<string> =>
    (await (await system.client('sys')).request(`$SYS.REQ.ACCOUNT.${name}.INFO`)).string();

  it.each(['A', 'B'])('names the API as an import of account %s, and the mappings of the domain', async (name) => {
    const { data } = JSON.parse(await told(name));
    expect(data.jetstream_enabled).toBe(name === 'A');
    expect(data.imports).toContainEqual({
      ...{ subject: '$JS.API.>', account: '$SYS', to: '$JS.API.>', local_subject: '$JS.API.>' },
      ...{ type: 'service', invalid: false, share: true, tracking: false },
    });
    expect(data.mappings['$JS.DOM.API.INFO']).toEqual([{ subject: '$JS.API.INFO', weight: 100 }]);
    expect(Object.keys(data.mappings)).toHaveLength(9);
  });

  it('names the API as an export of the system account, with one mapping of the domain', async () => {
    const { data } = JSON.parse(await told('$SYS'));
    expect(data.exports).toContainEqual({ subject: '$JS.API.>', type: 'service', response_type: 'Singleton' });
    expect(data.mappings).toEqual({ '$JS.DOM.API.>': [{ subject: '$JS.API.>', weight: 100 }] });
    expect(await ask('$JS.DOM.API.INFO')).toContain('JetStream not enabled for account');
  });
});

describe('the API of JetStream in the system account', () => {
  it.each([
    ['INFO', 'account_info'],
    ['STREAM.NAMES', 'system'],
    ['DIRECT.GET.S', 'system'],
    ['NOTHING.OF.THE.KIND', 'system'],
  ])('refuses %s', async (verb, type) => {
    expect(await ask(`$JS.API.${verb}`)).toBe(
      `{"type":"io.nats.jetstream.api.v1.${type}_response","error":{"code":503,"err_code":10039,"description":"JetStream not enabled for account"}}`,
    );
  });

  it.each(['META.LEADER.STEPDOWN', 'SERVER.REMOVE'])(
    'leaves %s, which is for the leader of a cluster, unanswered',
    async (verb) => {
      await expect(ask(`$JS.API.${verb}`, 100)).rejects.toThrow('timeout');
    },
  );
});
