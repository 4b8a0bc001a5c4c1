/** The ports file: where a server that chose its ports says which. Source: nats-server server/server.go logPorts, formatURL. */
import { rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { basename, join } from 'node:path';
import type { Broker } from '../broker.ts';

/** Hosts that stand for every address of the machine, of both families. */
const WILDCARDS: readonly string[] = ['0.0.0.0', '::'];

/** `<folder>/<program>_<pid>.ports`. */
export function portsFilePath(folder: string): string {
  return join(folder, `${basename(process.argv[1] ?? 'nats-server')}_${process.pid}.ports`);
}

/** Writes the addresses that are listened on as one line of JSON without line feed. Throws the system's error. */
export function writePortsFile(path: string, broker: Broker, profilePort?: number): void {
  const { monitor, websocket, tls, cluster } = broker.server.options;
  const ports = {
    nats: urls(tls === undefined ? 'nats' : 'tls', broker.host, broker.port),
    ...(monitor === undefined
      ? {}
      : { monitoring: urls(monitor.isTls === true ? 'https' : 'http', monitor.host, broker.monitorPort) }),
    ...(cluster === undefined
      ? {}
      : { cluster: urls(cluster.tls === undefined ? 'nats' : 'tls', cluster.host, broker.clusterPort) }),
    ...(profilePort === undefined ? {} : { profile: urls('http', broker.host, profilePort) }),
    ...(websocket === undefined
      ? {}
      : { websocket: urls(websocket.tls === undefined ? 'ws' : 'wss', websocket.host, broker.websocketPort) }),
  };
  writeFileSync(path, JSON.stringify(ports), { mode: 0o644 });
}

/** The server goes; a file that is gone already is no error. */
export function removePortsFile(path: string): void {
  rmSync(path, { force: true });
}

/** A wildcard is written out, loopback first, because suites read the first one. */
function urls(scheme: string, host: string, port: number | undefined): string[] {
  if (port === undefined) return [];
  const hosts = WILDCARDS.includes(host) ? interfaceAddresses() : [host];
  return hosts.map((address) => `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`);
}

function interfaceAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const isLoopback = (entry: { internal: boolean }) => (entry.internal ? 0 : 1);
  return addresses.sort((a, b) => isLoopback(a) - isLoopback(b)).map(({ address }) => address);
}
