/**
 * How a copied message says where it comes from: `Nats-Stream-Source: <name> <sequence> <filters> <destinations> <subject> <identity>`.
 * Name, filters and destinations together tell the sources of one stream apart. Source: nats-server server/stream.go composeIName,
 * genSourceHeader, streamAndSeq.
 */
import type { StreamSourceConfig } from '@sluice/protocol/jetstream';
import { nameHash } from '../name-hash.ts';

const EVERYTHING = '>';

/** What makes a source different from the others of its stream. */
export function indexName(source: StreamSourceConfig): string {
  let name = source.name;
  if (source.external !== undefined) name += `:${nameHash(source.external.api)}`;
  if (source.consumer !== undefined) name += `:C=${nameHash(source.consumer.name)}`;
  const transforms = source.subject_transforms ?? [];
  const orEverything = (subject: string | undefined): string => (subject === undefined || subject === '' ? EVERYTHING : subject);
  if (transforms.length === 0) return [name, orEverything(source.filter_subject), EVERYTHING].join(' ');
  const filters = transforms.map(({ src }) => orEverything(src)).join('\f');
  const destinations = transforms.map(({ dest }) => orEverything(dest)).join('\f');
  return [name, filters, destinations].join(' ');
}

/** Up to where a source has been copied, and from which stream of that name. */
export interface SourcePosition {
  readonly seq: number;
  /** Empty when it is not known. */
  readonly identity: string;
}

/** The value of `Nats-Stream-Source`: where in its origin a message stands, told by spaces. */
export function sourceHeader(index: string, position: SourcePosition, subject: string): string {
  const [name = '', filters = '', destinations = ''] = index.split(' ');
  const fields = [name, position.seq, filters, destinations, subject];
  return position.identity === '' ? fields.join(' ') : [...fields, position.identity].join(' ');
}

/** Reads a header; undefined when it is none of this kind. */
export function parseSourceHeader(value: string): { index: string; position: SourcePosition } | undefined {
  const [name = '', seq = '', filters, destinations, , identity = ''] = value.split(' ');
  if (filters === undefined || destinations === undefined || !/^\d{1,16}$/.test(seq)) return undefined;
  return { index: [name, filters, destinations].join(' '), position: { seq: Number(seq), identity } };
}
