/** What `/varz` and `/jsz` tell of the configuration, and in what order. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { toOptions } from '../../src/config/index.ts';
import { readConfigText } from '../../src/config/read-config.ts';
import { Broker } from '../../src/index.ts';
import { noFiles } from '../config/no-files.ts';

type Json = Record<string, unknown>;

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** The text of a page of a server with this configuration. */
async function textOf(configuration: string, path: string): Promise<string> {
  const storeDir = mkdtempSync(join(tmpdir(), 'sluice-varz-'));
  endings.push(() => rmSync(storeDir, { recursive: true, force: true }));
  const text = `listen: "127.0.0.1:-1"\nhttp: "127.0.0.1:-1"\n${configuration.replace('@DIR@', storeDir)}\n`;
  const read = readConfigText(text, 'x.conf', noFiles);
  if (!read.ok) throw new Error(read.error);
  const broker = await Broker.start(toOptions(read.settings));
  endings.push(() => broker.stop());
  return (await fetch(`http://127.0.0.1:${broker.monitorPort}${path}`)).text();
}

const page = async (configuration: string, path: string): Promise<Json> => JSON.parse(await textOf(configuration, path));

describe('varz', () => {
  it('shows what feature flags come to, without those that nobody knows', async () => {
    const { feature_flags } = await page('feature_flags { js_ack_fc_v2: true, zork: true }', '/varz');
    expect(feature_flags).toEqual({
      js_ack_fc_v2: true,
      js_api_reply_v2: false,
      js_raft_delete_range: true,
      js_snapshot_sources: false,
    });
  });

  it('shows how routes are written to, and says the same of gateways and leaf nodes', async () => {
    const varz = await page('cluster { name: c, listen: "127.0.0.1:-1", write_deadline: "4s", write_timeout: close }', '/varz');
    const written = { write_deadline: 4_000_000_000, write_timeout: 'close' };
    expect(varz).toMatchObject({ cluster: written, gateway: written, leaf: written });
  });

  it('shows of the WebSocket block what was said', async () => {
    const { websocket } = await page(
      'websocket { listen: "127.0.0.1:-1", no_tls: true, advertise: "x:1", authorization { user: a, password: b, timeout: 3 } }',
      '/varz',
    );
    expect(websocket).toEqual({ host: '127.0.0.1', port: expect.any(Number), advertise: 'x:1', auth_timeout: 3, no_tls: true });
  });

  it('shows that proxies may be trusted, even when none is', async () => {
    expect(await page('proxies { trusted: [] }', '/varz')).toMatchObject({ proxies: {} });
    expect(await page('', '/varz')).not.toHaveProperty('proxies');
  });

  it('shows limits of JetStream under their names in Go', async () => {
    const { jetstream } = await page(
      'jetstream { store_dir: "@DIR@", unique_tag: z, limits { max_ha_assets: 6, duplicate_window: "3s", max_request_batch: 5 } }',
      '/varz',
    );
    expect(jetstream).toMatchObject({
      config: { unique_tag: 'z' },
      limits: { max_request_batch: 5, max_ha_assets: 6, max_duplicate_window: 3_000_000_000, default_max_consumers: 1000 },
    });
  });
});

it('orders the keys of jsz as nats-server does', async () => {
  const keys = Object.keys(await page('jetstream { store_dir: "@DIR@" }', '/jsz?raft=1'));
  expect(keys.join(' ')).toBe(
    'memory storage reserved_memory reserved_storage accounts ha_assets api server_id now config limits ' +
      'streams streams_leader consumers consumers_leader messages bytes total',
  );
});
