/** What an acknowledgement of a stream promises, as a badge; the sentence on hover. */
import type { Durability, DurabilityMode } from '@sluice/protocol/console';
import { CircleHelp, HardDrive, MemoryStick } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatSpan } from '../../lib/format.ts';
import { Badge, type Tone } from '../badge.tsx';

const looks: Readonly<Record<DurabilityMode, { readonly tone: Tone; readonly word: string }>> = {
  fsync: { tone: 'ok', word: 'fsync before ack' },
  interval: { tone: 'warn', word: 'ack before fsync' },
  async: { tone: 'warn', word: 'async' },
  memory: { tone: 'neutral', word: 'memory' },
  unknown: { tone: 'neutral', word: 'not told' },
};

export function DurabilityBadge({ durability }: { durability: Durability }): ReactNode {
  const { tone, word } = looks[durability.mode];
  const icon = durability.mode === 'memory' ? MemoryStick : durability.mode === 'unknown' ? CircleHelp : HardDrive;
  return (
    <span title={durability.text}>
      <Badge tone={tone} icon={icon}>
        {durability.mode === 'interval' && durability.syncIntervalMs !== null
          ? `fsync every ${formatSpan(durability.syncIntervalMs)}`
          : word}
      </Badge>
    </span>
  );
}
