// hot path
/**
 * What other servers subscribe to in one account: a trie of its own, so that the walk of a server that stands alone has nothing to look
 * at. What it finds for a subject is put into the match as one more receiver.
 */
import type { Match, QueueMatch } from './match.ts';
import { RoutedMatch } from './routed-match.ts';
import { SubjectTrie } from './subject-trie.ts';

export class RemoteInterest {
  readonly trie: SubjectTrie = new SubjectTrie();

  /** Adds the servers that want `bytes[start..end)` to a match that holds the local receivers already. */
  addTo(match: Match, bytes: Uint8Array, start: number, end: number): void {
    let { routed } = match;
    if (routed === null) match.routed = routed = new RoutedMatch();
    else routed.clear();
    this.trie.collect(bytes, start, end, routed);
    if (routed.isEmpty) return;
    match.plain.push(routed.standIn);
    const { queues } = routed;
    for (let index = 0; index < queues.length; index++) {
      const queue = queues[index];
      const at = match.queues.findIndex(({ name }) => name === queue?.name);
      if (queue === undefined || at < 0) continue;
      queue.members = (match.queues[at] as QueueMatch).members;
      match.queues.splice(at, 1);
    }
  }
}
