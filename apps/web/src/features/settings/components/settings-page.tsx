/** Settings: people of the console, one's own account, how the console looks. */
import { type ReactNode, useId } from 'react';
import { Tabs } from '../../../components/tabs.tsx';
import { useMay } from '../../../lib/session.ts';
import { useUrlState } from '../../../lib/url-state.ts';
import { parseSettingsSearch, type SettingsTab } from '../model/settings-search.ts';
import { AccountTab } from './account-tab.tsx';
import { AppearanceTab } from './appearance-tab.tsx';
import { UsersTab } from './users-tab.tsx';

const words: Readonly<Record<SettingsTab, string>> = {
  users: 'Console users',
  account: 'Your account',
  appearance: 'Appearance',
};

export function SettingsPage(): ReactNode {
  const [search, patch] = useUrlState(parseSettingsSearch);
  const isAdmin = useMay('admin');
  const panelId = useId();
  const tab = search.tab ?? (isAdmin ? 'users' : 'account');
  return (
    <main className="main fix">
      <div className="head">
        <h1>Settings</h1>
      </div>
      <Tabs
        label="Settings"
        panelId={panelId}
        value={tab}
        onChange={(next) => patch({ tab: next, user: undefined })}
        tabs={(['users', 'account', 'appearance'] as const).map((value) => ({ value, label: words[value] }))}
      />
      <div id={panelId} className="tabpanel" role="tabpanel" aria-label={words[tab]}>
        {tab === 'users' ? (
          <UsersTab openUser={search.user} onOpen={(user) => patch({ tab: 'users', user: user ?? undefined })} />
        ) : tab === 'account' ? (
          <AccountTab />
        ) : (
          <AppearanceTab />
        )}
      </div>
    </main>
  );
}
