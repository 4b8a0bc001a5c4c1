/**
 * The running configuration, readable, and changes to it: validated as one types, shown as a diff with what each change does and
 * whom it drops, applied with an answer that says what happened.
 */
import { type ConfigChangeReport, type ConsoleConfig, roleAllows } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Badge } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import { SearchInput } from '../../../components/search-input.tsx';
import { Seg } from '../../../components/seg.tsx';
import { FailedState, MissingFeature, Skeleton } from '../../../components/states.tsx';
import { Time } from '../../../components/time.tsx';
import { plural } from '../../../lib/format.ts';
import { useCapabilities, useRole } from '../../../lib/session.ts';
import { useUrlState } from '../../../lib/url-state.ts';
import { configQuery } from '../api/config-api.ts';
import { type ConfigSearch, NEW_NATS_USER, parseConfigSearch } from '../model/config-search.ts';
import { draftSize } from '../model/draft.ts';
import { useConfigDraft } from '../model/draft-store.ts';
import { ChangesPane } from './changes-pane.tsx';
import { NatsUserPane } from './nats-user-pane.tsx';
import { NatsUsers } from './nats-users.tsx';
import { SettingsTable } from './settings-table.tsx';

export function ConfigPage(): ReactNode {
  const config = useQuery(configQuery);
  const feature = useCapabilities()?.features.config;
  if (config.data !== undefined) return <Config config={config.data} />;
  return (
    <main className="main">
      <div className="head">
        <h1>Config</h1>
      </div>
      {feature?.isAvailable === false ? (
        <MissingFeature title="This server does not show its configuration" reason={feature.reason} />
      ) : config.error === null ? (
        <Skeleton widths={[40, 70, 60, 65, 50, 72]} />
      ) : (
        <FailedState error={config.error} onRetry={() => void config.refetch()} />
      )}
    </main>
  );
}

function Config({ config }: { config: ConsoleConfig }): ReactNode {
  const [search, patch] = useUrlState(parseConfigSearch);
  const [draft] = useConfigDraft();
  const [applied, setApplied] = useState<ConfigChangeReport | null>(null);
  const role = useRole();
  const offReason = roleAllows(role, 'operator') ? undefined : `You are ${role}; changes need the role operator`;
  const size = draftSize(draft);
  return (
    <main className="main fix">
      <div className="head">
        <h1>Config</h1>
        <span className="mono f2 el">{config.configFile ?? 'no file'}</span>
        {size === 0 ? null : <Badge tone="info">{plural(size, 'change')}</Badge>}
        <span className="f3 sm nw h-md">
          running since <Time atMs={config.loadedAtMs} />, revision {config.revision}
        </span>
      </div>
      <div className="split">
        <div className="col grow">
          <ConfigToolbar config={config} search={search} patch={patch} offReason={offReason} />
          {search.view === 'settings' ? (
            <SettingsTable
              config={config}
              text={search.q}
              editKey={search.key}
              offReason={offReason}
              onEdit={(key) => patch({ key: key ?? undefined })}
            />
          ) : (
            <NatsUsers config={config} text={search.q} openUser={search.user} onOpen={(user) => patch({ user })} />
          )}
          <div className="foot">
            <span>
              {config.isAnonymousAllowed ? 'clients without credentials are let in' : 'clients must give credentials'}
              {config.noAuthUser === null ? '' : `, as user ${config.noAuthUser}`}
            </span>
            <span className="push mono h-md">{config.configDigest.slice(0, 24)}</span>
          </div>
        </div>
        {search.view === 'users' && search.user !== null ? (
          <NatsUserPane
            key={search.user}
            config={config}
            username={search.user}
            offReason={offReason}
            onClose={() => patch({ user: undefined })}
          />
        ) : (
          <ChangesPane config={config} offReason={offReason} applied={applied} onApplied={setApplied} />
        )}
      </div>
    </main>
  );
}

interface ConfigToolbarProps {
  readonly config: ConsoleConfig;
  readonly search: ConfigSearch;
  readonly patch: (change: Record<string, string | undefined>) => void;
  readonly offReason: string | undefined;
}

function ConfigToolbar({ config, search, patch, offReason }: ConfigToolbarProps): ReactNode {
  return (
    <div className="pane-h edh">
      <Seg
        label="View"
        isSmall
        value={search.view}
        onChange={(view) => patch({ view: view === 'settings' ? undefined : view, key: undefined, user: undefined })}
        options={[
          { value: 'settings', label: 'Settings' },
          {
            value: 'users',
            label: (
              <>
                NATS users <span className="f3 num">{config.users.length}</span>
              </>
            ),
          },
        ]}
      />
      <SearchInput
        label="Search the configuration"
        placeholder={search.view === 'users' ? 'User or account' : 'Key or word'}
        value={search.q}
        onChange={(q) => patch({ q })}
        className="csearch small"
      />
      {search.view === 'users' ? (
        <Button isSmall className="push" icon={UserPlus} offReason={offReason} onClick={() => patch({ user: NEW_NATS_USER })}>
          Add a user
        </Button>
      ) : (
        <span className="push f3 sm row legend h-md">
          <Badge tone="ok">live</Badge> at once
          <Badge tone="info">reload</Badge> may drop clients
          <Badge tone="warn">restart</Badge> starts anew
        </span>
      )}
    </div>
  );
}
