/**
 * Writes a key only if nobody else did since it was read. Who lost sees both values and decides: take theirs, or put one's own in
 * its place.
 */
import type { ApiErrorDetails, EncodedPayload, KvEntry } from '@sluice/protocol/console';
import { type ReactNode, useMemo, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Field } from '../../../components/field.tsx';
import { payloadInput } from '../../../components/jetstream/stored-payload.ts';
import { dataKeys, useAct } from '../../../components/jetstream/use-act.ts';
import { PaneHead } from '../../../components/pane-head.tsx';
import { PayloadView } from '../../../components/payload-view/payload-view.tsx';
import { Seg } from '../../../components/seg.tsx';
import { ApiFailure, messageOf } from '../../../lib/api-client.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { formatCount } from '../../../lib/format.ts';
import { type BucketRef, putKey } from '../api/kv-api.ts';
import { keyProblem } from '../model/kv-search.ts';

type Current = NonNullable<ApiErrorDetails['current']>;

interface Writing {
  readonly isBusy: boolean;
  readonly failure: string | null;
  /** What won meanwhile. */
  readonly lostTo: Current | null;
  write(request: { key: string; value: EncodedPayload; expectedRevision: number; ttlMs: number | null }): Promise<boolean>;
  forget(): void;
}

/** Writes with compare-and-set; resolves with whether it was written. */
function useWriting(bucket: BucketRef): Writing {
  const act = useAct(dataKeys);
  const [failure, setFailure] = useState<string | null>(null);
  const [lostTo, setLostTo] = useState<Current | null>(null);
  return {
    isBusy: act.isBusy,
    failure,
    lostTo,
    forget: () => setLostTo(null),
    write: async ({ key, value, expectedRevision, ttlMs }) => {
      setFailure(null);
      setLostTo(null);
      try {
        await act.mustRun(
          () => putKey(bucket, { key, ...value, expectedRevision, ...(ttlMs === null ? {} : { ttlMs }) }),
          (written) => `Wrote ${key}, revision ${formatCount(written.revision)}`,
        );
        return true;
      } catch (error) {
        const current = error instanceof ApiFailure && error.code === 'conflict' ? (error.details.current ?? null) : null;
        if (current === null) setFailure(messageOf(error));
        else setLostTo(current);
        return false;
      }
    },
  };
}

interface ValueFieldProps {
  readonly value: EncodedPayload;
  readonly onChange: (value: EncodedPayload) => void;
}

function ValueField({ value, onChange }: ValueFieldProps): ReactNode {
  return (
    <div className="col grow valuef">
      <div className="row">
        <span className="sm f2">Value</span>
        <span className="push row">
          <Seg
            label="The value is written as"
            isSmall
            value={value.encoding}
            options={[
              { value: 'utf8', label: 'Text' },
              { value: 'base64', label: 'Base64' },
            ]}
            onChange={(encoding) => onChange({ ...value, encoding })}
          />
        </span>
      </div>
      <textarea
        className="ta grow"
        aria-label="Value"
        spellCheck={false}
        value={value.payload}
        onChange={(event) => onChange({ ...value, payload: event.currentTarget.value })}
      />
    </div>
  );
}

/** Why the value cannot be sent, or null. */
function valueProblem(value: EncodedPayload): string | null {
  if (value.encoding === 'utf8') return null;
  return /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value.payload) && value.payload.replace(/\s/g, '').length % 4 === 0
    ? null
    : 'Not base64';
}

export interface EditValueProps {
  readonly entry: KvEntry;
  readonly bucket: BucketRef;
  /** True where the bucket lets keys expire one by one. */
  readonly canExpire: boolean;
  readonly onClose: () => void;
}

export function EditValue({ entry, bucket, canExpire, onClose }: EditValueProps): ReactNode {
  // The revision that was on screen when editing began is the one that may be replaced.
  const [basis, setBasis] = useState({ revision: entry.revision });
  const [value, setValue] = useState<EncodedPayload>(entry.value);
  const [ttl, setTtl] = useState('');
  const writing = useWriting(bucket);
  const ttlNs = ttl === '' ? null : parseDuration(ttl);
  const problem = valueProblem(value) ?? (ttl !== '' && ttlNs === null ? 'A duration such as 90s or 1h' : null);
  const write = async (expectedRevision: number): Promise<void> => {
    const ttlMs = ttlNs === null ? null : Math.round(ttlNs / 1e6);
    if (await writing.write({ key: entry.key, value, expectedRevision, ttlMs })) onClose();
  };
  const { lostTo } = writing;
  if (lostTo !== null) {
    return (
      <Conflict
        current={lostTo}
        mine={value}
        isBusy={writing.isBusy}
        onTake={() => {
          setValue(lostTo.value);
          setBasis({ revision: lostTo.revision });
          writing.forget();
        }}
        onOverwrite={() => void write(lostTo.revision)}
        onCancel={onClose}
      />
    );
  }
  return (
    <form
      className="col grow"
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null && !writing.isBusy) void write(basis.revision);
      }}
    >
      {entry.revision === basis.revision ? null : (
        <p className="note warn jsnote" role="status">
          Somebody wrote revision {formatCount(entry.revision)} meanwhile: saving will show both.
        </p>
      )}
      <ValueField value={value} onChange={setValue} />
      {canExpire ? (
        <div className="sec">
          <Field
            label="Expires after"
            placeholder="never"
            value={ttl}
            hint="Whole seconds"
            onChange={(event) => setTtl(event.currentTarget.value)}
          />
        </div>
      ) : null}
      <Problem text={problem ?? writing.failure} />
      <div className="dfoot between">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={problem !== null || writing.isBusy}>
          Save over revision {formatCount(basis.revision)}
        </Button>
      </div>
    </form>
  );
}

function Problem({ text }: { text: string | null }): ReactNode {
  return text === null ? null : (
    <p className="sec bad sm" role="alert">
      {text}
    </p>
  );
}

interface ConflictProps {
  readonly current: Current;
  readonly mine: EncodedPayload;
  readonly isBusy: boolean;
  readonly onTake: () => void;
  readonly onOverwrite: () => void;
  readonly onCancel: () => void;
}

function Conflict({ current, mine, isBusy, onTake, onOverwrite, onCancel }: ConflictProps): ReactNode {
  const input = useMemo(
    () => payloadInput({ ...mine, isTruncated: false }, { ...current.value, isTruncated: false }),
    [mine, current],
  );
  const what = current.operation === 'put' ? 'wrote' : current.operation === 'purge' ? 'purged it as' : 'deleted it as';
  return (
    <>
      <p className="note warn jsnote" role="alert">
        Nothing was written: somebody else {what} revision {formatCount(current.revision)} meanwhile. Below, theirs is removed and
        yours is added.
      </p>
      <PayloadView input={input} headers={{ status: '', pairs: [] }} tab="diff" onTab={() => undefined} tabs={['diff']} />
      <div className="dfoot consacts">
        <Button onClick={onCancel}>Cancel</Button>
        <Button onClick={onTake}>Take theirs</Button>
        <Button variant="danger" className="push" disabled={isBusy} onClick={onOverwrite}>
          Put mine over revision {formatCount(current.revision)}
        </Button>
      </div>
    </>
  );
}

export interface NewKeyProps {
  readonly bucket: BucketRef;
  readonly onCreated: (key: string) => void;
  readonly onClose: () => void;
}

/** A key that must not be there yet. */
export function NewKey({ bucket, onCreated, onClose }: NewKeyProps): ReactNode {
  const [key, setKey] = useState('');
  const [value, setValue] = useState<EncodedPayload>({ encoding: 'utf8', payload: '' });
  const writing = useWriting(bucket);
  const problem = keyProblem(key);
  const isReady = key !== '' && problem === null && valueProblem(value) === null;
  return (
    <aside className="col side drawer" aria-label="New key">
      <PaneHead onClose={onClose}>
        <h2>New key</h2>
      </PaneHead>
      <form
        className="col grow"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isReady || writing.isBusy) return;
          void writing.write({ key, value, expectedRevision: 0, ttlMs: null }).then((isWritten) => {
            if (isWritten) onCreated(key);
          });
        }}
      >
        <div className="sec">
          <Field
            label="Key"
            autoFocus
            isMono
            value={key}
            error={problem}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
        </div>
        <ValueField value={value} onChange={setValue} />
        <Problem
          text={
            writing.lostTo === null
              ? (valueProblem(value) ?? writing.failure)
              : `The key is there already, with revision ${formatCount(writing.lostTo.revision)}.`
          }
        />
        <div className="dfoot between">
          {writing.lostTo === null ? (
            <Button onClick={onClose}>Cancel</Button>
          ) : (
            <Button onClick={() => onCreated(key)}>Open it</Button>
          )}
          <Button type="submit" variant="primary" disabled={!isReady || writing.isBusy}>
            Create key
          </Button>
        </div>
      </form>
    </aside>
  );
}
