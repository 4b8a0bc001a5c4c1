/** Well or not, in words, with the age of the figures. */
import type { Overview, SentencePart, Verdict } from '@sluice/protocol/console';
import { Check, CircleAlert, CircleHelp, type LucideIcon, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dot } from '../../../components/badge.tsx';
import { Icon } from '../../../components/icon.tsx';
import { Sentence, sentenceText } from '../../../components/sentence.tsx';
import { useNowMs } from '../../../lib/clock.ts';
import { formatSpan, plural } from '../../../lib/format.ts';
import { useLiveState } from '../../../lib/live-context.tsx';

const levels: Readonly<Record<Verdict['level'], { word: string; tone: string; icon: LucideIcon }>> = {
  healthy: { word: 'Healthy', tone: 'ok', icon: Check },
  degraded: { word: 'Degraded', tone: 'warn', icon: TriangleAlert },
  down: { word: 'Down', tone: 'bad', icon: CircleAlert },
  unknown: { word: 'Not measured yet', tone: 'f3', icon: CircleHelp },
};

/** The server's sentence; where it only repeats the word, what can be said of a healthy server. */
function verdictSentence(overview: Overview, word: string): readonly SentencePart[] {
  const { sentence } = overview.verdict;
  if (sentenceText(sentence) !== word) return sentence;
  const address = overview.servers[0]?.address;
  const { connections } = overview.now;
  if (address === undefined || connections === null) return [];
  const clients =
    connections === 0 ? 'no client is connected' : plural(connections, 'client is', 'clients are').concat(' connected');
  return [
    { kind: 'text', value: 'Listening on ' },
    { kind: 'name', value: address },
    { kind: 'text', value: `, ${clients}` },
  ];
}

export function VerdictLine({ overview, failure }: { overview: Overview; failure: Error | null }): ReactNode {
  const { phase, broker, clockOffsetMs } = useLiveState();
  const isDown = broker !== null && broker.state !== 'running' && broker.state !== 'starting';
  const { word, tone, icon } = levels[isDown ? 'down' : overview.verdict.level];
  const sentence: readonly SentencePart[] = isDown
    ? [{ kind: 'text', value: 'Figures are from before the broker stopped answering' }]
    : verdictSentence(overview, word);
  const nowMs = useNowMs() + clockOffsetMs;
  const ageMs = overview.asOfMs === null ? null : Math.max(nowMs - overview.asOfMs, 0);
  const isLive = phase === 'live' && failure === null && !isDown;
  return (
    <div className="verdict">
      <span className={tone}>
        <Icon of={icon} />
      </span>
      <b>{word}</b>
      <p className="el" title={sentenceText(sentence)}>
        <Sentence parts={sentence} />
      </p>
      <span className="push row sm f3 nw age">
        <Dot tone={isLive ? 'ok' : 'bad'} />
        {ageMs === null ? 'no figures yet' : `${isLive ? 'live' : 'stopped'}, ${formatSpan(Math.max(ageMs, 100))} old`}
      </span>
    </div>
  );
}
