/**
 * `$JS.<domain>.API` of the server's own domain: the same as `$JS.API`, for clients that name the domain. Mappings rename what clients
 * publish, so that their permissions count for what the requests become; what the server sends itself is not renamed.
 * Source: nats-server server/jetstream_api.go generateJSMappingTable.
 */
import { API_PREFIX } from '@sluice/protocol/jetstream';
import type { MappingOptions } from '../../options.ts';

/** Subjects behind the prefix; those of buckets lose it. */
const SUFFIXES = ['INFO', 'STREAM.>', 'CONSUMER.>', 'DIRECT.>', 'META.>', 'SERVER.>', 'ACCOUNT.>'];
const BUCKETS = ['$KV.>', '$OBJ.>'];

/** In the system account all of the domain's API is the server's. */
export function systemDomainMappings(domain: string): MappingOptions[] {
  return [{ source: `$JS.${domain}.API.>`, destinations: [{ destination: `${API_PREFIX}.>`, weight: 100 }] }];
}

/** Requests to the API under the name of the domain reach the API; those of key-value and object stores reach their buckets. */
export function domainMappings(domain: string): MappingOptions[] {
  const rows = [...SUFFIXES.map((suffix) => [suffix, `${API_PREFIX}.${suffix}`]), ...BUCKETS.map((bucket) => [bucket, bucket])];
  return rows.map(([suffix = '', destination = '']) => ({
    source: `$JS.${domain}.API.${suffix}`,
    destinations: [{ destination, weight: 100 }],
  }));
}

/** The other way round: for accounts without JetStream here, whose requests go to that of a domain. */
export function defaultDomainMappings(domain: string): MappingOptions[] {
  return domainMappings(domain).map(({ source, destinations: [{ destination } = { destination: source }] }) => ({
    source: destination,
    destinations: [{ destination: source, weight: 100 }],
  }));
}
