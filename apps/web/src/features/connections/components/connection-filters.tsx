/** Search and facets over the list; counts load when a facet opens. */
import type { ConnectionFacets, FacetValue } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Facet, type FacetOption } from '../../../components/facet.tsx';
import { SearchInput } from '../../../components/search-input.tsx';
import type { SearchPatch } from '../../../lib/url-state.ts';
import { facetsQuery } from '../api/connections-api.ts';
import { type ConnectionsSearch, type FacetName, facetNames, queryOf } from '../model/connections-search.ts';

const titles: Readonly<Record<FacetName, string>> = {
  account: 'account',
  user: 'user',
  lang: 'client',
  kind: 'transport',
  tls: 'TLS',
  serverId: 'server',
  reason: 'reason',
};

export interface ConnectionFiltersProps {
  readonly search: ConnectionsSearch;
  readonly onChange: (change: SearchPatch) => void;
  readonly note: string;
}

export function ConnectionFilters({ search, onChange, note }: ConnectionFiltersProps): ReactNode {
  const [isAsked, setIsAsked] = useState(false);
  const isFiltered = search.q !== '' || facetNames.some((name) => search.facets[name].length > 0);
  const facets = useQuery({ ...facetsQuery(queryOf(search, 0, 1)), enabled: isAsked || isFiltered }).data;
  const shown = facetNames.filter((name) => isShown(name, search, facets));
  return (
    <div className="tool">
      <SearchInput
        label="Search connections"
        placeholder="Name, cid, user or address"
        value={search.q}
        onChange={(q) => onChange({ q })}
      />
      {shown.map((name) => (
        <Facet
          key={name}
          name={titles[name]}
          options={facets?.[name].map((value) => optionOf(name, value))}
          chosen={search.facets[name]}
          onChange={(chosen) => onChange({ [name]: chosen.join(',') })}
          onOpen={() => setIsAsked(true)}
          isSingle={name === 'tls'}
          className={name === 'serverId' || name === 'tls' || name === 'kind' ? 'h-md' : ''}
        />
      ))}
      {isFiltered ? (
        <Button
          variant="ghost"
          isSmall
          onClick={() => onChange({ q: undefined, ...Object.fromEntries(facetNames.map((name) => [name, undefined])) })}
        >
          Clear
        </Button>
      ) : null}
      <span className="push f3 sm num nw h-md">{note}</span>
    </div>
  );
}

/** A server facet is of no use with one server, a reason only for closed connections. */
function isShown(name: FacetName, search: ConnectionsSearch, facets: ConnectionFacets | undefined): boolean {
  if (search.facets[name].length > 0) return true;
  if (name === 'reason') return search.preset === 'closed';
  if (name === 'serverId') return (facets?.serverId.length ?? 0) > 1;
  return true;
}

function optionOf(name: FacetName, { value, count }: FacetValue): FacetOption {
  if (name === 'user' || name === 'lang') return { value, count, label: value === '' ? 'none' : value };
  return { value, count };
}
