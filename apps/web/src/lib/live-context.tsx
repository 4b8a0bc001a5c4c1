/** React's side of the live socket: one per page, subscriptions that follow a component's life, and the state of the feed. */
import type { LiveTopic } from '@sluice/protocol/console';
import { createContext, type ReactNode, use, useEffect, useRef, useSyncExternalStore } from 'react';
import type { LiveHandlers, LiveSocket, LiveState, LiveSubscription } from './live-socket.ts';

const LiveContext = createContext<LiveSocket | null>(null);

/** Gives the pages below it their socket. */
export function LiveProvider({ socket, children }: { socket: LiveSocket; children: ReactNode }): ReactNode {
  return <LiveContext value={socket}>{children}</LiveContext>;
}

/** The page's socket. Throws outside a `LiveProvider`. */
export function useLiveSocket(): LiveSocket {
  const socket = use(LiveContext);
  if (socket === null) throw new Error('useLiveSocket outside LiveProvider');
  return socket;
}

/** Live, or not and since when. */
export function useLiveState(): LiveState {
  const socket = useLiveSocket();
  return useSyncExternalStore(
    (listener) => socket.onState(listener),
    () => socket.state,
  );
}

/**
 * Subscribes to `topic` while the component lives; null subscribes to nothing. A changed topic of the same name updates the
 * running subscription, or with `isRenewed` makes a new one, so that no frame of the old topic can come after. `handlers` may change
 * between renders. `isKeptHidden`: true goes on while the tab is hidden.
 */
export function useLive(
  topic: LiveTopic | null,
  handlers: LiveHandlers,
  { isKeptHidden = false, isRenewed = false }: { isKeptHidden?: boolean; isRenewed?: boolean } = {},
): void {
  const socket = useLiveSocket();
  const isHidden = useIsTabHidden() && !isKeptHidden;
  const latest = useRef(handlers);
  const current = useRef<LiveSubscription | null>(null);
  const sentText = useRef('');
  const latestTopic = useRef(topic);
  const text = JSON.stringify(topic);
  const name = isHidden || topic === null ? undefined : isRenewed ? text : topic.topic;

  useEffect(() => {
    latest.current = handlers;
    latestTopic.current = topic;
  });

  useEffect(() => {
    const first = latestTopic.current;
    if (name === undefined || first === null) return;
    sentText.current = JSON.stringify(first);
    const subscription = socket.subscribe(first, {
      onData: (data) => latest.current.onData?.(data),
      onTapBatch: (batch, ack) => (latest.current.onTapBatch === undefined ? ack() : latest.current.onTapBatch(batch, ack)),
      onRefused: (code, message) => latest.current.onRefused?.(code, message),
      onResubscribed: () => latest.current.onResubscribed?.(),
    });
    current.current = subscription;
    return () => {
      current.current = null;
      subscription.close();
    };
  }, [socket, name]);

  useEffect(() => {
    const next = latestTopic.current;
    if (next === null || current.current === null || sentText.current === text) return;
    sentText.current = text;
    current.current.update(next);
  }, [text]);
}

function subscribeVisibility(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
}

/** True while the tab is in the background: what nobody sees is not asked for. */
export function useIsTabHidden(): boolean {
  return useSyncExternalStore(subscribeVisibility, () => document.visibilityState === 'hidden');
}
