/** Which server, a way to everything (⌘K), the time zone, findings, the theme, and who is logged in. */
import { Menu, Popover, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Bell, ChevronDown, LogOut, Moon, Search, Settings, SquareTerminal, Sun, UserRound } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Dot } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { CopyButton } from '../components/copy-button.tsx';
import { Icon } from '../components/icon.tsx';
import { KeyValue } from '../components/key-value.tsx';
import { Seg } from '../components/seg.tsx';
import { Age } from '../components/time.tsx';
import { apiRequest } from '../lib/api-client.ts';
import { serverLabel } from '../lib/format.ts';
import { useLiveState } from '../lib/live-context.tsx';
import { overviewQuery } from '../lib/overview-query.ts';
import { useTimeZone } from '../lib/preferences.ts';
import { sessionQuery, useCapabilities } from '../lib/session.ts';

export function TopBar({ onPalette }: { onPalette: () => void }): ReactNode {
  const [zone, setZone] = useTimeZone();
  return (
    <header className="topbar">
      <ServerMenu />
      <button type="button" className="inp palb" onClick={onPalette} aria-keyshortcuts="Control+K Meta+K">
        <Icon of={Search} isSmall />
        <span className="grow el">Search or jump to…</span>
        <span className="kbd">{isMac() ? '⌘K' : 'Ctrl K'}</span>
      </button>
      <Seg
        label="Time zone"
        value={zone}
        onChange={setZone}
        options={[
          { value: 'utc', label: 'UTC' },
          { value: 'local', label: 'Local' },
        ]}
      />
      <FindingsLink />
      <ThemeButton />
      <UserMenu />
    </header>
  );
}

function ServerMenu(): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const capabilities = useCapabilities();
  const { broker, clockOffsetMs } = useLiveState();
  const server = capabilities?.servers[0];
  const state = broker?.state ?? 'unknown';
  return (
    <Popover opened={isOpen} onChange={setIsOpen} position="bottom-start" shadow="none" trapFocus>
      <Popover.Target>
        <button type="button" className="btn ghost server" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          <Icon of={SquareTerminal} />
          <span className="el fg">{server === undefined ? 'broker' : serverLabel(server.name, server.id)}</span>
          <span className="f3 nb h-md">{state === 'running' ? 'embedded' : state}</span>
          <Icon of={ChevronDown} isSmall />
        </button>
      </Popover.Target>
      <Popover.Dropdown className="menu wide" aria-label="Server">
        <KeyValue
          isSingle
          items={[
            {
              name: 'State',
              value: (
                <span className="row">
                  <Dot tone={state === 'running' ? 'ok' : 'bad'} /> {state}
                  {broker === null ? null : (
                    <span className="f3">
                      for <Age sinceMs={broker.sinceMs} offsetMs={clockOffsetMs} />
                    </span>
                  )}
                </span>
              ),
            },
            { name: 'Clients connect to', value: capabilities?.natsUrl ?? null, isMono: true },
            { name: 'Server id', value: server?.id ?? null, isMono: true },
            { name: 'Speaks NATS', value: server?.version ?? null },
            { name: 'Restarts', value: broker?.restarts ?? null },
          ]}
        />
        {capabilities?.natsUrl === null || capabilities === undefined ? null : (
          <CopyButton text={capabilities.natsUrl} label="Copy address" />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function FindingsLink(): ReactNode {
  const findings = useQuery(overviewQuery).data?.findings.filter((finding) => finding.severity !== 'info') ?? [];
  const isBad = findings.some((finding) => finding.severity === 'bad');
  const label = findings.length === 0 ? 'No findings' : findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  return (
    <Link to="/" className="btn ghost icon" aria-label={label} title={label} style={{ position: 'relative' }}>
      <Icon of={Bell} />
      {findings.length === 0 ? null : <span className={`bellct ${isBad ? 'isbad' : ''}`}>{findings.length}</span>}
    </Link>
  );
}

function ThemeButton(): ReactNode {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <Button
      variant="ghost"
      icon={scheme === 'dark' ? Sun : Moon}
      aria-label={`Switch to the ${next} theme`}
      onClick={() => setColorScheme(next)}
    />
  );
}

function UserMenu(): ReactNode {
  const session = useQuery(sessionQuery).data;
  const navigate = useNavigate();
  const logOut = useLogOut();
  if (session === null || session === undefined) return null;
  return (
    <Menu position="bottom-end" shadow="none" width={200}>
      <Menu.Target>
        <button type="button" className="btn ghost userb" aria-label={`${session.username}, ${session.role}`}>
          <span className="ava" aria-hidden="true">
            {initialsOf(session.username)}
          </span>
          <span className="h-md fg">{session.username}</span>
          <span className="f3 h-md nb">{session.role}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<Icon of={UserRound} isSmall />}
          onClick={() => void navigate({ to: '/settings', search: { tab: 'account' } })}
        >
          Your account
        </Menu.Item>
        <Menu.Item leftSection={<Icon of={Settings} isSmall />} onClick={() => void navigate({ to: '/settings' })}>
          Settings
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon of={LogOut} isSmall />} onClick={() => void logOut()}>
          Log out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Ends the session and leads to the login. */
export function useLogOut(): () => Promise<void> {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    await apiRequest('DELETE', '/api/session');
    queryClient.clear();
    queryClient.setQueryData(sessionQuery.queryKey, null);
    await navigate({ to: '/login' });
  };
}

function initialsOf(username: string): string {
  const parts = username.split(/[._\-@]/).filter((part) => part !== '');
  const letters = parts.length > 1 ? `${parts[0]?.[0] ?? ''}${parts[1]?.[0] ?? ''}` : username.slice(0, 2);
  return letters.toUpperCase();
}

function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
