/** Cells that the key table, the tree and the watch share. */
import type { KvEntry, KvOperation } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { Badge } from '../../../components/badge.tsx';
import { payloadLine } from '../../../components/jetstream/stored-payload.ts';
import { formatBytes } from '../../../lib/format.ts';

/** The value on one line, or what took it away. */
export function ValueCell({ entry }: { entry: KvEntry }): ReactNode {
  if (entry.operation !== 'put') return <OperationBadge operation={entry.operation} />;
  return entry.sizeBytes === 0 ? <span className="f3">empty</span> : payloadLine(entry.value, entry.sizeBytes);
}

export function OperationBadge({ operation }: { operation: KvOperation }): ReactNode {
  if (operation === 'put') return <Badge tone="ok">put</Badge>;
  return <Badge tone={operation === 'purge' ? 'bad' : 'warn'}>{operation === 'purge' ? 'purged' : 'deleted'}</Badge>;
}

export function sizeOf(entry: KvEntry): string {
  return entry.operation === 'put' ? formatBytes(entry.sizeBytes) : '';
}
