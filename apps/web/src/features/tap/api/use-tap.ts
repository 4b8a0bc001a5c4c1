/** A tap in a component: its worker, its live subscription, its filter. */
import type { LiveTap, TapOptions } from '@sluice/protocol/console';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useLive } from '../../../lib/live-context.tsx';
import type { FilterNode } from '../model/filter-ast.ts';
import type { TapSnapshot } from '../model/tap-snapshot.ts';
import { TapClient } from './tap-client.ts';

export interface TapFeed {
  /** Null until the worker runs. */
  client: TapClient | null;
  /** Why the server refused or ended the tap; null while it runs. */
  refusal: string | null;
  /** The server's word on the tap; null before the first. */
  serverState: LiveTap['state'] | null;
  /** True once the server said anything at all. */
  isOpen: boolean;
  /** Asks the server again after a refusal. */
  retry: () => void;
}

/** Taps `options`; null taps nothing. What was listed stays until the component goes. */
export function useTap(options: TapOptions | null, filter: FilterNode | null): TapFeed {
  const client = useTapClient();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [serverState, setServerState] = useState<LiveTap['state'] | null>(null);
  const serverText = options?.filter?.contains;
  const isTapping = options !== null && client !== null && refusal === null;

  useLive(
    isTapping ? { topic: 'tap', tap: options } : null,
    {
      onTapBatch: (batch, ack) => client?.addBatch(batch, ack),
      onData: (message) => {
        if (message.topic !== 'tap') return;
        setServerState(message.data.state);
        client?.setCounters(message.data.counters);
      },
      onResubscribed: () => client?.tell('session'),
      onRefused: (_code, message) => setRefusal(message),
    },
    { isKeptHidden: true },
  );

  // Whoever starts tapping after a stop gets a new tap from the server, whose counters start at zero.
  const wasTapping = useRef(false);
  useEffect(() => {
    if (isTapping && !wasTapping.current) client?.tell('session');
    wasTapping.current = isTapping;
  }, [isTapping, client]);

  useEffect(() => client?.setFilter(filter, serverText), [client, filter, serverText]);

  // A refusal concerns the options it was given for: other options are tried again.
  const optionsText = JSON.stringify(options);
  const refusedText = useRef(optionsText);
  useEffect(() => {
    if (refusedText.current !== optionsText) setRefusal(null);
    refusedText.current = optionsText;
  }, [optionsText]);

  return { client, refusal, serverState, isOpen: serverState !== null, retry: () => setRefusal(null) };
}

function useTapClient(): TapClient | null {
  const [client, setClient] = useState<TapClient | null>(null);
  useEffect(() => {
    const started = new TapClient();
    setClient(started);
    // Without traffic nothing changes, but the histogram moves on and the rate falls to zero.
    const timer = setInterval(() => started.tell('tick'), 1000);
    return () => {
      clearInterval(timer);
      started.close();
    };
  }, []);
  return client;
}

/** A part of the newest snapshot; the component is drawn again only when `pick` gives something else. */
export function useTapSnapshot<Part>(client: TapClient | null, pick: (snapshot: TapSnapshot | null) => Part): Part {
  return useSyncExternalStore(
    (listener) => client?.onSnapshot(listener) ?? (() => undefined),
    () => pick(client?.snapshot ?? null),
  );
}
