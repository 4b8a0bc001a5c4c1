/** What is done to a stream as a whole: purge (counted first), seal, delete. */
import type { PurgeRequest, PurgeResult, StreamDetail } from '@sluice/protocol/console';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Eraser, Lock, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { ConfirmDestructive } from '../../../components/confirm-destructive.tsx';
import { Field } from '../../../components/field.tsx';
import { dataKeys, useAct } from '../../../components/jetstream/use-act.ts';
import { Seg } from '../../../components/seg.tsx';
import { subjectProblem } from '../../../components/subject-input.tsx';
import { messageOf } from '../../../lib/api-client.ts';
import { formatBytes, formatCount, plural } from '../../../lib/format.ts';
import { useMay } from '../../../lib/session.ts';
import { deleteStream, purgeStream, sealStream } from '../api/streams-api.ts';
import { purgeCommand } from '../model/stream-command.ts';
import { CommandPane } from './create-stream.tsx';

export interface OperationsTabProps {
  readonly detail: StreamDetail;
  readonly account: string;
  /** Subject that the purge begins with; empty for all. */
  readonly purge: string;
}

export function OperationsTab({ detail, account, purge }: OperationsTabProps): ReactNode {
  return (
    <div className="scroll opstab">
      <PurgeSection key={purge} detail={detail} account={account} subject={purge} />
      <SealSection detail={detail} account={account} />
      <DeleteSection detail={detail} account={account} />
    </div>
  );
}

type PurgeBound = 'all' | 'keep' | 'seq';

function PurgeSection({ detail, account, subject }: { detail: StreamDetail; account: string; subject: string }): ReactNode {
  const { name } = detail.row;
  const [filter, setFilter] = useState(subject);
  const [bound, setBound] = useState<PurgeBound>('all');
  const [number, setNumber] = useState('');
  const may = useMay('operator');
  const digits = number.replace(/[\s,]/g, '');
  const problem = subjectProblem(filter, true);
  const isNumberWrong = bound !== 'all' && !/^[1-9]\d{0,14}$/.test(digits);
  const scope: PurgeRequest = {
    ...(filter === '' ? {} : { filter }),
    ...(bound === 'keep' ? { keep: Number(digits) } : {}),
    ...(bound === 'seq' ? { seq: Number(digits) } : {}),
  };
  const isDenied = detail.config['deny_purge'] === true;
  const offReason = !may
    ? 'Purging needs the role operator'
    : isDenied
      ? 'This stream denies purging'
      : (problem ?? (isNumberWrong ? 'Type the number first' : undefined));
  return (
    <section className="op">
      <h3>Purge</h3>
      <p className="f2 sm">Removes messages for good. Sequences go on where they are; consumers skip what is gone.</p>
      <Field
        label="Subjects"
        isMono
        placeholder="all subjects"
        value={filter}
        error={problem}
        onChange={(event) => setFilter(event.currentTarget.value)}
      />
      <div className="row oprow">
        <Seg
          label="How much"
          value={bound}
          onChange={setBound}
          options={[
            { value: 'all', label: 'All of them' },
            { value: 'keep', label: 'All but the newest' },
            { value: 'seq', label: 'Before sequence' },
          ]}
        />
        {bound === 'all' ? null : (
          <span className="inp">
            <input
              aria-label={bound === 'keep' ? 'How many to keep' : 'Before this sequence'}
              inputMode="numeric"
              value={number}
              onChange={(event) => setNumber(event.currentTarget.value)}
            />
          </span>
        )}
      </div>
      <CommandPane
        command={purgeCommand(name, {
          subject: scope.filter,
          ...(isNumberWrong ? {} : { keep: scope.keep, seq: scope.seq }),
        })}
      />
      <PurgeSteps key={JSON.stringify(scope)} detail={detail} account={account} scope={scope} offReason={offReason} />
    </section>
  );
}

interface PurgeStepsProps {
  readonly detail: StreamDetail;
  readonly account: string;
  readonly scope: PurgeRequest;
  readonly offReason: string | undefined;
}

/** Count, then type the name, then the number that was removed. */
function PurgeSteps({ detail, account, scope, offReason }: PurgeStepsProps): ReactNode {
  const { name } = detail.row;
  const act = useAct(dataKeys);
  const [done, setDone] = useState<string | null>(null);
  const count = useMutation({ mutationFn: () => purgeStream(name, account, { ...scope, isDryRun: true }) });
  const counted = count.data;
  if (counted !== undefined && done === null && counted.count > 0) {
    return (
      <ConfirmDestructive
        question={`Purge ${countWords(counted)} of ${name}?`}
        consequence={`${formatCount(counted.count)} of ${plural(counted.messages, 'message')} would go. There is no way back.`}
        typed={name}
        action={`Purge ${countWords(counted)}`}
        icon={Eraser}
        onCancel={() => count.reset()}
        onConfirm={async () => {
          const result = await act.mustRun(
            () => purgeStream(name, account, scope),
            (purged) => purged.message,
          );
          setDone(`${plural(result.count, 'message')} removed from ${name}.`);
        }}
      />
    );
  }
  const said = done ?? (counted === undefined ? null : 'Nothing to purge: no message fits.');
  return (
    <div className="row oprow">
      <Button
        offReason={offReason}
        disabled={count.isPending}
        onClick={() => {
          setDone(null);
          count.mutate();
        }}
      >
        {count.isPending ? 'Counting…' : 'Count what would go'}
      </Button>
      {said === null ? null : (
        <span className="f2 sm" role="status">
          {said}
        </span>
      )}
      {count.error === null ? null : (
        <span className="bad sm" role="alert">
          {messageOf(count.error)}
        </span>
      )}
    </div>
  );
}

function countWords({ count, isExact }: PurgeResult): string {
  return `${isExact ? '' : 'up to '}${plural(count, 'message')}`;
}

function SealSection({ detail, account }: { detail: StreamDetail; account: string }): ReactNode {
  const { name, isSealed } = detail.row;
  const may = useMay('admin');
  const act = useAct(dataKeys);
  const [isAsking, setIsAsking] = useState(false);
  return (
    <section className="op">
      <h3>Seal</h3>
      <p className="f2 sm">
        {isSealed
          ? 'This stream is sealed: nothing can be added, removed or expire any more.'
          : 'Makes it read-only for ever: nothing is added, removed or expires. It can still be deleted as a whole.'}
      </p>
      {isAsking ? (
        <ConfirmDestructive
          question={`Seal ${name}?`}
          consequence={`${plural(detail.row.messages.used, 'message')} stay as they are, for ever. Publishers to its subjects will be refused. It cannot be unsealed.`}
          typed={name}
          action="Seal stream"
          icon={Lock}
          onCancel={() => setIsAsking(false)}
          onConfirm={async () => {
            await act.mustRun(
              () => sealStream(name, account),
              () => `Sealed ${name}`,
            );
            setIsAsking(false);
          }}
        />
      ) : (
        <Button
          variant="danger"
          icon={Lock}
          offReason={isSealed ? 'It is sealed already' : may ? undefined : 'Sealing needs the role admin'}
          onClick={() => setIsAsking(true)}
        >
          Seal…
        </Button>
      )}
    </section>
  );
}

function DeleteSection({ detail, account }: { detail: StreamDetail; account: string }): ReactNode {
  const { name, messages, bytes, consumers } = detail.row;
  const may = useMay('admin');
  const act = useAct(dataKeys);
  const navigate = useNavigate();
  const [isAsking, setIsAsking] = useState(false);
  return (
    <section className="op">
      <h3>Delete</h3>
      <p className="f2 sm">Removes the stream, its messages and its consumers.</p>
      {isAsking ? (
        <ConfirmDestructive
          question={`Delete ${name}?`}
          consequence={`${plural(messages.used, 'message')}, ${formatBytes(bytes.used)} and ${plural(consumers, 'consumer')} go with it. There is no way back.`}
          typed={name}
          action="Delete stream"
          icon={Trash2}
          onCancel={() => setIsAsking(false)}
          onConfirm={async () => {
            await act.mustRun(
              () => deleteStream(name, account),
              () => `Deleted ${name} with ${plural(messages.used, 'message')}`,
            );
            await navigate({ to: '/streams', search: account === '' ? {} : { account } });
          }}
        />
      ) : (
        <Button
          variant="danger"
          icon={Trash2}
          offReason={may ? undefined : 'Deleting needs the role admin'}
          onClick={() => setIsAsking(true)}
        >
          Delete…
        </Button>
      )}
    </section>
  );
}
