/** What would change, what each change does, whom it drops; then apply, and what happened. */
import type { ConfigChangeLine, ConfigChangeReport, ConfigEffect, ConsoleConfig } from '@sluice/protocol/console';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Check, CircleAlert, TriangleAlert } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Badge } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import { ConfirmDestructive } from '../../../components/confirm-destructive.tsx';
import { Icon } from '../../../components/icon.tsx';
import { EmptyState, Skeleton } from '../../../components/states.tsx';
import { ApiFailure, messageOf } from '../../../lib/api-client.ts';
import { formatCount, plural } from '../../../lib/format.ts';
import { applyConfig, checkConfig, configQuery } from '../api/config-api.ts';
import { draftSize, emptyDraft, isEmptyDraft, requestOf } from '../model/draft.ts';
import { useConfigDraft } from '../model/draft-store.ts';
import { effectTones } from './settings-table.tsx';

export interface ChangesPaneProps {
  readonly config: ConsoleConfig;
  readonly offReason: string | undefined;
  /** The last change that was applied from this page. */
  readonly applied: ConfigChangeReport | null;
  readonly onApplied: (report: ConfigChangeReport | null) => void;
}

export function ChangesPane({ config, offReason, applied, onApplied }: ChangesPaneProps): ReactNode {
  const [draft] = useConfigDraft();
  if (isEmptyDraft(draft)) {
    return (
      <aside className="col side diffp" aria-label="Changes">
        {applied === null ? (
          <NothingChanged offReason={offReason} />
        ) : (
          <Applied report={applied} onClose={() => onApplied(null)} />
        )}
      </aside>
    );
  }
  return <PendingChanges config={config} onApplied={onApplied} />;
}

function NothingChanged({ offReason }: { offReason: string | undefined }): ReactNode {
  return (
    <>
      <div className="pane-h">
        <h2>Changes</h2>
        <span className="sub">none</span>
      </div>
      <EmptyState title={offReason === undefined ? 'Click a value to change it' : 'You may read, not change'}>
        {offReason ??
          'What you change is collected here first: what each change does, whether it takes a reload or a restart, and whom it would drop. Nothing happens until you apply it.'}
      </EmptyState>
    </>
  );
}

function PendingChanges({
  config,
  onApplied,
}: {
  config: ConsoleConfig;
  onApplied: (report: ConfigChangeReport) => void;
}): ReactNode {
  const [draft, setDraft] = useConfigDraft();
  const [isConfirming, setIsConfirming] = useState(false);
  const queryClient = useQueryClient();
  const request = requestOf(draft, config.revision);
  const check = useQuery({
    queryKey: ['config', 'check', request],
    queryFn: ({ signal }) => checkConfig(request, signal),
    retry: false,
  });
  const apply = useMutation({
    mutationFn: () => applyConfig(request),
    onSuccess: (report) => {
      if (report.isApplied) {
        setDraft(emptyDraft);
        onApplied(report);
      }
      void queryClient.invalidateQueries({ queryKey: configQuery.queryKey });
    },
    onError: (error) => {
      if (error instanceof ApiFailure && error.code === 'conflict')
        void queryClient.invalidateQueries({ queryKey: configQuery.queryKey });
    },
  });
  const report = check.data;
  const isReady = report?.isValid === true && !check.isFetching && !apply.isPending;
  const problems = apply.data?.isApplied === false ? apply.data.problems : (report?.problems ?? []);
  const failure = apply.error ?? check.error;
  return (
    <aside className="col side diffp" aria-label="Changes">
      <div className="pane-h">
        <h2>Changes</h2>
        <span className="sub num">{plural(draftSize(draft), 'change')}</span>
        <EffectCounts lines={report?.changes ?? []} />
      </div>
      {problems.length === 0 ? null : (
        <ul className="problems" role="alert">
          {problems.map((problem) => (
            <li key={`${problem.path} ${problem.message}`}>
              <Icon of={CircleAlert} isSmall className="bad" />
              <span>
                <b className="mono">{problem.path.replace(/^\/(settings|users)\//, '')}</b> {problem.message}
              </span>
            </li>
          ))}
        </ul>
      )}
      <div className="scroll">
        {report === undefined ? failure === null ? <Skeleton widths={[60, 80]} /> : null : <ChangeList lines={report.changes} />}
        {report === undefined ? null : <DroppedClients report={report} isDone={false} />}
      </div>
      {failure === null ? null : (
        <p className="note bad cfgfail" role="alert">
          <Icon of={CircleAlert} isSmall />
          <span>
            {failure instanceof ApiFailure && failure.code === 'conflict'
              ? 'Somebody changed the configuration meanwhile. The running values are read again; look at your changes once more.'
              : messageOf(failure)}
          </span>
        </p>
      )}
      {isConfirming && report !== undefined ? (
        <ConfirmDestructive
          question={`Apply and drop ${plural(report.droppedTotal, 'client')}?`}
          consequence={report.message}
          typed={String(report.droppedTotal)}
          typedLabel="Type the number"
          action="Apply"
          onCancel={() => setIsConfirming(false)}
          onConfirm={async () => {
            await apply.mutateAsync();
            setIsConfirming(false);
          }}
        />
      ) : (
        <div className="dfoot between">
          <Button onClick={() => setDraft(emptyDraft)}>Discard</Button>
          <Button
            variant="primary"
            disabled={!isReady}
            onClick={() => (report !== undefined && report.droppedTotal > 0 ? setIsConfirming(true) : apply.mutate())}
          >
            {applyWord(report)}
          </Button>
        </div>
      )}
    </aside>
  );
}

/** `Apply 5 now, 1 at restart`. */
function applyWord(report: ConfigChangeReport | undefined): string {
  if (report === undefined) return 'Apply';
  const atRestart = report.changes.filter((line) => line.effect === 'restart').length;
  const now = report.changes.length - atRestart;
  if (atRestart === 0) return `Apply ${plural(now, 'change')}`;
  return now === 0 ? `Apply ${atRestart} at restart` : `Apply ${now} now, ${atRestart} at restart`;
}

function EffectCounts({ lines }: { lines: readonly ConfigChangeLine[] }): ReactNode {
  const effects: readonly ConfigEffect[] = ['live', 'reload', 'restart'];
  return (
    <span className="push row sm f3 num">
      {effects.map((effect) => {
        const count = lines.filter((line) => line.effect === effect).length;
        return count === 0 ? null : (
          <span key={effect}>
            {count} <Badge tone={effectTones[effect]}>{effect}</Badge>
          </span>
        );
      })}
    </span>
  );
}

function ChangeList({ lines }: { lines: readonly ConfigChangeLine[] }): ReactNode {
  return (
    <ul className="dk">
      {lines.map((line) => (
        <li key={line.path}>
          <div className="row">
            <span className="mono el grow m5" title={line.path}>
              {line.path}
            </span>
            <Badge tone={effectTones[line.effect]}>{line.effect}</Badge>
          </div>
          <div className="sm chg">
            <span className="mono wrap">
              <del>{shortOf(line.before)}</del> <span className="f3">to</span> <ins>{shortOf(line.after)}</ins>
            </span>
            <span className="f2">{line.consequence}</span>
          </div>
        </li>
      ))}
    </ul>
  );
}

function shortOf(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? formatCount(value) : JSON.stringify(value);
}

const DROPPED_SHOWN = 12;

function DroppedClients({ report, isDone }: { report: ConfigChangeReport; isDone: boolean }): ReactNode {
  const [isAllShown, setIsAllShown] = useState(false);
  if (report.droppedTotal === 0) {
    return isDone ? null : <p className="quiet f3 sm">No client would be dropped.</p>;
  }
  const shown = isAllShown ? report.droppedClients : report.droppedClients.slice(0, DROPPED_SHOWN);
  return (
    <section aria-labelledby="dropped-title">
      <div className="pane-h rule">
        <Icon of={TriangleAlert} className="warn" />
        <h2 id="dropped-title">
          {isDone ? 'Dropped' : 'This change drops'} {plural(report.droppedTotal, 'client')}
        </h2>
        {report.droppedClients.length > shown.length ? (
          <button type="button" className="lk sm push" onClick={() => setIsAllShown(true)}>
            All {formatCount(report.droppedClients.length)}
          </button>
        ) : null}
      </div>
      <table className="mini pad">
        <colgroup>
          <col style={{ width: 152 }} />
          <col style={{ width: 60 }} />
          <col />
        </colgroup>
        <tbody>
          {shown.map((client) => (
            <tr key={client.cid}>
              <td className="el">{client.name ?? <span className="f3">no name</span>}</td>
              <td className="mono f3 r">{client.cid}</td>
              <td className="f2 el sm" title={client.why}>
                {client.why}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Applied({ report, onClose }: { report: ConfigChangeReport; onClose: () => void }): ReactNode {
  return (
    <>
      <div className="pane-h">
        <Icon of={Check} className="ok" />
        <h2>Applied</h2>
        <span className="sub num">revision {report.revision}</span>
        <Button isSmall className="push" onClick={onClose}>
          Done
        </Button>
      </div>
      <div className="scroll">
        <p className="quiet" role="status">
          {report.message}
        </p>
        <ChangeList lines={report.changes} />
        <DroppedClients report={report} isDone />
      </div>
    </>
  );
}
