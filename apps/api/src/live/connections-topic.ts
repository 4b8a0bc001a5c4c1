/** `connections`: the visible window of the table, once a second; after the first frame only rows that changed. */
import type { ConnectionRow, ConnectionsQuery, LiveConnections } from '@sluice/protocol/console';
import { CreditWindow } from './credit-window.ts';
import type { Topic, TopicOutput } from './topic.ts';

export const CONNECTIONS_CREDITS = 2;

/** The page that a query asks for now; a message when it cannot be had. */
export type WindowRead =
  | { ok: true; page: Omit<LiveConnections, 'order' | 'rows' | 'isFull'> & { items: ConnectionRow[] } }
  | { ok: false };

export function connectionsTopic(
  read: (query: ConnectionsQuery) => Promise<WindowRead>,
  first: ConnectionsQuery,
  output: TopicOutput,
): Topic {
  const window = new CreditWindow(CONNECTIONS_CREDITS);
  let query = first;
  let shown = new Map<string, ConnectionRow>();
  let order = '';
  let isBusy = false;
  let isClosed = false;

  const send = async (): Promise<void> => {
    const asked = query;
    const answer = await read(asked);
    if (!answer.ok || isClosed || !window.canSend || asked !== query) return;
    const { items, ...page } = answer.page;
    const nextOrder = items.map(keyOf).join(' ');
    const isFull = nextOrder !== order;
    const rows = isFull ? items : items.filter((row) => hasChanged(shown.get(keyOf(row)), row));
    order = nextOrder;
    shown = new Map(items.map((row) => [keyOf(row), row]));
    const places = items.map(({ cid, serverId }) => ({ cid, serverId }));
    output.send(window.next(), { topic: 'connections', data: { ...page, order: places, rows, isFull } });
  };
  const tick = (): void => {
    if (isBusy || isClosed || !window.canSend) return;
    isBusy = true;
    send().then(
      () => {
        isBusy = false;
      },
      (error: unknown) => output.end(error instanceof Error ? error.message : String(error)),
    );
  };
  tick();
  return {
    ack: (seq) => window.ack(seq),
    update(topic) {
      if (topic.topic !== 'connections') return false;
      query = topic.query;
      order = '';
      isBusy = false;
      tick();
      return true;
    },
    tick,
    close() {
      isClosed = true;
    },
  };
}

function keyOf(row: ConnectionRow): string {
  return `${row.serverId}:${row.cid}`;
}

function hasChanged(before: ConnectionRow | undefined, after: ConnectionRow): boolean {
  if (before === undefined) return true;
  const keys = Object.keys(after) as (keyof ConnectionRow)[];
  return keys.some((key) => before[key] !== after[key]);
}
