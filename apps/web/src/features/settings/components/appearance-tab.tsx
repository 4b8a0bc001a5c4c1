/** Theme and time zone; kept in this browser. */
import { type MantineColorScheme, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import { Seg } from '../../../components/seg.tsx';
import { useNowMs } from '../../../lib/clock.ts';
import { formatTime } from '../../../lib/format.ts';
import { useTimeZone } from '../../../lib/preferences.ts';

export function AppearanceTab(): ReactNode {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [zone, setZone] = useTimeZone();
  const nowMs = useNowMs();
  return (
    <div className="scroll">
      <section className="formsec" aria-labelledby="theme-title">
        <h2 id="theme-title">Theme</h2>
        <Seg<MantineColorScheme>
          label="Theme"
          value={colorScheme}
          onChange={setColorScheme}
          options={[
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
            { value: 'auto', label: 'As the system' },
          ]}
        />
      </section>
      <section className="formsec" aria-labelledby="zone-title">
        <h2 id="zone-title">Time zone</h2>
        <Seg
          label="Time zone of all pages"
          value={zone}
          onChange={setZone}
          options={[
            { value: 'utc', label: 'UTC' },
            { value: 'local', label: `Local (${Intl.DateTimeFormat().resolvedOptions().timeZone})` },
          ]}
        />
        <p className="f3 sm num">
          Now it is {formatTime(nowMs, zone, 'full')}. Every time on every page follows this; hover shows its age.
        </p>
      </section>
      <section className="formsec">
        <p className="f3 sm">These choices, and the columns of tables, are kept in this browser.</p>
      </section>
    </div>
  );
}
