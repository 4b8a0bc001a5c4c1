/** What needs attention, worst first; each finding a sentence, its age and one link. */
import type { Finding, Severity } from '@sluice/protocol/console';
import { CircleAlert, Info, type LucideIcon, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Icon } from '../../../components/icon.tsx';
import { PageLink, Sentence, sentenceText } from '../../../components/sentence.tsx';
import { formatShortSpan, plural } from '../../../lib/format.ts';

const SHOWN_MAX = 7;
const icons: Readonly<Record<Severity, LucideIcon>> = { bad: CircleAlert, warn: TriangleAlert, info: Info };

/** The same count as the verdict's; what is only worth knowing is counted for itself. */
function countText(findings: readonly Finding[]): string {
  const notes = findings.filter(({ severity }) => severity === 'info').length;
  const count = findings.length - notes;
  const texts = [count === 0 ? '' : plural(count, 'finding'), notes === 0 ? '' : plural(notes, 'note')];
  return texts.filter((text) => text !== '').join(', ') || 'nothing';
}

export function FindingList({ findings, nowMs }: { findings: readonly Finding[]; nowMs: number }): ReactNode {
  return (
    <section aria-labelledby="findings-title">
      <div className="pane-h">
        <h2 id="findings-title">Needs attention</h2>
        <span className="sub num">{countText(findings)}</span>
      </div>
      {findings.length === 0 ? (
        <p className="quiet f2">
          No slow consumers, no refused logins, no limit near. What goes wrong appears here by name, worst first.
        </p>
      ) : (
        <ul className="att">
          {findings.slice(0, SHOWN_MAX).map((finding) => (
            <li key={finding.id}>
              <span className={finding.severity} role="img" aria-label={finding.severity}>
                <Icon of={icons[finding.severity]} />
              </span>
              <span className="el" title={sentenceText(finding.sentence)}>
                {finding.link === null ? (
                  <Sentence parts={finding.sentence} />
                ) : (
                  <PageLink to={finding.link.to} search={finding.link.search} className="quietlk">
                    <Sentence parts={finding.sentence} />
                  </PageLink>
                )}
              </span>
              <span className="f3 sm r num">{formatShortSpan(Math.max(nowMs - finding.sinceMs, 0))}</span>
              {finding.link === null ? null : (
                <PageLink to={finding.link.to} search={finding.link.search} className="lk sm">
                  {finding.link.label}
                </PageLink>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
