/** The frame around every page: rail, top bar, strips for what is wrong with the feed or the broker, palette and keys. */
import { Notifications } from '@mantine/notifications';
import { LIVE_PATH } from '@sluice/protocol/console';
import { useQueryClient } from '@tanstack/react-query';
import { Outlet, useLocation, useRouter } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { StaleStrip } from '../components/states.tsx';
import { LiveProvider, useLiveState } from '../lib/live-context.tsx';
import { useRatesFeed } from '../lib/live-rates.ts';
import { browserLiveEnvironment, LiveSocket } from '../lib/live-socket.ts';
import { OVERVIEW_REFRESH_MS, overviewQuery } from '../lib/overview-query.ts';
import { sessionQuery } from '../lib/session.ts';
import { useSteadyRefetch } from '../lib/steady-refetch.ts';
import { BrokerStrip } from './broker-strip.tsx';
import { KeyboardHelp } from './keyboard-help.tsx';
import { useConsoleKeys } from './keys.ts';
import { pageAt } from './navigation.ts';
import { PaletteHost } from './palette-host.tsx';
import { Rail } from './rail.tsx';
import { TopBar } from './top-bar.tsx';

export function Shell(): ReactNode {
  const [socket] = useState(() => new LiveSocket(browserLiveEnvironment(LIVE_PATH)));
  useEffect(() => {
    socket.start();
    return () => socket.stop();
  }, [socket]);
  return (
    <LiveProvider socket={socket}>
      <Frame />
    </LiveProvider>
  );
}

function Frame(): ReactNode {
  const [isPaletteOpen, setIsPaletteOpen] = useState(false);
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  useRatesFeed();
  useSteadyRefetch(overviewQuery.queryKey, OVERVIEW_REFRESH_MS);
  useSessionEnd();
  useTitle();
  useConsoleKeys({ openPalette: () => setIsPaletteOpen(true), openHelp: () => setIsHelpOpen(true) });
  return (
    <div className="app">
      <a className="skiplink" href="#page">
        Skip to the page
      </a>
      <Rail onHelp={() => setIsHelpOpen(true)} />
      <TopBar onPalette={() => setIsPaletteOpen(true)} />
      <div className="work" id="page" tabIndex={-1}>
        <BrokerStrip />
        <StaleStrip />
        <Outlet />
      </div>
      <PaletteHost isOpen={isPaletteOpen} onClose={() => setIsPaletteOpen(false)} onHelp={() => setIsHelpOpen(true)} />
      <KeyboardHelp isOpen={isHelpOpen} onClose={() => setIsHelpOpen(false)} />
      <Notifications position="bottom-right" autoClose={6000} limit={4} />
    </div>
  );
}

/** The server ended the session: back to the login, with the way back. */
function useSessionEnd(): void {
  const { endReason } = useLiveState();
  const queryClient = useQueryClient();
  const router = useRouter();
  useEffect(() => {
    if (endReason !== 'session') return;
    queryClient.setQueryData(sessionQuery.queryKey, null);
    void router.invalidate();
  }, [endReason, queryClient, router]);
}

function useTitle(): void {
  const { pathname } = useLocation();
  useEffect(() => {
    document.title = `${pageAt(pathname)?.label ?? 'Console'} · Sluice`;
  }, [pathname]);
}
