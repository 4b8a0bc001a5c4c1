/** What needs attention in JetStream, in sentences: damage, storage and streams that fill up, consumers that stand still. Pure. */
import { consumerState, type Finding, type SentencePart, type Severity } from '@sluice/protocol/console';
import { name, number, sentence } from '../presenters/sentence.ts';
import type { JetStreamSight, TroubledConsumer, TroubledStream } from './jetstream/jetstream-watch.ts';

/** Used and allowed bytes of one kind of storage; `limit` 0: none, or not known. */
export interface StoreUse {
  readonly used: number;
  readonly limit: number;
}

export interface MeasuredJetStream {
  readonly file: StoreUse;
  readonly memory: StoreUse;
  /** Null: nobody looked yet. */
  readonly sight: JetStreamSight | null;
}

/** Consumers that are named one by one; of more, how many. */
const MAX_CONSUMERS = 4;
const MAX_STREAMS = 3;
const NEARLY_FULL = 0.85;
const FULL = 0.95;

/** A finding that may know since when it lasts. */
type Undated = Omit<Finding, 'sinceMs'> & { sinceMs?: number };

export function jetStreamProblems({ file, memory, sight }: MeasuredJetStream): Undated[] {
  return [
    ...storageProblems('file', file),
    ...storageProblems('memory', memory),
    ...(sight?.troubledStreams ?? []).slice(0, MAX_STREAMS).map(streamProblem),
    ...consumerProblems(sight?.troubledConsumers ?? []),
  ];
}

function storageProblems(kind: 'file' | 'memory', { used, limit }: StoreUse): Undated[] {
  if (limit <= 0 || used < limit * NEARLY_FULL) return [];
  const percent = Math.floor((used / limit) * 100);
  const parts = sentence`JetStream uses ${number(percent)} % of its ${kind} storage; when it is full, streams refuse messages`;
  const link = { label: 'Largest streams', to: '/streams' as const, search: { sort: 'bytes', order: 'desc' } };
  return [{ id: `js-${kind}`, severity: used >= limit * FULL ? 'bad' : 'warn', sentence: parts, link }];
}

function streamProblem({ account, row }: TroubledStream): Undated {
  const id = `js-stream-${account}-${row.name}`;
  const link = { label: 'Open stream', to: '/streams' as const, search: { account, q: row.name } };
  if (row.isReadOnly) {
    const rest = sentence`Stream ${name(row.name)} is read-only: its disk failed, and it refuses messages until the server is started again`;
    return { id, severity: 'bad', sentence: rest, link };
  }
  if (row.lost !== null) {
    const parts = sentence`Stream ${name(row.name)} has lost ${counted(row.lost.messages)} to damage of its files`;
    return { id, severity: 'bad', sentence: parts, link };
  }
  const percent = Math.floor((row.fill ?? 0) * 100);
  if (percent >= 100)
    return { id, severity: 'bad', sentence: sentence`Stream ${name(row.name)} is full and refuses messages`, link };
  const parts = sentence`Stream ${name(row.name)} is ${number(percent)} % full and refuses messages when it is`;
  return { id, severity: percent >= FULL * 100 ? 'bad' : 'warn', sentence: parts, link };
}

function consumerProblems(troubled: readonly TroubledConsumer[]): Undated[] {
  const found = troubled.flatMap((consumer): (Undated & { readonly account: string })[] => {
    const said = consumerSentence(consumer);
    if (said === null) return [];
    const { account, row } = consumer;
    const link = { label: 'Open consumer', to: '/consumers' as const, search: { account, of: row.stream, consumer: row.name } };
    const since = row.lastAckedAtMs === null ? {} : { sinceMs: row.lastAckedAtMs };
    const stalledSince = said.severity === 'bad' ? since : {};
    return [{ id: `js-consumer-${account}-${row.stream}-${row.name}`, ...said, link, account, ...stalledSince }];
  });
  const shown = found
    .sort((a, b) => weight[a.severity] - weight[b.severity])
    .slice(0, MAX_CONSUMERS)
    .map(({ account: _account, ...finding }) => finding);
  const rest = found.length - shown.length;
  if (rest <= 0) return shown;
  const link = {
    label: 'All consumers',
    to: '/consumers' as const,
    search: { account: found.at(-1)?.account ?? '', preset: 'lagging' },
  };
  return [
    ...shown,
    {
      id: 'js-consumers',
      severity: 'info',
      sentence: sentence`${number(rest)} more ${rest === 1 ? 'consumer stands still or falls' : 'consumers stand still or fall'} behind`,
      link,
    },
  ];
}

const weight: Readonly<Record<Severity, number>> = { bad: 0, warn: 1, info: 2 };

/** `1 message`, `3,412 messages`. */
function counted(messages: number): SentencePart {
  return number(`${messages.toLocaleString('en-US')} message${messages === 1 ? '' : 's'}`);
}

/**
 * Short: the consumer's own page says the rest. Null where there is nothing to do about it. A consumer that nobody uses is told, but
 * makes no server unwell.
 */
function consumerSentence({ row, growth }: TroubledConsumer): { severity: Severity; sentence: SentencePart[] } | null {
  const { word } = consumerState(row);
  const said = (severity: Severity, rest: SentencePart[]): { severity: Severity; sentence: SentencePart[] } => ({
    severity,
    sentence: [...sentence`${name(row.name)} of ${name(row.stream)}`, ...rest],
  });
  switch (word) {
    case 'stalled':
      return said('bad', sentence` is stalled: ${number(row.ackPending)} are not acknowledged, ${number(row.lag)} wait`);
    case 'redelivering':
      return said('warn', sentence` gets ${counted(row.redelivered)} again and again`);
    case 'gave up':
      return said('info', sentence` gave up on ${counted(row.redelivered)}`);
    case 'nobody pulls':
    case 'nobody listens':
      return said(growth === null ? 'info' : 'warn', sentence`: ${counted(row.lag)} not delivered, ${word}`);
    case 'paused':
      return row.lag === 0 ? null : said('info', sentence` is paused, ${counted(row.lag)} not delivered`);
    default:
      if (growth === null) return null;
      return said(
        'warn',
        sentence` falls behind: ${number(growth.messages)} more wait than ${number(Math.round(growth.overMs / 1000))} s ago`,
      );
  }
}
