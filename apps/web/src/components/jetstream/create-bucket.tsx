/** A form for a new bucket, of keys or of objects: name, limits, storage. The page adds what only its kind has. */
import { isValidAssetName } from '@sluice/protocol/jetstream';
import { type ReactNode, useState } from 'react';
import { messageOf } from '../../lib/api-client.ts';
import { parseByteSize } from '../../lib/byte-size.ts';
import { parseDuration, writeGoDuration } from '../../lib/duration.ts';
import { Button } from '../button.tsx';
import { CommandText } from '../command-text.tsx';
import { Field, SelectField } from '../field.tsx';
import { PaneHead } from '../pane-head.tsx';

/** What both kinds of buckets are created with. */
export interface BucketSettings {
  readonly bucket: string;
  readonly description?: string;
  readonly ttlMs?: number;
  readonly maxBytes?: number;
  readonly storage: 'file' | 'memory';
  readonly compression: 'none' | 's2';
}

export interface CreateBucketProps {
  readonly title: string;
  /** Fields that only this kind has. */
  readonly children?: ReactNode;
  /** What is wrong with them; null when nothing is. */
  readonly problem?: string | null;
  /** The command that does the same, as far as the name is known. */
  readonly commandOf: (settings: BucketSettings) => string;
  readonly create: (settings: BucketSettings) => Promise<unknown>;
  readonly onClose: () => void;
}

/** The command that creates the same bucket; `own` are flags that only this kind has. */
export function bucketCommand(verb: 'kv add' | 'object add', settings: BucketSettings, own: readonly string[] = []): string {
  const { bucket, ttlMs, maxBytes, storage, compression } = settings;
  return [
    `nats ${verb} ${bucket}`,
    ...own,
    ...(ttlMs === undefined ? [] : [`--ttl=${writeGoDuration(ttlMs * 1e6)}`]),
    ...(maxBytes === undefined ? [] : [`--max-bucket-size=${maxBytes}`]),
    `--storage=${storage}`,
    ...(compression === 's2' ? ['--compress'] : []),
  ].join(' ');
}

interface Texts {
  readonly bucket: string;
  readonly description: string;
  readonly ttl: string;
  readonly maxBytes: string;
  readonly storage: 'file' | 'memory';
  readonly compression: 'none' | 's2';
}

const EMPTY: Texts = { bucket: '', description: '', ttl: '', maxBytes: '', storage: 'file', compression: 'none' };

export function CreateBucket({ title, children, problem = null, commandOf, create, onClose }: CreateBucketProps): ReactNode {
  const [texts, setTexts] = useState(EMPTY);
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const set = (change: Partial<Texts>): void => setTexts({ ...texts, ...change });
  const ttlNs = texts.ttl === '' ? 0 : parseDuration(texts.ttl);
  const bytes = texts.maxBytes === '' ? 0 : parseByteSize(texts.maxBytes);
  const isNameWrong = texts.bucket !== '' && !(isValidAssetName(texts.bucket) && /^[\w-]+$/.test(texts.bucket));
  const isReady = texts.bucket !== '' && !isNameWrong && ttlNs !== null && bytes !== null && problem === null;
  const settings: BucketSettings = {
    bucket: texts.bucket,
    storage: texts.storage,
    compression: texts.compression,
    ...(texts.description === '' ? {} : { description: texts.description }),
    ...(ttlNs === null || ttlNs === 0 ? {} : { ttlMs: Math.round(ttlNs / 1e6) }),
    ...(bytes === null || bytes === 0 ? {} : { maxBytes: bytes }),
  };
  const submit = async (): Promise<void> => {
    setIsBusy(true);
    setFailure(null);
    try {
      await create(settings);
    } catch (error) {
      setFailure(messageOf(error));
      setIsBusy(false);
    }
  };
  return (
    <aside className="col side drawer" aria-label={title}>
      <PaneHead onClose={onClose}>
        <h2>{title}</h2>
      </PaneHead>
      <form
        className="scroll bucketform"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady && !isBusy) void submit();
        }}
      >
        <Field
          label="Name"
          autoFocus
          isMono
          value={texts.bucket}
          error={isNameWrong ? 'Letters, digits, - and _' : null}
          onChange={(event) => set({ bucket: event.currentTarget.value })}
        />
        <Field
          label="Description"
          value={texts.description}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
        {children}
        <Field
          label="TTL"
          placeholder="never"
          value={texts.ttl}
          hint="As 1h or 7d: what is older expires"
          error={ttlNs === null ? 'A duration such as 1h or 7d' : null}
          onChange={(event) => set({ ttl: event.currentTarget.value })}
        />
        <Field
          label="Max bucket size"
          placeholder="no limit"
          value={texts.maxBytes}
          hint="As 1 GB"
          error={bytes === null ? 'A size such as 1 GB' : null}
          onChange={(event) => set({ maxBytes: event.currentTarget.value })}
        />
        <SelectField
          label="Storage"
          value={texts.storage}
          options={[
            { value: 'file', label: 'file' },
            { value: 'memory', label: 'memory, gone after a restart' },
          ]}
          onChange={(event) => set({ storage: event.currentTarget.value === 'memory' ? 'memory' : 'file' })}
        />
        <SelectField
          label="Compression"
          value={texts.compression}
          options={[
            { value: 'none', label: 'none' },
            { value: 's2', label: 's2' },
          ]}
          onChange={(event) => set({ compression: event.currentTarget.value === 's2' ? 's2' : 'none' })}
        />
        {texts.bucket === '' ? null : <CommandText className="bucketcmd" command={commandOf(settings)} />}
        {failure === null ? null : (
          <p className="bad sm" role="alert">
            {failure}
          </p>
        )}
        <div className="row">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={!isReady || isBusy}>
            Create bucket
          </Button>
        </div>
      </form>
    </aside>
  );
}
