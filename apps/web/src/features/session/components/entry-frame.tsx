/** The quiet page around login and set-up. */
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { Moon, Sun } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../../../components/button.tsx';
import { Logo } from '../../../components/icon.tsx';

export function EntryFrame({ title, lead, children }: { title: string; lead: string; children: ReactNode }): ReactNode {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <div className="login">
      <main className="lbox">
        <div className="brand entry">
          <Logo />
          <span>Sluice</span>
        </div>
        <h1>{title}</h1>
        <p className="f2 sm">{lead}</p>
        {children}
      </main>
      <footer className="row f3 xs">
        <span>Sluice</span>
        <span>compatible with NATS 2.15</span>
        <span className="push row">
          <span>{connectionNote()}</span>
          <Button
            variant="ghost"
            isSmall
            icon={scheme === 'dark' ? Sun : Moon}
            aria-label={`Switch to the ${next} theme`}
            onClick={() => setColorScheme(next)}
          />
        </span>
      </footer>
    </div>
  );
}

/** How safe the way to the server is, in words. */
function connectionNote(): string {
  if (location.protocol === 'https:') return 'This connection is encrypted';
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
  return isLocal ? 'This connection is local, without TLS' : 'This connection is not encrypted';
}
