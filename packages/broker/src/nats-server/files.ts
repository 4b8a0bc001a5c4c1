/** The pid file, which stays, and the ports file, which goes with an orderly exit. */
import { rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Broker } from '../broker.ts';

/** Suites look the file up under the name of the command. */
const COMMAND = 'nats-server';

export function writePidFile(path: string): void {
  writeFileSync(path, String(process.pid), { mode: 0o660 });
}

/** Writes `nats-server_<pid>.ports`; returns its path. */
export function writePortsFile(folder: string, broker: Broker): string {
  const path = join(folder, `${COMMAND}_${process.pid}.ports`);
  const { options } = broker.server;
  const ports: Record<string, string[]> = { nats: urls('nats', broker.host, broker.port) };
  if (broker.monitorPort !== undefined && options.monitor !== undefined) {
    ports['monitoring'] = urls('http', options.monitor.host, broker.monitorPort);
  }
  if (broker.websocketPort !== undefined && options.websocket !== undefined) {
    ports['websocket'] = urls('ws', options.websocket.host, broker.websocketPort);
  }
  writeFileSync(path, JSON.stringify(ports), { mode: 0o644 });
  return path;
}

export function removeFile(path: string): void {
  rmSync(path, { force: true });
}

/** A wildcard listener is reachable under each address of the machine; 127.0.0.1 comes first. */
function urls(scheme: string, host: string, port: number): string[] {
  const hosts = host === '0.0.0.0' || host === '::' || host === '' ? localAddresses() : [host];
  return hosts.map((address) => `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`);
}

function localAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const addresses = all.filter(({ address }) => !address.startsWith('fe80:')).map(({ address }) => address);
  return [...new Set(['127.0.0.1', ...addresses])];
}
