/** What the page and the tap worker say to each other. Batches are handed over, not copied. */
import type { LiveTapCounters } from '@sluice/protocol/console';
import type { FilterNode } from './filter-ast.ts';
import type { TapDetail } from './tap-engine.ts';
import type { TapSnapshot, TapWindow } from './tap-snapshot.ts';

export type TapWorkerRequest =
  | { type: 'frame'; buffer: ArrayBuffer; from: number; ackId: number }
  | { type: 'counters'; counters: LiveTapCounters }
  | { type: 'session' }
  | { type: 'filter'; node: FilterNode | null; serverText?: string }
  | { type: 'pause' | 'resume' | 'showHeld' | 'discardHeld' | 'clear' | 'tick' }
  /** The part on screen changed. */
  | { type: 'window'; window: TapWindow }
  /** The last snapshot is painted; the next may come. */
  | { type: 'painted' }
  | { type: 'detail'; requestId: number; index: number }
  /** The row `step` places older (newer when negative) than row `index`; step 0 asks where the row itself is. */
  | { type: 'neighbour'; requestId: number; index: number; step: number; newestIndex: number | null }
  | { type: 'export'; requestId: number };

export type TapWorkerReply =
  | { type: 'snapshot'; snapshot: TapSnapshot }
  /** The frame with this id is taken in; its credit may go back to the server. */
  | { type: 'handled'; ackId: number }
  | { type: 'detail'; requestId: number; detail: TapDetail | null }
  | { type: 'neighbour'; requestId: number; row: { index: number; position: number } | null }
  | { type: 'export'; requestId: number; blob: Blob; lineCount: number };
