/** ⌘K: every page, what can be done, and a search that leads to the page which knows the answer. */
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { createSpotlight, Spotlight } from '@mantine/spotlight';
import { isValidSubject } from '@sluice/protocol';
import { useNavigate, useRouter } from '@tanstack/react-router';
import {
  Clock,
  Keyboard,
  Layers,
  ListChecks,
  ListTree,
  LogOut,
  type LucideIcon,
  Moon,
  Radio,
  Search,
  ShieldAlert,
  Users,
} from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Icon } from '../components/icon.tsx';
import { withQuery } from '../lib/api-client.ts';
import { useHasJetStream } from '../lib/jetstream-state.ts';
import { keptAccount } from '../lib/kept-account.ts';
import { useTimeZone } from '../lib/preferences.ts';
import { pages, searchOf } from './navigation.ts';
import { useLogOut } from './top-bar.tsx';

const [store, control] = createSpotlight();

export interface PaletteProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onHelp: () => void;
}

interface PaletteEntry {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly keys?: string;
  readonly run: () => void;
}

export function Palette({ isOpen, onClose, onHelp }: PaletteProps): ReactNode {
  const [query, setQuery] = useState('');
  const searches = useSearches(query.trim());
  const entries = useActions(onHelp).filter((entry) => entry.label.toLowerCase().includes(query.trim().toLowerCase()));
  const navigate = useNavigate();
  const going: PaletteEntry[] = pages
    .filter((page) => page.label.toLowerCase().includes(query.trim().toLowerCase()))
    .map((page) => ({
      label: page.label,
      icon: page.icon,
      keys: `g ${page.key}`,
      run: () => void navigate({ to: page.to, search: searchOf(page, keptAccount()) }),
    }));

  useEffect(() => {
    if (isOpen) control.open();
    else control.close();
  }, [isOpen]);

  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      onSpotlightClose={onClose}
      shortcut={null}
      size={520}
      scrollable
      maxHeight={420}
      clearQueryOnClose
    >
      <Spotlight.Search placeholder="Search or jump to…" aria-label="Search or jump to" leftSection={<Icon of={Search} />} />
      <Spotlight.ActionsList>
        <Entries title="Search" entries={searches} />
        <Entries title="Go to" entries={going} />
        <Entries title="Do" entries={entries} />
        {searches.length + going.length + entries.length === 0 ? <Spotlight.Empty>Nothing of that name</Spotlight.Empty> : null}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

function Entries({ title, entries }: { title: string; entries: readonly PaletteEntry[] }): ReactNode {
  if (entries.length === 0) return null;
  return (
    <Spotlight.ActionsGroup label={title}>
      {entries.map((entry) => (
        <Spotlight.Action
          key={entry.label}
          label={entry.label}
          onClick={entry.run}
          leftSection={<Icon of={entry.icon} className="f3" />}
          rightSection={entry.keys === undefined ? null : <span className="kbd">{entry.keys}</span>}
        />
      ))}
    </Spotlight.ActionsGroup>
  );
}

function useSearches(text: string): PaletteEntry[] {
  const { history } = useRouter();
  const hasJetStream = useHasJetStream();
  if (text === '') return [];
  const go = (path: string, search: Record<string, string>): void =>
    history.push(withQuery(path, { ...keptAccount(), ...search }));
  const found: PaletteEntry[] = [
    { label: `Connections with “${text}”`, icon: Users, run: () => history.push(withQuery('/connections', { q: text })) },
    {
      label: `Auth failures with “${text}”`,
      icon: ShieldAlert,
      run: () => history.push(withQuery('/auth-failures', { q: text })),
    },
  ];
  if (hasJetStream)
    found.push(
      { label: `Streams with “${text}”`, icon: Layers, run: () => go('/streams', { q: text }) },
      { label: `Consumers with “${text}”`, icon: ListChecks, run: () => go('/consumers', { q: text }) },
    );
  if (!isValidSubject(text)) return found;
  found.push(
    { label: `Subjects like ${text}`, icon: ListTree, run: () => go('/subjects', { q: text }) },
    { label: `Tap ${text}`, icon: Radio, run: () => go('/tap', { subject: text }) },
  );
  return found;
}

function useActions(onHelp: () => void): PaletteEntry[] {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const [zone, setZone] = useTimeZone();
  const logOut = useLogOut();
  const nextScheme = scheme === 'dark' ? 'light' : 'dark';
  const nextZone = zone === 'utc' ? 'local' : 'utc';
  return [
    { label: `Switch to the ${nextScheme} theme`, icon: Moon, run: () => setColorScheme(nextScheme) },
    { label: nextZone === 'utc' ? 'Show times in UTC' : 'Show local times', icon: Clock, run: () => setZone(nextZone) },
    { label: 'Keyboard shortcuts', icon: Keyboard, keys: '?', run: onHelp },
    { label: 'Log out', icon: LogOut, run: () => void logOut() },
  ];
}
