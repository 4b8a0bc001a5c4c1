/** Does what changes stored data: says what was done or why not, then reads again what may have changed. */
import { notifications } from '@mantine/notifications';
import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { messageOf } from '../../lib/api-client.ts';

/** Words a result for the notice; null: no notice. */
type Done<Result> = ((result: Result) => string) | null;

export interface Act {
  readonly isBusy: boolean;
  /** Runs `work`; `done` words the result, or is null where the page shows it in its place. Resolves with it, or with undefined after a failure, which is shown. */
  run<Result>(work: () => Promise<Result>, done: Done<Result>): Promise<Result | undefined>;
  /** The same for a dialog that shows failures itself: rejects with them. */
  mustRun<Result>(work: () => Promise<Result>, done: Done<Result>): Promise<Result>;
}

/** `keys`: queries that are read again afterwards, by their beginnings. Must be constant. */
export function useAct(keys: readonly QueryKey[]): Act {
  const queryClient = useQueryClient();
  const [isBusy, setIsBusy] = useState(false);
  const mustRun = useCallback(
    async <Result>(work: () => Promise<Result>, done: Done<Result>): Promise<Result> => {
      setIsBusy(true);
      try {
        const result = await work();
        if (done !== null) notifications.show({ message: done(result) });
        await Promise.all(keys.map((queryKey) => queryClient.invalidateQueries({ queryKey })));
        return result;
      } finally {
        setIsBusy(false);
      }
    },
    [queryClient, keys],
  );
  const run = useCallback(
    async <Result>(work: () => Promise<Result>, done: Done<Result>): Promise<Result | undefined> => {
      try {
        return await mustRun(work, done);
      } catch (error) {
        notifications.show({ title: 'Nothing was changed', message: messageOf(error), 'data-tone': 'bad' });
        return undefined;
      }
    },
    [mustRun],
  );
  return { isBusy, run, mustRun };
}

/** Queries about stored data, by their first words. */
export const dataKeys: readonly QueryKey[] = [['streams'], ['stream'], ['consumers'], ['consumer'], ['kv'], ['objects']];
