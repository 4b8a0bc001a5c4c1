/**
 * What may pass on one leaf node connection: what is sent over it, what is taken from it, and what interest is told. The hub has the rules
 * of the user that the leaf node came as; the leaf node has them from the hub's INFO, with its own `deny_imports` and `deny_exports`.
 * What JetStream of another domain must not see is denied on both sides.
 * Source: nats-server server/leafnode.go leafMsgAllowed, leafReceiveAllowed, leafSendAllowed; server/client.go canSubscribeInternal.
 */
import { hasWildcards, isSubsetOf } from '@sluice/protocol';
import { hashBytes } from '@sluice/protocol/wire';
import { ClientPermissions } from '../../auth/permissions.ts';
import type { Clock } from '../../env/env.ts';
import type { Permissions, SubjectRules } from '../../options.ts';

/** Subjects that servers use between themselves: interest in them is told and taken whatever the rules say. */
const ALWAYS_TOLD = ['$LDS.', '$GR.', '_GR_.'];
/** Answers of services and acknowledgements follow requests that were allowed. */
const ALWAYS_TAKEN = ['_R_.', '$JS.ACK.'];

const EVERYTHING: SubjectRules = { allow: [], deny: [] };

export class LeafPermissions {
  /** The user's rules, as the leaf node is told them: what it imports, and what it exports. */
  told: { readonly imported: SubjectRules | undefined; readonly exported: SubjectRules | undefined } = {
    imported: undefined,
    exported: undefined,
  };
  private readonly clock: Clock;
  /** This server is the leaf node of the connection. */
  private isSpoke: boolean;
  private outgoing: SubjectRules = EVERYTHING;
  private incoming: SubjectRules = EVERYTHING;
  private responses: Permissions['allowResponses'];
  private readonly denied: { readonly outgoing: string[]; readonly incoming: string[] } = { outgoing: [], incoming: [] };
  /** Null while everything passes. */
  private sending: ClientPermissions | null = null;
  private taking: ClientPermissions | null = null;
  private telling: ClientPermissions | null = null;

  constructor(clock: Clock, isSpoke: boolean) {
    this.clock = clock;
    this.isSpoke = isSpoke;
  }

  /** Of a connection that came in as this user. */
  setUser({ publish, subscribe, allowResponses }: Permissions, isSpoke: boolean): void {
    this.isSpoke = isSpoke;
    this.told = { imported: subscribe, exported: publish };
    this.outgoing = withoutQueues(subscribe ?? EVERYTHING);
    this.incoming = publish ?? EVERYTHING;
    this.responses = allowResponses;
    this.compile();
  }

  /** As the hub's INFO has them. */
  setFromHub(exported: SubjectRules | undefined, imported: SubjectRules | undefined): void {
    this.outgoing = exported ?? EVERYTHING;
    this.incoming = withoutQueues(imported ?? EVERYTHING);
    this.compile();
  }

  setSpoke(isSpoke: boolean): void {
    this.isSpoke = isSpoke;
    this.compile();
  }

  denyOutgoing(subjects: readonly string[]): void {
    this.denied.outgoing.push(...subjects.filter((subject) => !this.denied.outgoing.includes(subject)));
    this.compile();
  }

  denyIncoming(subjects: readonly string[]): void {
    this.denied.incoming.push(...subjects.filter((subject) => !this.denied.incoming.includes(subject)));
    this.compile();
  }

  private compile(): void {
    const { clock, outgoing, incoming, responses, denied } = this;
    const rulesOut = { allow: outgoing.allow, deny: [...outgoing.deny, ...denied.outgoing] };
    const rulesIn = { allow: incoming.allow, deny: [...incoming.deny, ...denied.incoming] };
    this.sending = isOpen(rulesOut) ? null : new ClientPermissions({ publish: rulesOut }, clock);
    this.telling = isOpen(rulesIn) ? null : new ClientPermissions({ subscribe: rulesIn }, clock);
    // A hub takes requests for its JetStream that it would not pass on.
    const taken = this.isSpoke ? rulesIn : incoming;
    const answers = this.isSpoke || responses === undefined ? {} : { allowResponses: responses };
    const isFree = isOpen(taken) && responses === undefined;
    this.taking = isFree ? null : new ClientPermissions({ publish: taken, ...answers }, clock);
  }

  /** Whether messages to this subject may be sent over the connection. */
  maySend(bytes: Uint8Array, start: number, end: number, hash: number): boolean {
    return this.sending === null || this.sending.mayPublish(bytes, start, end, hash);
  }

  maySendTo(subject: string): boolean {
    const bytes = Buffer.from(subject, 'latin1');
    return this.maySend(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  }

  /** Whether a message that came to this subject is let in. */
  mayTake(bytes: Buffer, start: number, end: number, hash: number): boolean {
    const { taking } = this;
    if (taking === null) return true;
    const subject = bytes.toString('latin1', start, end);
    return ALWAYS_TAKEN.some((prefix) => subject.startsWith(prefix)) || taking.mayPublish(bytes, start, end, hash);
  }

  /** A request has been sent over it: it may be answered. */
  noteReply(reply: string): void {
    if (this.taking?.grantsReplies !== true) return;
    const bytes = Buffer.from(reply, 'latin1');
    this.taking.noteReply(bytes, 0, bytes.length);
  }

  /** Whether the other side is told of interest in this subject: also where only a part of it may come. */
  mayTell(subject: string): boolean {
    const { telling, incoming } = this;
    if (telling === null || ALWAYS_TOLD.some((prefix) => subject.startsWith(prefix))) return true;
    if (telling.checkSubscribe(subject, '').isAllowed) return true;
    const isWide = hasWildcards(subject) && incoming.allow.some((allowed) => isSubsetOf(allowed, subject));
    return isWide && !this.isDenied(subject);
  }

  private isDenied(subject: string): boolean {
    return [...this.incoming.deny, ...this.denied.incoming].some((denied) => isSubsetOf(subject, denied));
  }

  /** Whether interest of the other side in this subject is one that it may have. */
  mayExport(subject: string): boolean {
    if (this.sending === null || ALWAYS_TOLD.some((prefix) => subject.startsWith(prefix))) return true;
    return hasWildcards(subject) || this.maySendTo(subject);
  }
}

function isOpen({ allow, deny }: SubjectRules): boolean {
  return allow.length === 0 && deny.length === 0;
}

/** Messages have no queue group: entries that name one allow and deny nothing here. */
function withoutQueues({ allow, deny }: SubjectRules): SubjectRules {
  const isPlain = (entry: string): boolean => !entry.trim().includes(' ');
  const plain = allow.filter(isPlain);
  // A list of queue entries alone lets nothing through; an empty one would let everything.
  return { allow: allow.length > 0 && plain.length === 0 ? allow : plain, deny: deny.filter(isPlain) };
}
