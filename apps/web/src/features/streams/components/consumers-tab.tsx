/** Consumers of one stream. */
import type { StreamDetail } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { ConsumerList, type ConsumersState } from '../../../components/consumers/consumer-list.tsx';
import type { SearchPatch } from '../../../lib/url-state.ts';
import type { StreamSearch } from '../model/stream-search.ts';

export interface ConsumersTabProps {
  readonly detail: StreamDetail;
  readonly search: StreamSearch;
  readonly onChange: (change: SearchPatch) => void;
}

export function ConsumersTab({ detail, search, onChange }: ConsumersTabProps): ReactNode {
  const { name } = detail.row;
  const state: ConsumersState = {
    ...search.consumers,
    open: search.consumer === null ? null : { stream: name, name: search.consumer },
  };
  return (
    <ConsumerList
      account={search.account}
      stream={name}
      state={state}
      onChange={onChange}
      emptyCommand={`nats consumer add ${name} worker --pull --defaults`}
    />
  );
}
