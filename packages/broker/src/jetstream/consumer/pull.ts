/**
 * Pull requests that wait: who gets the next message, who has waited long enough, who is gone. Status texts are a contract with clients.
 * Source: nats-server server/consumer.go processNextMsgRequest, nextWaiting, processWaiting; ADR-13, ADR-42.
 */
import { decodeOne, jsHeaders, nextFields, type PriorityPolicy } from '@sluice/protocol/jetstream';
import type { Clock } from '../../env/env.ts';
import { statusBlock } from '../header-text.ts';
import { Target } from '../messenger.ts';
import { goDuration } from './config-rules.ts';
import type { PinnedClient } from './pinned-client.ts';

const NS_PER_MS = 1_000_000;
const NS_PER_US = 1000;
const US_PER_MS = 1000;

/** One waiting request. */
export interface Waiting {
  readonly reply: string;
  readonly target: Target;
  readonly priority: number;
  readonly minPending: number;
  readonly minAckPending: number;
  /** Pin that the client believes to hold, or was just given. */
  pinId: string;
  /** Messages it may still get, and bytes; 0 bytes is no limit. */
  left: number;
  leftBytes: number;
  hasByteLimit: boolean;
  delivered: number;
  readonly expiresMs: number;
  readonly isNoWait: boolean;
  readonly heartbeatMs: number;
  nextHeartbeatMs: number;
  readonly group: string;
}

/** What the queue needs from its consumer. */
export interface PullHost {
  readonly clock: Clock;
  readonly policy: PriorityPolicy;
  readonly groups: readonly string[];
  readonly maxWaiting: number;
  readonly maxBatch: number;
  readonly maxExpiresNs: number;
  readonly maxBytes: number;
  /** Messages that could be delivered, redeliveries not counted. */
  pendingCount(): number;
  queuedCount(): number;
  ackPendingCount(): number;
  status(reply: string, block: Buffer): void;
  heartbeat(reply: string): void;
  hasInterest(subject: string): boolean;
}

export class PullQueue {
  /** When the last request came or was answered; inactivity counts from here. */
  lastActiveMs: number;
  private readonly host: PullHost;
  private readonly pinned: PinnedClient;
  private waiting: Waiting[] = [];

  constructor(host: PullHost, pinned: PinnedClient) {
    this.host = host;
    this.pinned = pinned;
    this.lastActiveMs = host.clock.nowUs() / US_PER_MS;
  }

  /** To the microsecond: a request may expire after one millisecond. */
  private get nowMs(): number {
    return this.host.clock.nowUs() / US_PER_MS;
  }

  get size(): number {
    return this.waiting.length;
  }

  // ---- Requests -------------------------------------------------------------------------------------------------

  /** Takes a request; true when it waits now. */
  request(reply: string, body: Uint8Array): boolean {
    const parsed = parseNext(body, this.nowMs);
    if (typeof parsed === 'string') return this.refuse(reply, 400, `Bad Request - ${parsed}`);
    const problem = this.limitProblem(parsed) ?? this.groupProblem(parsed);
    if (problem !== undefined) return this.refuse(reply, problem[0], problem[1]);
    if (this.waiting.length >= this.host.maxWaiting) this.sweep(false);
    if (parsed.isNoWait && !this.mayWait(parsed, reply)) return false;
    if (this.waiting.length >= this.host.maxWaiting) {
      if (parsed.heartbeatMs === 0) this.refuse(reply, 409, 'Exceeded MaxWaiting');
      return false;
    }
    this.insert({ ...parsed, reply, target: new Target(reply), delivered: 0 });
    this.lastActiveMs = this.nowMs;
    return true;
  }

  private refuse(reply: string, status: number, text: string): false {
    this.host.status(reply, statusBlock(`${status} ${text}`));
    return false;
  }

  private limitProblem(request: ParsedNext): readonly [number, string] | undefined {
    const { maxBatch, maxExpiresNs, maxBytes } = this.host;
    if (maxBatch > 0 && request.left > maxBatch) return [409, `Exceeded MaxRequestBatch of ${maxBatch}`];
    if (maxExpiresNs > 0 && request.expiresNs > maxExpiresNs)
      return [409, `Exceeded MaxRequestExpires of ${goDuration(maxExpiresNs)}`];
    if (maxBytes > 0 && request.leftBytes > maxBytes) return [409, `Exceeded MaxRequestMaxBytes of ${maxBytes}`];
    return undefined;
  }

  private groupProblem(request: ParsedNext): readonly [number, string] | undefined {
    const { policy, groups } = this.host;
    if (!request.isFormal) return undefined;
    if ((request.minPending !== 0 || request.minAckPending !== 0) && policy !== 'overflow')
      return [400, 'Bad Request - Not a Overflow Priority consumer'];
    if (request.pinId !== '' && policy !== 'pinned_client') return [400, 'Bad Request - Not a Pinned Client Priority consumer'];
    if (request.priority < 0 || request.priority > 9) return [400, 'Bad Request - Priority must be between 0 and 9'];
    if (policy === 'none') return undefined;
    if (request.group === '') return [400, 'Bad Request - Priority Group missing'];
    if (!groups.includes(request.group)) return [400, 'Bad Request - Invalid Priority Group'];
    if (this.pinned.id === '') return undefined;
    if (request.pinId === this.pinned.id) this.pinned.extend(request.group);
    else if (request.pinId !== '') return [423, 'Nats-Pin-Id mismatch'];
    return undefined;
  }

  /** A request that does not want to wait is answered at once where there is nothing for it. */
  private mayWait(request: ParsedNext, reply: string): boolean {
    const available = this.host.pendingCount() + this.host.queuedCount();
    if (available === 0 && request.expiresMs === 0) {
      this.lastActiveMs = this.nowMs;
      return this.refuse(reply, 404, 'No Messages');
    }
    if (available > 0 && available < this.sweep(false).requested) {
      this.lastActiveMs = this.nowMs;
      return this.refuse(reply, 408, 'Requests Pending');
    }
    return true;
  }

  /** In order of arrival; prioritized requests in order of priority before that. */
  private insert(request: Waiting): void {
    if (this.host.policy !== 'prioritized') {
      this.waiting.push(request);
      return;
    }
    let at = 0;
    while (at < this.waiting.length && (this.waiting[at] as Waiting).priority <= request.priority) at++;
    this.waiting.splice(at, 0, request);
  }

  // ---- The next receiver ------------------------------------------------------------------------------------------

  /** Who gets a message of `size` bytes; undefined when nobody may have it now. */
  next(size: number): Waiting | undefined {
    const needsPin = this.pinned.id === '' && this.host.policy === 'pinned_client';
    let cycled = 0;
    while (this.waiting.length > 0) {
      const request = this.waiting[0] as Waiting;
      if (request.expiresMs > 0 && this.nowMs >= request.expiresMs) {
        this.dropFirst(request, '408 Request Timeout');
        continue;
      }
      const verdict = this.judge(request, needsPin);
      if (verdict === 'wrong-pin') {
        this.dropFirst(request, '423 Nats-Wrong-Pin-Id');
        continue;
      }
      if (verdict === 'later') {
        this.cycle();
        if (++cycled >= this.waiting.length) return undefined;
        continue;
      }
      if (request.hasByteLimit && size > request.leftBytes) {
        if (verdict === 'pinned') this.pinned.release();
        this.dropFirst(request, '409 Message Size Exceeds MaxBytes');
        continue;
      }
      if (!this.host.hasInterest(request.reply)) {
        this.waiting.shift();
        continue;
      }
      if (request.hasByteLimit) {
        request.leftBytes -= size;
        if (request.leftBytes === 0) request.left = 1;
      }
      this.take(request);
      return request;
    }
    return undefined;
  }

  private judge(request: Waiting, needsPin: boolean): 'take' | 'pinned' | 'later' | 'wrong-pin' {
    if (needsPin && this.pinned.id === '') {
      if (request.pinId !== '') return 'wrong-pin';
      // A request without a group is served once, and pins nobody.
      if (request.group === '') return 'take';
      this.pinned.assign(request.group);
      request.pinId = this.pinned.id;
      return 'pinned';
    }
    if (this.pinned.id !== '' && request.pinId !== this.pinned.id) return request.pinId === '' ? 'later' : 'wrong-pin';
    if (this.host.policy !== 'overflow' || (request.minPending <= 0 && request.minAckPending <= 0)) return 'take';
    const byPending = request.minPending > 0 && request.minPending <= this.host.pendingCount() + 1;
    const byAcks = request.minAckPending > 0 && request.minAckPending <= this.host.ackPendingCount();
    return byPending || byAcks ? 'take' : 'later';
  }

  private dropFirst(request: Waiting, line: string): void {
    this.waiting.shift();
    this.host.status(request.reply, statusBlock(line, leftHeaders(request)));
  }

  private cycle(): void {
    const first = this.waiting.shift();
    if (first !== undefined) this.waiting.push(first);
  }

  /** Counts one message to the first request, which goes to the end of its line, or away when it has all. */
  private take(request: Waiting): void {
    request.delivered++;
    request.left--;
    this.waiting.shift();
    if (request.left > 0) this.insert(request);
  }

  // ---- Waiting too long -------------------------------------------------------------------------------------------

  /**
   * Ends requests that have expired, that did not want to wait and are at the end of the stream, and whose client is gone; sends due
   * heartbeats. Says how many messages are still asked for, and when to look again (0: not by itself).
   */
  sweep(isAtEnd: boolean): { requested: number; nextMs: number } {
    const nowMs = this.nowMs;
    let requested = 0;
    let nextMs = 0;
    const kept: Waiting[] = [];
    const waiting = this.waiting;
    this.waiting = [];
    for (const request of waiting) {
      if (this.isOver(request, nowMs, isAtEnd)) continue;
      kept.push(request);
      requested += request.left;
      if (request.heartbeatMs > 0) {
        if (nowMs >= request.nextHeartbeatMs) {
          this.host.heartbeat(request.reply);
          const nextMs = request.nextHeartbeatMs + request.heartbeatMs;
          request.nextHeartbeatMs = nextMs > nowMs ? nextMs : nowMs + request.heartbeatMs;
        }
        nextMs = earlier(nextMs, request.nextHeartbeatMs);
      }
      if (request.expiresMs > 0) nextMs = earlier(nextMs, request.expiresMs);
    }
    this.waiting = [...kept, ...this.waiting];
    return { requested, nextMs };
  }

  private isOver(request: Waiting, nowMs: number, isAtEnd: boolean): boolean {
    if (request.expiresMs > 0 && nowMs >= request.expiresMs) {
      this.host.status(request.reply, statusBlock('408 Request Timeout', leftHeaders(request)));
      return true;
    }
    if (isAtEnd && request.isNoWait && (request.expiresMs === 0 || request.delivered > 0)) {
      this.host.status(request.reply, statusBlock('404 No Messages'));
      return true;
    }
    return !this.host.hasInterest(request.reply);
  }

  /** A delivery to this request failed: it may have another one. */
  credit(reply: string): void {
    const request = this.waiting.find((candidate) => candidate.reply === reply);
    if (request === undefined) return;
    request.left++;
    request.delivered--;
  }

  /** Ends all requests with a status, which may say what was still asked for. Returns how many there were. */
  endAll(line: string, tellsLeft = false): number {
    const waiting = this.waiting;
    this.waiting = [];
    for (const request of waiting) this.host.status(request.reply, statusBlock(line, tellsLeft ? leftHeaders(request) : []));
    return waiting.length;
  }

  touch(): void {
    this.lastActiveMs = this.nowMs;
  }
}

function earlier(a: number, b: number): number {
  return a === 0 ? b : Math.min(a, b);
}

function leftHeaders(request: Waiting): (readonly [string, number])[] {
  return [
    [jsHeaders.pendingMessages, request.left],
    [jsHeaders.pendingBytes, request.leftBytes],
  ];
}

interface ParsedNext extends Omit<Waiting, 'reply' | 'target' | 'delivered'> {
  readonly expiresNs: number;
  /** It was JSON, so that priority rules apply to it. */
  readonly isFormal: boolean;
}

/** Reads a request: empty, a bare number, or JSON. A text is what is wrong with it. */
function parseNext(body: Uint8Array, nowMs: number): ParsedNext | string {
  const text = Buffer.from(body)
    .toString('latin1')
    .replace(/^[\t-\r ]+|[\t-\r ]+$/g, '');
  const plain: ParsedNext = {
    left: 1,
    leftBytes: 0,
    hasByteLimit: false,
    expiresMs: 0,
    expiresNs: 0,
    isNoWait: false,
    heartbeatMs: 0,
    nextHeartbeatMs: 0,
    priority: 0,
    minPending: 0,
    minAckPending: 0,
    pinId: '',
    group: '',
    isFormal: false,
  };
  if (text === '') return plain;
  if (!text.startsWith('{')) return /^[+-]?\d{1,18}$/.test(text) ? { ...plain, left: Number(text) } : plain;
  const decoded = decodeOne(text, nextFields);
  if (!decoded.ok) return decoded.error;
  const number = (key: string): number => (typeof decoded.value[key] === 'number' ? decoded.value[key] : 0);
  const word = (key: string): string => (typeof decoded.value[key] === 'string' ? decoded.value[key] : '');
  const expiresNs = number('expires');
  const heartbeatNs = Math.max(0, number('idle_heartbeat'));
  if (heartbeatNs > 0 && heartbeatNs * 2 > expiresNs) return 'heartbeat value too large';
  const maxBytes = number('max_bytes');
  const heartbeatMs = heartbeatNs / NS_PER_MS;
  return {
    left: number('batch'),
    leftBytes: maxBytes,
    hasByteLimit: maxBytes > 0,
    expiresNs,
    expiresMs: expiresNs === 0 ? 0 : Math.max(1, nowMs + Math.floor(expiresNs / NS_PER_US) / US_PER_MS),
    isNoWait: decoded.value['no_wait'] === true,
    heartbeatMs,
    nextHeartbeatMs: heartbeatMs > 0 ? nowMs + heartbeatMs : 0,
    priority: number('priority'),
    minPending: number('min_pending'),
    minAckPending: number('min_ack_pending'),
    pinId: word('id'),
    group: word('group'),
    isFormal: true,
  };
}
