/** Search and facets over the list; counts load when a facet opens. */
import type { ConnectionFacets, FacetValue } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Facet, type FacetOption } from '../../../components/facet.tsx';
import { TextInput } from '../../../components/field.tsx';
import type { SearchPatch } from '../../../lib/url-state.ts';
import { facetsQuery } from '../api/connections-api.ts';
import { type ConnectionsSearch, type FacetName, facetNames, queryOf } from '../model/connections-search.ts';

/** A keystroke asks the server after this pause, in milliseconds. */
const TYPING_MS = 150;

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
      <SearchBox value={search.q} onChange={(q) => onChange({ q })} />
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

function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }): ReactNode {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <TextInput
      data-search
      type="search"
      aria-label="Search connections"
      icon={Search}
      wrapClassName="csearch"
      placeholder="Name, cid, user or address"
      value={text}
      maxLength={256}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
      end={<span className="kbd">/</span>}
    />
  );
}
