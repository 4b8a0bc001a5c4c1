/**
 * Servers that are leaf nodes of one another, from one configuration text each: this server on both sides, or a real nats-server on one of
 * them, so that the same tests hold for every pair. All are stopped after each test.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { readConfigText, toOptions, validateSettings } from '../../src/config/index.ts';
import { Broker, nodeEnv } from '../../src/index.ts';
import { processSources } from '../../src/nats-server/sources.ts';
import { findReference, startReference } from '../conformance/reference.ts';
import { RawClient } from './raw-client.ts';
import { eventually } from './use-cluster.ts';

export { eventually } from './use-cluster.ts';

/** Who runs on which side: `ours`, or a real nats-server. */
export interface Pair {
  readonly hub: 'ours' | 'real';
  readonly leaf: 'ours' | 'real';
}

const reference = findReference();

/** This server on both sides, and, where there is a nats-server to be had, each of the two on either side. */
export const pairs: readonly Pair[] = [
  { hub: 'ours', leaf: 'ours' },
  ...(reference === undefined
    ? []
    : ([
        { hub: 'ours', leaf: 'real' },
        { hub: 'real', leaf: 'ours' },
      ] as const)),
];
if (reference === undefined) {
  process.stdout.write('leaf nodes of nats-server are skipped: NATS_SERVER_BIN is unset and no nats-server 2.15 is on PATH\n');
}

export interface LeafServer {
  readonly port: number;
  /** Undefined for a real nats-server. */
  readonly broker: Broker | undefined;
  /** What this server logged. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

export interface LeafFixture {
  /** Starts a server; `$STORE` in the text stands for a folder of its own. */
  start(kind: 'ours' | 'real', config: string): Promise<LeafServer>;
  /** A port that nobody listens on. */
  freePort(): Promise<number>;
  client(server: LeafServer, options?: Readonly<Record<string, unknown>>): Promise<RawClient>;
  raw(port: number): Promise<RawClient>;
  /** Waits until what one client publishes reaches the other. */
  connected(from: RawClient, to: RawClient): Promise<void>;
}

export function useLeafs(): LeafFixture {
  const servers: LeafServer[] = [];
  const clients: RawClient[] = [];
  const folders: string[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.end();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const keep = (client: RawClient): RawClient => {
    clients.push(client);
    return client;
  };
  let probes = 0;
  return {
    freePort: () => freePort(),
    start: async (kind, config) => {
      const folder = mkdtempSync(join(tmpdir(), 'sluice-leaf-'));
      folders.push(folder);
      const text = config.replaceAll('$STORE', folder);
      const server = kind === 'ours' ? await startOurs(text) : await startReal(text);
      servers.push(server);
      return server;
    },
    client: async ({ port }, options = {}) =>
      keep(await RawClient.ready(port, { headers: true, no_responders: true, protocol: 1, ...options })),
    raw: async (port) => keep(await RawClient.open(port)),
    connected: async (from, to) => {
      const subject = `probe.${++probes}`;
      await to.settle(`SUB ${subject} probe${probes}\r\n`);
      await eventually(() => {
        from.send(`PUB ${subject} 0\r\n\r\n`);
        return to.received.includes(`MSG ${subject} `);
      }, 'a message from one server to the other');
      await to.settle(`UNSUB probe${probes}\r\n`);
      to.take();
    },
  };
}

async function startOurs(text: string): Promise<LeafServer> {
  const read = readConfigText(`listen: "127.0.0.1:-1"\n${text}`, 'test.conf', processSources);
  if (!read.ok) throw new Error(read.error);
  const problem = validateSettings(read.settings);
  if (problem !== undefined) throw new Error(problem);
  const lines: string[] = [];
  const log = { isDebug: true, isTrace: false, write: (level: string, line: string) => void lines.push(`[${level}] ${line}`) };
  const broker = await Broker.start(toOptions(read.settings), { ...nodeEnv(), log });
  return { port: broker.port, broker, lines, stop: () => broker.stop() };
}

async function startReal(text: string): Promise<LeafServer> {
  const server = await startReference(reference ?? '', text);
  return { port: server.port, broker: undefined, lines: [], stop: () => server.stop() };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
