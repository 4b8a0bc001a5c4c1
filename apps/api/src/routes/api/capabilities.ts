/** `/api/capabilities`: what this console and its broker can do now. */
import type { Capabilities } from '@sluice/protocol/console';
import { capabilitiesSchema } from '@sluice/protocol/console/schemas';
import type { Console } from '../../console.ts';
import { SLUICE_VERSION } from '../../version.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';

export function capabilityRoutes(services: Console): ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/capabilities',
      role: 'viewer',
      summary: 'What this console and its broker can do now',
      returns: 'Capabilities',
      answer: capabilitiesSchema,
      handler: async ({ session }): Promise<Capabilities> => {
        const { probe, nats, config: configuration, connections } = services;
        const config = await configuration.known();
        const accounts = new Set(['$G', ...(config?.users ?? []).map((user) => user.account)]);
        for (const row of connections.last?.open ?? []) accounts.add(row.account);
        return {
          version: SLUICE_VERSION,
          role: session.role,
          natsUrl: services.natsUrl ?? null,
          isAnonymousAllowed: config?.isAnonymousAllowed ?? null,
          natsUsers: (config?.users ?? [])
            .map((user) => user.username)
            .filter((username) => username !== services.anonymousUser()),
          accounts: [...accounts].sort().slice(0, 500),
          usualAccount: services.usualAccount(),
          maxPayloadBytes: nats.maxPayloadBytes,
          broker: services.brokerState(),
          servers: probe.servers(),
          features: probe.features(),
        };
      },
    }),
  ];
}
