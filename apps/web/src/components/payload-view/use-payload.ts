/** An opened payload in a component: opened when it appears, closed when another takes its place. */
import { useEffect, useState } from 'react';
import { openPayload, type PayloadHandle } from './payload-client.ts';
import type { PayloadInput, PayloadTab, PayloadTabState } from './payload-document.ts';

export type OpenedPayload =
  | { state: 'opening' }
  | { state: 'failed'; message: string }
  | { state: 'open'; input: PayloadInput; handle: PayloadHandle };

const OPENING: OpenedPayload = { state: 'opening' };

/** Opens `input`; its identity decides what "another payload" is. The one before stays on screen until the next is open. */
export function usePayload(input: PayloadInput): OpenedPayload {
  const [opened, setOpened] = useState<OpenedPayload>(OPENING);
  useEffect(() => {
    let isGone = false;
    let handle: PayloadHandle | undefined;
    openPayload(input).then(
      (ready) => {
        if (isGone) ready.close();
        else setOpened({ state: 'open', input, handle: ready });
        handle = ready;
      },
      (error: unknown) => {
        if (!isGone) setOpened({ state: 'failed', message: error instanceof Error ? error.message : 'unknown failure' });
      },
    );
    return () => {
      isGone = true;
      handle?.close();
    };
  }, [input]);
  return opened;
}

/** State of one view of an open payload; null while it is laid out. */
export function usePayloadTab(handle: PayloadHandle, tab: PayloadTab): PayloadTabState | null {
  const [known, setKnown] = useState<{ handle: PayloadHandle; tab: PayloadTab; state: PayloadTabState } | null>(null);
  useEffect(() => {
    let isGone = false;
    const put = (state: PayloadTabState) => {
      if (!isGone) setKnown({ handle, tab, state });
    };
    handle
      .tab(tab)
      .then(put, (error: unknown) => put({ lineCount: 0, note: error instanceof Error ? error.message : 'unknown failure' }));
    return () => {
      isGone = true;
    };
  }, [handle, tab]);
  return known !== null && known.handle === handle && known.tab === tab ? known.state : null;
}
