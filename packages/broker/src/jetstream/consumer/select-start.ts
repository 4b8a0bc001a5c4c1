/** Where a new consumer begins. Source: nats-server server/consumer.go selectStartingSeqNo. */
import { type ConsumerConfig, parseTime } from '@sluice/protocol/jetstream';
import type { MessageStore } from '../store/store.ts';
import { FilterSet } from '../store/subject-filter.ts';
import { filtersOf } from './config-rules.ts';

/** The first sequence to look at; with `last_per_subject` the messages to deliver before going on from `resumeAt`. */
export interface Start {
  readonly seq: number;
  readonly skipList: number[] | undefined;
  readonly resumeAt: number;
}

export function selectStart(config: ConsumerConfig, store: MessageStore, isOnePerSubject: boolean): Start {
  const { firstSeq, lastSeq } = store.state();
  const optional = config.opt_start_seq ?? 0;
  const filters = filtersOf(config);
  const filter = FilterSet.of(filters);
  let seq = optional;
  let skipList: number[] | undefined;
  if (optional === 0) {
    if (config.deliver_policy === 'all') seq = firstSeq;
    else if (config.deliver_policy === 'last') seq = filter === null ? lastSeq : store.filteredState(filter, 1).last;
    else if (config.deliver_policy === 'last_per_subject' && isOnePerSubject) seq = firstSeq;
    else if (config.deliver_policy === 'last_per_subject') {
      skipList =
        store.lastSeqsPerSubject(
          filters.map((pattern) => new FilterSet([pattern])),
          0,
          0,
        ) ?? [];
      seq = skipList[0] ?? lastSeq;
    } else if (config.opt_start_time !== undefined) seq = fromTime(config.opt_start_time, filters, store);
    else seq = lastSeq + 1;
  }
  return { seq: clamp(seq, { firstSeq, lastSeq, isOptional: optional > 0 }), skipList, resumeAt: lastSeq };
}

/** The first sequence not older than the time; where the first message of a filter lies behind it, that one. */
function fromTime(text: string, filters: readonly string[], store: MessageStore): number {
  const time = parseTime(text);
  if (time === undefined) return 1;
  const { firstSeq, lastSeq } = store.state();
  const seq = store.seqFromTime(time.us, time.ns);
  let nearest = lastSeq;
  for (const filter of filters) {
    const { first } = store.filteredState(new FilterSet([filter]), firstSeq);
    if (first >= seq && first < nearest) nearest = first;
  }
  return filters.length > 0 && nearest < lastSeq ? Math.max(seq, nearest) : seq;
}

function clamp(seq: number, bounds: { firstSeq: number; lastSeq: number; isOptional: boolean }): number {
  const { firstSeq, lastSeq, isOptional } = bounds;
  if (firstSeq === 0 && !isOptional) return 1;
  if (seq > lastSeq && !isOptional) return lastSeq + 1;
  return Math.max(seq, firstSeq);
}
