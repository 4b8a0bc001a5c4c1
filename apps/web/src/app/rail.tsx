/** The way between pages; below 1200 px each page is its icon. */
import { Link, useLocation, useSearch } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { Dot, type Tone } from '../components/badge.tsx';
import { Icon, Logo } from '../components/icon.tsx';
import { formatCount } from '../lib/format.ts';
import { useHasJetStream } from '../lib/jetstream-state.ts';
import { keepAccount, useKeptAccount } from '../lib/kept-account.ts';
import { useLiveState } from '../lib/live-context.tsx';
import { useRates } from '../lib/live-rates.ts';
import { useCapabilities } from '../lib/session.ts';
import { type RawSearch, searchText } from '../lib/url-state.ts';
import { type NavigationGroup, type NavigationPage, navigation, type PagePath, pageAt, searchOf } from './navigation.ts';

export function Rail({ onHelp }: { onHelp: () => void }): ReactNode {
  const { pathname } = useLocation();
  useAccountKeeping(pathname);
  const capabilities = useCapabilities();
  const hasJetStream = useHasJetStream();
  const { broker } = useLiveState();
  const tone: Tone =
    broker === null ? 'neutral' : broker.state === 'running' ? 'ok' : broker.state === 'starting' ? 'warn' : 'bad';
  return (
    <aside className="rail">
      <Link to="/" className="brand" aria-label="Sluice, overview">
        <Logo />
        <span>Sluice</span>
      </Link>
      <nav className="nav" aria-label="Main">
        {navigation.map((group) => {
          const pages = group.pages.filter(({ needsJetStream }) => needsJetStream === undefined || hasJetStream);
          return pages.length === 0 ? null : <Group key={group.label} group={{ ...group, pages }} pathname={pathname} />;
        })}
      </nav>
      <div className="railfoot">
        <Dot tone={tone} label={`broker ${broker?.state ?? 'unknown'}`} />
        <span>embedded {capabilities?.version ?? ''}</span>
        <button type="button" className="push keysb" onClick={onHelp} aria-label="Keyboard shortcuts">
          <span>Keys </span>
          <b className="kbd">?</b>
        </button>
      </div>
    </aside>
  );
}

/** What a page shows of one account is remembered for the links to the others. */
function useAccountKeeping(pathname: string): void {
  const search: RawSearch = useSearch({ strict: false });
  const account = searchText(search, 'account') ?? '';
  const hasAccount = pageAt(pathname)?.hasAccount === true;
  useEffect(() => {
    if (hasAccount) keepAccount(account);
  }, [hasAccount, account]);
}

function Group({ group, pathname }: { group: NavigationGroup; pathname: string }): ReactNode {
  const [only] = group.pages;
  if (group.pages.length === 1 && only !== undefined) return <PageLink page={only} isOn={isAt(only, pathname)} isGroup />;
  return (
    <>
      <div className="g" aria-hidden="true">
        <Icon of={group.icon} />
        <span>{group.label}</span>
      </div>
      {group.pages.map((page) => (
        <PageLink key={page.to} page={page} isOn={isAt(page, pathname)} />
      ))}
    </>
  );
}

function isAt(page: NavigationPage, pathname: string): boolean {
  return pageAt(pathname)?.to === page.to;
}

function PageLink({ page, isOn, isGroup = false }: { page: NavigationPage; isOn: boolean; isGroup?: boolean }): ReactNode {
  const kept = useKeptAccount();
  return (
    <Link
      to={page.to}
      search={searchOf(page, kept)}
      title={`${page.label} (g ${page.key})`}
      className={`${isGroup ? 'g' : ''} ${isOn ? 'on' : ''}`.trim()}
      {...(isOn ? { 'aria-current': 'page' as const } : {})}
    >
      <Icon of={page.icon} />
      <span>{page.label}</span>
      <PageCount to={page.to} />
    </Link>
  );
}

function PageCount({ to }: { to: PagePath }): ReactNode {
  const rates = useRates();
  const value = to === '/connections' ? rates?.now.connections : to === '/subscriptions' ? rates?.now.subscriptions : undefined;
  return value === undefined || value === null ? null : <span className="ct">{formatCount(value)}</span>;
}
