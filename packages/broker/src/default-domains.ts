/**
 * `default_js_domain`: requests to JetStream in an account that has none here go to that of a domain, across a leaf node.
 * Source: nats-server server/server.go registerAccountNoLock.
 */
import type { Account } from './account/account.ts';
import { defaultDomainMappings } from './jetstream/api/domain-api.ts';
import type { Server } from './server.ts';

/** Takes the option into force for the accounts that are there and those that come; the function ends that. */
export function applyDefaultDomains(server: Server): () => void {
  const domains = server.options.defaultJetStreamDomains ?? {};
  const { log } = server.env;
  if (Object.keys(domains).length === 0) return () => undefined;
  log.write('WRN', 'The option `default_js_domain` is a temporary backwards compatibility measure and will be removed');
  const apply = (account: Account): void => {
    const domain = domains[account.name] ?? '';
    if (domain === '') return;
    if (account.limits.jetstream !== undefined) {
      const text = `Skipping Default Domain ${JSON.stringify(domain)}, set for JetStream enabled account ${JSON.stringify(account.name)}`;
      return log.write('WRN', text);
    }
    for (const { source, destinations } of defaultDomainMappings(domain)) {
      const to = JSON.stringify(destinations[0]?.destination ?? '');
      log.write(
        'INF',
        `Adding default domain mapping ${JSON.stringify(source)} -> ${to} to account ${JSON.stringify(account.name)}`,
      );
    }
    account.setOwnMappings('default domain', defaultDomainMappings(domain));
  };
  for (const account of server.accounts.all()) apply(account);
  server.accounts.creationObservers.add(apply);
  return () => server.accounts.creationObservers.delete(apply);
}
