/** The first five seconds: is it well, what flows, what needs attention. Before any traffic it teaches the first steps instead. */
import type { Overview } from '@sluice/protocol/console';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { FailedState, Skeleton, useIsStale } from '../../../components/states.tsx';
import { useCapabilities } from '../../../lib/session.ts';
import { useUrlState } from '../../../lib/url-state.ts';
import { parseOverviewSearch } from '../model/overview-search.ts';
import { EventList } from './event-list.tsx';
import { FindingList } from './finding-list.tsx';
import { FirstSteps } from './first-steps.tsx';
import { HottestSubjects } from './hottest-subjects.tsx';
import { ServerStrip } from './server-strip.tsx';
import { Tiles } from './tiles.tsx';
import { TopTalkers } from './top-talkers.tsx';
import { useOverview } from './use-overview.ts';
import { VerdictLine } from './verdict-line.tsx';

export function OverviewPage(): ReactNode {
  const { overview, error, retry } = useOverview();
  const isStale = useIsStale();
  if (overview === undefined) {
    return <main className="main">{error === null ? <OverviewSkeleton /> : <FailedState error={error} onRetry={retry} />}</main>;
  }
  return (
    <main className="main">
      <VerdictLine overview={overview} failure={error} />
      <div className={isStale ? 'stale' : ''}>
        <Tiles overview={overview} />
      </div>
      <Body overview={overview} isStale={isStale} />
      <ServerStrip overview={overview} />
    </main>
  );
}

function Body({ overview, isStale }: { overview: Overview; isStale: boolean }): ReactNode {
  const [search, patch] = useUrlState(parseOverviewSearch);
  const capabilities = useCapabilities();
  // Whoever reads the first steps is not interrupted by the first message: the page changes when they say so.
  const [wasEmpty, setWasEmpty] = useState(!overview.hasTraffic);
  if (search.isGuideOpen || wasEmpty) {
    const close = (): void => {
      setWasEmpty(false);
      patch({ guide: undefined });
    };
    return (
      <>
        {overview.hasTraffic ? (
          <div className="strip ok" role="status">
            <span className="el">Messages are flowing.</span>
            <Button isSmall className="push" onClick={close}>
              Show the overview
            </Button>
          </div>
        ) : null}
        <FirstSteps overview={overview} language={search.language} onLanguage={(lang) => patch({ lang })} />
      </>
    );
  }
  return (
    <div className={`ovbody ${isStale ? 'stale' : ''}`}>
      <div className="g2">
        <FindingList findings={overview.findings} nowMs={overview.serverTimeMs} />
        <EventList events={overview.events} />
      </div>
      <div className="g2 eq last">
        <TopTalkers
          rows={overview.topTalkers}
          by={search.talkersBy}
          onBy={(by) => patch({ talkers: by === 'msgs' ? undefined : by })}
        />
        <HottestSubjects rows={overview.hottestSubjects} hasStatistics={capabilities?.features.subjects.isAvailable} />
      </div>
    </div>
  );
}

function OverviewSkeleton(): ReactNode {
  return (
    <div role="status" aria-label="Loading the overview">
      <Skeleton widths={[30]} />
      <div className="tiles">
        {['messages', 'bytes', 'connections', 'subscriptions'].map((name) => (
          <div key={name} className="tile">
            <Skeleton widths={[40, 60, 90]} />
          </div>
        ))}
      </div>
      <Skeleton widths={[50, 70, 60, 65]} />
    </div>
  );
}
