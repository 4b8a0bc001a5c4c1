/** Which servers a request is meant for; one that is not stays silent. Source: nats-server server/events.go wantsRequest, filterRequest. */
import type { Server } from '../server.ts';
import type { RequestBody } from './request-body.ts';

/** True when every filter of the request fits this server; a domain is meant as a whole. */
export function isForThisServer(server: Server, body: RequestBody): boolean {
  const isExact = body.boolean('exact_match');
  const fits = (actual: string, wanted: string): boolean =>
    wanted === '' || (isExact ? actual === wanted : actual.includes(wanted));
  if (!fits(server.name, body.text('server_name'))) return false;
  if (!fits(server.options.host, body.text('host'))) return false;
  if (!fits(server.cluster?.name ?? '', body.text('cluster'))) return false;
  const domain = body.text('domain');
  if (domain !== '' && domain !== server.options.jetstream?.domain) return false;
  const tags = new Set(server.options.serverTags.map((tag) => tag.toLowerCase()));
  return body.texts('tags').every((tag) => tags.has(tag.toLowerCase()));
}
