// hot path
/**
 * Subscriptions by subject: a trie over tokens whose edges live in one open-addressed table keyed by (parent, token hash), with the token
 * bytes verified, so that equal hashes cannot misroute. A lookup follows one pointer per token; most of its time is cache misses.
 */
import { DOT, equalBytes, GREATER, HASH_SEED, hashBytes, STAR } from '@sluice/protocol/wire';
import type { Subscription } from './subscription.ts';

/** Tokens that a subject may have (a control line of 4 KiB can hold 2048); what lies beyond counts as one token. */
const MAX_TOKENS = 2048;
const FIRST_TABLE_SLOTS = 64;
/** Bytes of a token that a node holds in words. */
const PACKED_BYTES = 12;

/** What a walk hands its findings to. */
export interface Collector {
  addPlain(list: Subscription[]): void;
  addQueue(name: string, members: Subscription[]): void;
}

interface QueueList {
  readonly name: string;
  readonly members: Subscription[];
}

class Node {
  readonly id: number;
  readonly parent: Node | null;
  readonly tokenHash: number;
  /** Length and first 12 bytes of the token that leads here, packed so that comparing them follows no pointer. */
  readonly tokenLength: number;
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  /** The whole token when it is longer than 12 bytes, else null. */
  readonly longToken: Uint8Array | null;
  star: Node | null = null;
  /** Subscriptions that end here, and those that end in `>` one level below. */
  plain: Subscription[] | null = null;
  queues: QueueList[] | null = null;
  tailPlain: Subscription[] | null = null;
  tailQueues: QueueList[] | null = null;
  /** Literal children plus the star child: a node without any, and without subscriptions, is removed. */
  childCount = 0;

  constructor(id: number, parent: Node | null, token: Uint8Array, tokenHash: number) {
    this.id = id;
    this.parent = parent;
    this.tokenHash = tokenHash;
    this.tokenLength = token.length;
    this.word0 = packWord(token, 0, token.length);
    this.word1 = packWord(token, 4, token.length);
    this.word2 = packWord(token, 8, token.length);
    this.longToken = token.length > PACKED_BYTES ? token : null;
  }

  isEmpty(): boolean {
    return (
      this.childCount === 0 && this.plain === null && this.queues === null && this.tailPlain === null && this.tailQueues === null
    );
  }
}

const NO_TOKEN = new Uint8Array(0);

export class SubjectTrie {
  private readonly root = new Node(0, null, NO_TOKEN, 0);
  private nextNodeId = 1;
  private table: (Node | null)[] = new Array(FIRST_TABLE_SLOTS).fill(null);
  private tableUsed = 0;

  private readonly tokenStarts = new Int32Array(MAX_TOKENS + 1);
  private readonly tokenHashes = new Int32Array(MAX_TOKENS);
  private tokenCount = 0;

  /** Adds everything that matches the literal subject `bytes[start..end)` to `match`. */
  collect(bytes: Uint8Array, start: number, end: number, match: Collector): void {
    this.tokenize(bytes, start, end);
    this.walk(this.root, 0, bytes, match);
  }

  /** A subject with an empty token (`a..b`) or too many tokens gets none at all, and nothing ends at the root: it matches nothing. */
  private tokenize(bytes: Uint8Array, start: number, end: number): void {
    const starts = this.tokenStarts;
    const hashes = this.tokenHashes;
    let count = 0;
    let hash = HASH_SEED;
    starts[0] = start;
    for (let index = start; index < end; index++) {
      const char = bytes[index] as number;
      if (char !== DOT) hash = Math.imul(hash ^ char, 0x01000193);
      else {
        if (count >= MAX_TOKENS - 1 || index === starts[count]) {
          this.tokenCount = 0;
          return;
        }
        hashes[count++] = hash ^ (hash >>> 15);
        starts[count] = index + 1;
        hash = HASH_SEED;
      }
    }
    const isLastEmpty = starts[count] === end;
    hashes[count++] = hash ^ (hash >>> 15);
    starts[count] = end + 1;
    this.tokenCount = isLastEmpty ? 0 : count;
  }

  private walk(node: Node, depth: number, bytes: Uint8Array, match: Collector): void {
    if (depth === this.tokenCount) {
      if (node.plain !== null) match.addPlain(node.plain);
      if (node.queues !== null) addQueues(match, node.queues);
      return;
    }
    if (node.tailPlain !== null) match.addPlain(node.tailPlain);
    if (node.tailQueues !== null) addQueues(match, node.tailQueues);
    if (node.childCount === 0) return;
    const start = this.tokenStarts[depth] as number;
    const length = (this.tokenStarts[depth + 1] as number) - 1 - start;
    const child = this.findChild(node, this.tokenHashes[depth] as number, bytes, start, length);
    if (child !== null) this.walk(child, depth + 1, bytes, match);
    if (node.star !== null) this.walk(node.star, depth + 1, bytes, match);
  }

  private findChild(parent: Node, hash: number, bytes: Uint8Array, start: number, length: number): Node | null {
    const table = this.table;
    const mask = table.length - 1;
    let slot = mix(parent.id, hash) & mask;
    for (let node = table[slot] as Node | null; node !== null; node = table[slot] as Node | null) {
      if (node.tokenHash === hash && node.parent === parent && node.tokenLength === length && isToken(node, bytes, start))
        return node;
      slot = (slot + 1) & mask;
    }
    return null;
  }

  insert(subscription: Subscription, pattern: Uint8Array): void {
    const { node, isTail } = this.descend(pattern, true);
    if (node === null) return;
    if (subscription.queue === '') {
      listOf(node, isTail).push(subscription);
      return;
    }
    const queues = queuesOf(node, isTail);
    let queue = queues.find((candidate) => candidate.name === subscription.queue);
    if (queue === undefined) {
      queue = { name: subscription.queue, members: [] };
      queues.push(queue);
    }
    queue.members.push(subscription);
  }

  /** True when it was there. */
  remove(subscription: Subscription, pattern: Uint8Array): boolean {
    const { node, isTail } = this.descend(pattern, false);
    if (node === null || !removeFrom(node, isTail, subscription)) return false;
    this.prune(node);
    return true;
  }

  /** Calls back for each subscription, in no particular order. */
  forEach(callback: (subscription: Subscription) => void): void {
    visit(this.root, callback);
    for (const node of this.table) if (node !== null) visit(node, callback);
    const stars: Node[] = [];
    if (this.root.star !== null) stars.push(this.root.star);
    for (const node of this.table) if (node?.star) stars.push(node.star);
    for (let star = stars.pop(); star !== undefined; star = stars.pop()) {
      visit(star, callback);
      if (star.star !== null) stars.push(star.star);
    }
  }

  /** Follows a pattern token by token; `isTail` when it ends in `>`. */
  private descend(pattern: Uint8Array, isCreating: boolean): { node: Node | null; isTail: boolean } {
    let node: Node = this.root;
    let start = 0;
    for (;;) {
      let end = start;
      while (end < pattern.length && pattern[end] !== DOT) end++;
      const isOneChar = end - start === 1;
      if (isOneChar && pattern[start] === GREATER && end === pattern.length) return { node, isTail: true };
      let child: Node | null;
      if (isOneChar && pattern[start] === STAR) child = node.star;
      else child = this.findChild(node, hashBytes(pattern, start, end), pattern, start, end - start);
      if (child === null) {
        if (!isCreating) return { node: null, isTail: false };
        child = this.addChild(node, pattern, start, end, isOneChar && pattern[start] === STAR);
      }
      node = child;
      if (end >= pattern.length) return { node, isTail: false };
      start = end + 1;
    }
  }

  private addChild(parent: Node, pattern: Uint8Array, start: number, end: number, isStar: boolean): Node {
    parent.childCount++;
    if (isStar) {
      parent.star = new Node(this.nextNodeId++, parent, NO_TOKEN, 0);
      return parent.star;
    }
    if ((this.tableUsed + 1) * 2 > this.table.length) this.growTable();
    const node = new Node(
      this.nextNodeId++,
      parent,
      Uint8Array.prototype.slice.call(pattern, start, end),
      hashBytes(pattern, start, end),
    );
    this.place(node);
    this.tableUsed++;
    return node;
  }

  private place(node: Node): void {
    const mask = this.table.length - 1;
    let slot = mix((node.parent as Node).id, node.tokenHash) & mask;
    while (this.table[slot] !== null) slot = (slot + 1) & mask;
    this.table[slot] = node;
  }

  private growTable(): void {
    const old = this.table;
    this.table = new Array(old.length * 2).fill(null);
    for (const node of old) if (node !== null) this.place(node);
  }

  /** Removes nodes that lead nowhere, upwards. */
  private prune(leaf: Node): void {
    let node = leaf;
    while (node.parent !== null && node.isEmpty()) {
      const parent: Node = node.parent;
      if (parent.star === node) parent.star = null;
      else this.displace(node);
      parent.childCount--;
      node = parent;
    }
  }

  /** Takes a node out of the open-addressed table and closes the gap behind it. */
  private displace(node: Node): void {
    const table = this.table;
    const mask = table.length - 1;
    let hole = mix((node.parent as Node).id, node.tokenHash) & mask;
    while (table[hole] !== node) hole = (hole + 1) & mask;
    this.tableUsed--;
    for (let slot = (hole + 1) & mask; ; slot = (slot + 1) & mask) {
      const next = table[slot] as Node | null;
      if (next === null) break;
      const home = mix((next.parent as Node).id, next.tokenHash) & mask;
      const isMovable = hole <= slot ? home <= hole || home > slot : home <= hole && home > slot;
      if (!isMovable) continue;
      table[hole] = next;
      hole = slot;
    }
    table[hole] = null;
  }
}

/** Up to four bytes of `bytes[..end)` from `start` as one integer. */
function packWord(bytes: Uint8Array, start: number, end: number): number {
  let word = 0;
  for (let index = start, shift = 0; index < end && shift < 32; index++, shift += 8) word |= (bytes[index] as number) << shift;
  return word;
}

/** True when the node's token stands at `start`; its length is known to be equal. */
function isToken(node: Node, bytes: Uint8Array, start: number): boolean {
  const length = node.tokenLength;
  if (node.longToken !== null) return equalBytes(node.longToken, 0, bytes, start, length);
  const end = start + length;
  if (node.word0 !== packWord(bytes, start, end)) return false;
  if (length > 4 && node.word1 !== packWord(bytes, start + 4, end)) return false;
  return length <= 8 || node.word2 === packWord(bytes, start + 8, end);
}

function addQueues(match: Collector, queues: QueueList[]): void {
  for (let index = 0; index < queues.length; index++) {
    const queue = queues[index] as QueueList;
    match.addQueue(queue.name, queue.members);
  }
}

function mix(parentId: number, hash: number): number {
  let mixed = Math.imul(parentId, 0x9e3779b1) ^ hash;
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0x85ebca6b);
  return mixed ^ (mixed >>> 16);
}

function listOf(node: Node, isTail: boolean): Subscription[] {
  if (isTail) {
    node.tailPlain ??= [];
    return node.tailPlain;
  }
  node.plain ??= [];
  return node.plain;
}

function queuesOf(node: Node, isTail: boolean): QueueList[] {
  if (isTail) {
    node.tailQueues ??= [];
    return node.tailQueues;
  }
  node.queues ??= [];
  return node.queues;
}

function removeFrom(node: Node, isTail: boolean, subscription: Subscription): boolean {
  if (subscription.queue === '') {
    const list = isTail ? node.tailPlain : node.plain;
    if (list === null || !removeItem(list, subscription)) return false;
    if (list.length === 0) {
      if (isTail) node.tailPlain = null;
      else node.plain = null;
    }
    return true;
  }
  const queues = isTail ? node.tailQueues : node.queues;
  const queue = queues?.find((candidate) => candidate.name === subscription.queue);
  if (queues == null || queue === undefined || !removeItem(queue.members, subscription)) return false;
  if (queue.members.length === 0) queues.splice(queues.indexOf(queue), 1);
  if (queues.length === 0) {
    if (isTail) node.tailQueues = null;
    else node.queues = null;
  }
  return true;
}

/** Swaps the last item into the place of the removed one: order among receivers is not promised. */
function removeItem(list: Subscription[], item: Subscription): boolean {
  const index = list.lastIndexOf(item);
  if (index < 0) return false;
  const last = list.pop() as Subscription;
  if (index < list.length) list[index] = last;
  return true;
}

function visit(node: Node, callback: (subscription: Subscription) => void): void {
  if (node.plain !== null) node.plain.forEach(callback);
  if (node.tailPlain !== null) node.tailPlain.forEach(callback);
  if (node.queues !== null) for (const queue of node.queues) queue.members.forEach(callback);
  if (node.tailQueues !== null) for (const queue of node.tailQueues) queue.members.forEach(callback);
}
