/** Sends files into a bucket one after another and tells how far each is. */
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { messageOf } from '../../../lib/api-client.ts';
import { nextUpload, UPLOADS_MAX, type UploadItem, type UploadState, withReplacing, withState } from '../model/upload-list.ts';
import { findObject, type ObjectBucketRef, uploadAddress } from './objects-api.ts';
import { fileProblem, type Upload, upload } from './upload.ts';

export interface Uploads {
  readonly items: readonly UploadItem[];
  /** Adds files to the list; returns how many did not fit. */
  add(files: readonly File[]): number;
  /** Sends one in place of the object that has its name. */
  replace(id: number): void;
  /** Stops one that is being sent, or takes it off the list. */
  drop(id: number): void;
}

export function useUploads(bucket: ObjectBucketRef): Uploads {
  const [items, setItems] = useState<readonly UploadItem[]>([]);
  const files = useRef(new Map<number, File>());
  const running = useRef<{ readonly id: number; readonly upload: Upload } | null>(null);
  const nextId = useRef(1);
  const queryClient = useQueryClient();

  useEffect(() => () => running.current?.upload.stop(), []);

  const put = useCallback((id: number, state: UploadState) => setItems((before) => withState(before, id, state)), []);

  useEffect(() => {
    const next = nextUpload(items);
    const file = next === undefined ? undefined : files.current.get(next.id);
    if (next === undefined || file === undefined || running.current !== null) return;
    const { id } = next;
    if (!next.mayReplace) {
      put(id, { kind: 'checking' });
      findObject(bucket, next.name).then(
        (object) =>
          object === undefined
            ? setItems((before) => withReplacing(withState(before, id, { kind: 'exists', sizeBytes: 0 }), id))
            : put(id, { kind: 'exists', sizeBytes: object.sizeBytes }),
        (error: unknown) => put(id, { kind: 'failed', message: messageOf(error) }),
      );
      return;
    }
    put(id, { kind: 'sending', sentBytes: 0 });
    const sending = upload(uploadAddress(bucket, next.name), file, (sentBytes) => put(id, { kind: 'sending', sentBytes }));
    running.current = { id, upload: sending };
    const end = (state: UploadState): void => {
      running.current = null;
      files.current.delete(id);
      put(id, state);
      void queryClient.invalidateQueries({ queryKey: ['objects'] });
    };
    sending.done.then(
      (row) => end({ kind: 'done', digest: row.digest }),
      (error: unknown) => end({ kind: 'failed', message: messageOf(error) }),
    );
  }, [items, bucket, put, queryClient]);

  const add = useCallback(
    (added: readonly File[]): number => {
      const taken = added.slice(0, Math.max(UPLOADS_MAX - items.length, 0));
      const fresh = taken.map((file): UploadItem => {
        const id = nextId.current++;
        const problem = fileProblem(file);
        if (problem === null) files.current.set(id, file);
        return {
          id,
          name: file.name,
          sizeBytes: file.size,
          mayReplace: false,
          state: problem === null ? { kind: 'waiting' } : { kind: 'failed', message: problem },
        };
      });
      setItems((before) => [...before, ...fresh]);
      return added.length - taken.length;
    },
    [items.length],
  );

  const drop = useCallback((id: number): void => {
    if (running.current?.id === id) {
      running.current.upload.stop();
      return;
    }
    files.current.delete(id);
    setItems((before) => before.filter((item) => item.id !== id));
  }, []);

  const replace = useCallback((id: number): void => setItems((before) => withReplacing(before, id)), []);

  return { items, add, replace, drop };
}
