/** Consumers of every stream of an account: who lags, who is stalled, who is paused. */
import { consumerPresets, consumerSortKeys } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { AccountSelect } from '../../../components/account-select.tsx';
import { ConsumerList, type ConsumersState } from '../../../components/consumers/consumer-list.tsx';
import { JetStreamGate } from '../../../components/jetstream/jetstream-gate.tsx';
import { type RawSearch, searchOneOf, searchText, useUrlState } from '../../../lib/url-state.ts';

interface ConsumersSearch extends ConsumersState {
  readonly account: string;
}

/** What the page keeps in its URL; `of` is the stream of the open consumer. */
export function parseConsumersSearch(search: RawSearch): ConsumersSearch {
  const sort = searchOneOf(search, 'sort', consumerSortKeys) ?? 'lag';
  const stream = searchText(search, 'of');
  const name = searchText(search, 'consumer');
  return {
    account: searchText(search, 'account') ?? '',
    preset: searchOneOf(search, 'preset', consumerPresets) ?? 'all',
    q: searchText(search, 'q') ?? '',
    sort,
    order: searchOneOf(search, 'order', ['asc', 'desc']) ?? 'desc',
    open: stream === undefined || name === undefined ? null : { stream, name },
  };
}

export function ConsumersPage(): ReactNode {
  const [search, patch] = useUrlState(parseConsumersSearch);
  const head = (
    <div className="head">
      <h1>Consumers</h1>
      <span className="push row">
        <AccountSelect account={search.account} onChange={(account) => patch({ account })} />
      </span>
    </div>
  );
  return (
    <JetStreamGate account={search.account} head={head}>
      <ConsumerList
        account={search.account}
        stream={null}
        state={search}
        onChange={patch}
        emptyCommand="nats consumer add ORDERS billing --pull --defaults"
      />
    </JetStreamGate>
  );
}
