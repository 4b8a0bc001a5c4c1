// hot path
/**
 * What one client may publish and subscribe to. The rules of a user are compiled once and shared by all its connections, together
 * with a small cache of verdicts; what a connection adds is the replies it was asked for.
 *
 * Deny wins over allow. A wildcard subscription that only overlaps a deny rule is allowed, and each delivery is checked against
 * those rules. nats-server matches the subject of a SUB against rules as if it were a literal, so `foo.*` there allows `foo.>`, and then
 * delivers `foo.a.b`; here such a subscription is taken too, and gets what the rules allow.
 * Source: nats-server server/client.go setPermissions, canSubscribe, pubAllowedFullCheck, and 2.15.1 on the wire.
 */
import { isSubsetOf, matchesSubject, subjectsOverlap } from '@sluice/protocol';
import { equalBytes } from '@sluice/protocol/wire';
import type { Clock } from '../env/env.ts';
import type { Permissions, SubjectRules } from '../options.ts';
import { ReplyGrants } from './reply-grants.ts';
import { coversBytes, toWireText } from './subject-pattern.ts';

/** Verdicts that are remembered per user; a power of two. */
const CACHE_SLOTS = 256;
/** Longer subjects are judged anew each time, so that the cache of one user stays below 100 KiB. */
const MAX_CACHED_SUBJECT_BYTES = 256;

/** The answer to a SUB. */
export interface SubscribeCheck {
  readonly isAllowed: boolean;
  /** Deny patterns that overlap the subscription, for `covers` on each delivery; null when none does. */
  readonly denied: readonly string[] | null;
  /** Allow patterns that a delivery must lie within, because the subscription does not as a whole; null when it does. */
  readonly limitedTo: readonly string[] | null;
}

const refusedSubscribe: SubscribeCheck = { isAllowed: false, denied: null, limitedTo: null };
const plainlyAllowed: SubscribeCheck = { isAllowed: true, denied: null, limitedTo: null };

/** Where the subject of a message lies. */
export interface SubjectPlace {
  readonly bytes: Uint8Array;
  readonly subjectStart: number;
  readonly subjectEnd: number;
}

/** One entry of a subscribe rule: `"orders"`, or `"orders workers.*"` with a queue group. */
interface SubscribeRule {
  readonly subject: string;
  /** Empty for an entry that names no queue. */
  readonly queue: string;
}

interface Verdict {
  readonly hash: number;
  readonly subject: Uint8Array;
  readonly isAllowed: boolean;
}

/** The rules of one user; nothing in it depends on the connection. */
class CompiledRules {
  /** Null when everything may be published that no deny rule names. */
  readonly publishAllow: readonly string[] | null;
  readonly publishDeny: readonly string[];
  readonly subscribeAllow: readonly SubscribeRule[] | null;
  readonly subscribeDeny: readonly SubscribeRule[];
  readonly responses: Permissions['allowResponses'];
  /** Null until something is published: who only listens pays nothing for it. */
  private verdicts: (Verdict | null)[] | null = null;

  constructor(permissions: Permissions) {
    const { publish, subscribe, allowResponses } = permissions;
    this.responses = allowResponses;
    // With `allow_responses` and no list of its own, replies are all that may be published.
    this.publishAllow = allowListOf(publish) ?? (allowResponses === undefined ? null : []);
    this.publishDeny = (publish?.deny ?? []).map(toWireText);
    this.subscribeAllow = allowListOf(subscribe)?.map(parseRule) ?? null;
    this.subscribeDeny = (subscribe?.deny ?? []).map((text) => parseRule(toWireText(text)));
  }

  mayPublish(bytes: Uint8Array, start: number, end: number, hash: number): boolean {
    this.verdicts ??= new Array(CACHE_SLOTS).fill(null);
    const slot = hash & (CACHE_SLOTS - 1);
    const cached = this.verdicts[slot] as Verdict | null;
    if (cached !== null && cached.hash === hash) {
      const { subject } = cached;
      if (subject.length === end - start && equalBytes(subject, 0, bytes, start, subject.length)) return cached.isAllowed;
    }
    const isAllowed = this.judgePublish(bytes, start, end);
    if (end - start <= MAX_CACHED_SUBJECT_BYTES) {
      this.verdicts[slot] = { hash, subject: Uint8Array.prototype.slice.call(bytes, start, end), isAllowed };
    }
    return isAllowed;
  }

  /** As `mayPublish`, and nothing is remembered. */
  judgePublish(bytes: Uint8Array, start: number, end: number): boolean {
    const { publishAllow, publishDeny } = this;
    if (publishAllow !== null && !coversAny(publishAllow, bytes, start, end)) return false;
    return !coversAny(publishDeny, bytes, start, end);
  }
}

/** One compilation per options object: a user's connections share it, a reload brings new objects. */
const compiled = new WeakMap<Permissions, CompiledRules>();

function compile(permissions: Permissions): CompiledRules {
  let rules = compiled.get(permissions);
  if (rules === undefined) {
    rules = new CompiledRules(permissions);
    compiled.set(permissions, rules);
  }
  return rules;
}

/** The permissions of one connection. */
export class ClientPermissions {
  /** True when received messages grant publishing to their reply subject: each delivery must be told to `noteReply`. */
  readonly grantsReplies: boolean;
  private readonly rules: CompiledRules;
  private readonly grants: ReplyGrants | null;
  private readonly clock: Clock;

  constructor(permissions: Permissions, clock: Clock) {
    this.rules = compile(permissions);
    this.clock = clock;
    this.grants = this.rules.responses === undefined ? null : new ReplyGrants(this.rules.responses);
    this.grantsReplies = this.grants !== null;
  }

  /** True when `bytes[start..end)`, whose `hashBytes` is `hash`, may be published to. A reply grant that allows it is used up by one. */
  mayPublish(bytes: Uint8Array, start: number, end: number, hash: number): boolean {
    if (this.rules.mayPublish(bytes, start, end, hash)) return true;
    const { grants } = this;
    if (grants === null || grants.size === 0) return false;
    return grants.use(textOf(bytes, start, end), this.clock.monotonicMs());
  }

  /** May this be subscribed to? `queue` is empty for a plain subscription. */
  checkSubscribe(subject: string, queue: string): SubscribeCheck {
    const { subscribeAllow, subscribeDeny } = this.rules;
    if (subscribeAllow !== null && !isAllowedBy(subscribeAllow, subject, queue)) return refusedSubscribe;
    const limitedTo = subscribeAllow === null ? null : limitsOf(subscribeAllow, subject, queue);
    let denied: string[] | null = null;
    for (const rule of subscribeDeny) {
      if (rule.queue !== '' && !namesQueue(rule, queue)) continue;
      if (matchesSubject(subject, rule.subject)) return refusedSubscribe;
      if (!subjectsOverlap(subject, rule.subject)) continue;
      denied ??= [];
      denied.push(rule.subject);
    }
    return denied === null && limitedTo === null ? plainlyAllowed : { isAllowed: true, denied, limitedTo };
  }

  /**
   * A message with the reply subject `bytes[start..end)` was delivered: the client may answer it. As in nats-server, a grant that is
   * there already is asked, which uses it up by one, and renewed only when it allows no more.
   */
  noteReply(bytes: Uint8Array, start: number, end: number): void {
    const { grants } = this;
    if (grants === null || this.rules.judgePublish(bytes, start, end)) return;
    const reply = textOf(bytes, start, end);
    const nowMs = this.clock.monotonicMs();
    if (!grants.use(reply, nowMs)) grants.grant(reply, nowMs);
  }

  /** True when one of the patterns covers the subject. */
  static covers(patterns: readonly string[], { bytes, subjectStart, subjectEnd }: SubjectPlace): boolean {
    return coversAny(patterns, bytes, subjectStart, subjectEnd);
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

function coversAny(patterns: readonly string[], bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = 0; index < patterns.length; index++) {
    if (coversBytes(patterns[index] as string, bytes, start, end)) return true;
  }
  return false;
}

/** Null when the rules allow everything. */
function allowListOf(rules: SubjectRules | undefined): string[] | null {
  return rules === undefined || rules.allow.length === 0 ? null : rules.allow.map(toWireText);
}

function parseRule(text: string): SubscribeRule {
  const [subject = '', queue = ''] = text.trim().split(/[ \t]+/);
  return { subject, queue };
}

/**
 * Plain entries allow a subject with and without a queue, but where some entry names queues for it, only those queues; entries
 * with a queue never allow a plain subscription.
 */
function isAllowedBy(allow: readonly SubscribeRule[], subject: string, queue: string): boolean {
  let isPlainAllowed = false;
  let isQueueNamed = false;
  for (const rule of allow) {
    if (!matchesSubject(subject, rule.subject)) continue;
    if (rule.queue === '') isPlainAllowed = true;
    else if (queue !== '') {
      if (namesQueue(rule, queue)) return true;
      isQueueNamed = true;
    }
  }
  return isPlainAllowed && !isQueueNamed;
}

/** The rules that let a subscription in which lies within none of them. */
function limitsOf(allow: readonly SubscribeRule[], subject: string, queue: string): string[] | null {
  const naming = allow.filter((rule) => rule.queue === '' || namesQueue(rule, queue));
  if (naming.some((rule) => isSubsetOf(subject, rule.subject))) return null;
  return naming.filter((rule) => subjectsOverlap(subject, rule.subject)).map((rule) => rule.subject);
}

/** Queue names may hold wildcards in rules: `v1.*`; a rule also names the queue that is spelled as it is. */
function namesQueue(rule: SubscribeRule, queue: string): boolean {
  return rule.queue === queue || (queue !== '' && isSubsetOf(queue, rule.queue));
}
