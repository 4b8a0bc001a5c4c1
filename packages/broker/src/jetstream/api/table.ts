/** The API's verbs by subject. `*` is one token, `>` one or more; the longest fixed beginning wins, and none is in another's way. */
import { accountInfo } from './account-info.ts';
import { consumerStepDown, streamCancelMove, streamEvacuate, streamPeerRemove, streamStepDown } from './cluster-only.ts';
import { consumerCreate } from './consumer-create.ts';
import { consumerDelete } from './consumer-delete.ts';
import { consumerInfoVerb } from './consumer-info.ts';
import { consumerList, consumerNames } from './consumer-names.ts';
import { consumerPause } from './consumer-pause.ts';
import { consumerReset } from './consumer-reset.ts';
import { consumerUnpin } from './consumer-unpin.ts';
import { messageDelete } from './message-delete.ts';
import { messageGet } from './message-get.ts';
import type { ApiVerb } from './request.ts';
import { streamCreate } from './stream-create.ts';
import { streamDelete } from './stream-delete.ts';
import { streamInfoVerb } from './stream-info.ts';
import { streamList, streamNames } from './stream-names.ts';
import { streamPurge } from './stream-purge.ts';
import { streamRestore } from './stream-restore.ts';
import { streamSnapshot } from './stream-snapshot.ts';
import { streamUpdate } from './stream-update.ts';

/** Verbs by their words; how many names follow, and whether a filter may come after them. */
interface Row {
  readonly words: string;
  readonly names: number;
  readonly hasRest?: boolean;
  readonly verb: ApiVerb;
  /** It only describes what there is: such requests wait apart from others. */
  readonly isInfo?: boolean;
}

/** A verb, and whether it only describes what there is. */
export interface FoundVerb {
  readonly verb: ApiVerb;
  readonly isInfo: boolean;
}

const rows: readonly Row[] = [
  { words: 'INFO', names: 0, verb: accountInfo, isInfo: true },
  { words: 'STREAM.CREATE', names: 1, verb: streamCreate },
  { words: 'STREAM.UPDATE', names: 1, verb: streamUpdate },
  { words: 'STREAM.NAMES', names: 0, verb: streamNames, isInfo: true },
  { words: 'STREAM.LIST', names: 0, verb: streamList, isInfo: true },
  { words: 'STREAM.INFO', names: 1, verb: streamInfoVerb, isInfo: true },
  { words: 'STREAM.DELETE', names: 1, verb: streamDelete },
  { words: 'STREAM.PURGE', names: 1, verb: streamPurge },
  { words: 'STREAM.SNAPSHOT', names: 1, verb: streamSnapshot },
  { words: 'STREAM.RESTORE', names: 1, verb: streamRestore },
  { words: 'STREAM.MSG.DELETE', names: 1, verb: messageDelete },
  { words: 'STREAM.MSG.GET', names: 1, verb: messageGet },
  { words: 'STREAM.PEER.REMOVE', names: 1, verb: streamPeerRemove },
  { words: 'STREAM.PEER.EVACUATE', names: 1, verb: streamEvacuate },
  { words: 'STREAM.CANCEL_MOVE', names: 1, verb: streamCancelMove },
  { words: 'STREAM.LEADER.STEPDOWN', names: 1, verb: streamStepDown },
  { words: 'CONSUMER.CREATE', names: 1, hasRest: true, verb: consumerCreate },
  { words: 'CONSUMER.DURABLE.CREATE', names: 2, verb: consumerCreate },
  { words: 'CONSUMER.NAMES', names: 1, verb: consumerNames, isInfo: true },
  { words: 'CONSUMER.LIST', names: 1, verb: consumerList, isInfo: true },
  { words: 'CONSUMER.INFO', names: 2, verb: consumerInfoVerb, isInfo: true },
  { words: 'CONSUMER.DELETE', names: 2, verb: consumerDelete },
  { words: 'CONSUMER.PAUSE', names: 2, verb: consumerPause },
  { words: 'CONSUMER.RESET', names: 2, verb: consumerReset },
  { words: 'CONSUMER.UNPIN', names: 2, verb: consumerUnpin },
  { words: 'CONSUMER.LEADER.STEPDOWN', names: 2, verb: consumerStepDown },
];

const byWords: ReadonlyMap<string, Row> = new Map(rows.map((row) => [row.words, row]));
const MAX_WORDS = 3;

/** The verb for the tokens behind `$JS.API`, or undefined. */
export function findVerb(tokens: readonly string[]): FoundVerb | undefined {
  for (let count = 1; count <= MAX_WORDS; count++) {
    const row = byWords.get(tokens.slice(0, count).join('.'));
    if (row === undefined) continue;
    const names = tokens.length - count;
    if (names === row.names || (row.hasRest === true && names > row.names))
      return { verb: row.verb, isInfo: row.isInfo === true };
  }
  return undefined;
}
