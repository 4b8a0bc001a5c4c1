/**
 * What the servers offer beyond nats-server's services. Probed at every connect: a Sluice broker answers `PING.SLUICE` with the
 * names of its services, a plain nats-server does not, and the console goes without.
 */

import { type SluiceCapability, sluiceCapabilities } from '@sluice/protocol';
import {
  type Availability,
  type Capabilities,
  type FeatureName,
  featureNames,
  type ServerIdentity,
} from '@sluice/protocol/console';
import { recordAt, stringAt, stringsAt } from './json-fields.ts';
import type { NatsContext } from './nats-context.ts';

interface KnownServer extends ServerIdentity {
  readonly capabilities: readonly SluiceCapability[];
}

const needs: Readonly<Partial<Record<FeatureName, SluiceCapability>>> = {
  tap: 'tap',
  subjects: 'subjectz',
  interest: 'interest',
  config: 'config',
  permissions: 'config',
};

export class CapabilityProbe {
  readonly #nats: NatsContext;
  #servers = new Map<string, KnownServer>();
  #systemAccount = '$SYS';

  constructor(nats: NatsContext) {
    this.#nats = nats;
  }

  /** Asks all servers anew. */
  async probe(): Promise<void> {
    const [identities, sluices] = await Promise.all([this.#nats.discover(), this.#nats.scatter('SLUICE')]);
    const servers = new Map<string, KnownServer>();
    for (const server of identities) {
      const id = stringAt(server, 'id');
      if (id === '') continue;
      servers.set(id, {
        id,
        name: stringAt(server, 'name', id),
        version: stringAt(server, 'ver'),
        sluiceVersion: null,
        capabilities: [],
      });
    }
    for (const answer of sluices) {
      const known = servers.get(stringAt(recordAt(answer, 'server'), 'id'));
      if (known === undefined) continue;
      const info = recordAt(answer, 'data');
      const names = stringsAt(info, 'capabilities');
      const capabilities = sluiceCapabilities.filter((name) => names.includes(name));
      servers.set(known.id, { ...known, sluiceVersion: stringAt(info, 'version'), capabilities });
    }
    this.#servers = servers;
    const own = await this.#nats.request('$SYS.REQ.USER.INFO', {});
    if (own.ok) this.#systemAccount = stringAt(own.value, 'account', this.#systemAccount);
  }

  /** Name of the account that the console itself is in. */
  get systemAccount(): string {
    return this.#systemAccount;
  }

  servers(): ServerIdentity[] {
    return [...this.#servers.values()].map(({ capabilities: _capabilities, ...identity }) => identity);
  }

  serverName(id: string): string {
    return this.#servers.get(id)?.name ?? id;
  }

  sluiceVersion(id: string): string | null {
    return this.#servers.get(id)?.sluiceVersion ?? null;
  }

  /** Id of a server that offers `capability`, the one connected to first. */
  serverWith(capability: SluiceCapability): string | undefined {
    const own = this.#servers.get(this.#nats.serverId);
    if (own?.capabilities.includes(capability) === true) return own.id;
    for (const server of this.#servers.values()) if (server.capabilities.includes(capability)) return server.id;
    return undefined;
  }

  features(): Capabilities['features'] {
    const of = (feature: FeatureName): Availability => this.#availability(feature);
    const entries = featureNames.map((feature) => [feature, of(feature)] as const);
    return Object.fromEntries(entries) as Capabilities['features'];
  }

  #availability(feature: FeatureName): Availability {
    if (!this.#nats.isConnected) return { isAvailable: false, reason: 'The console is not connected to the broker.' };
    const needed = needs[feature];
    if (needed === undefined || this.serverWith(needed) !== undefined) return { isAvailable: true };
    return { isAvailable: false, reason: `The server does not offer the service "${needed}"; a Sluice broker does.` };
  }
}
