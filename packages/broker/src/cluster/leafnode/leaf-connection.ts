/**
 * One connection across a leaf node, from either side: a leaf node that connected to this server, or the hub that this server connected
 * to. Who of the two is the hub decides what is passed on. What its lines mean is in `handshake.ts` and `leaf-lines.ts`, what its messages
 * lead to in `leaf-inbound.ts`; `leaf-nodes.ts` owns it.
 */
import { closedReasons, protocolErrors } from '@sluice/protocol';
import { ParseError, type PubFrame } from '@sluice/protocol/wire';
import type { Account } from '../../account/account.ts';
import type { AuthRequest, Identity } from '../../auth/authenticator.ts';
import type { Timer } from '../../env/env.ts';
import type { Transport } from '../../env/net.ts';
import type { Message } from '../../routing/message.ts';
import { PeerArrival } from '../../routing/peer-arrival.ts';
import { type Subscription, SubscriptionKind } from '../../routing/subscription.ts';
import type { LeafConnectionFacts } from '../facts.ts';
import type { PeerAccountOwner } from '../peer-account.ts';
import { MAX_PEER_SUBSCRIPTIONS, PeerConnection, type PeerKind, type PeerLine } from '../peer-connection.ts';
import { processLeafConnect, processLeafError, processLeafInfo } from './handshake.ts';
import { LeafAccount } from './leaf-account.ts';
import { processLeafMessage } from './leaf-inbound.ts';
import type { LeafInterest } from './leaf-interest.ts';
import { processLeafLine } from './leaf-lines.ts';
import type { LeafNodes } from './leaf-nodes.ts';
import { LeafPermissions } from './leaf-permissions.ts';
import { type LeafRemote, LONG_DELAY_MS } from './leaf-remote.ts';

const NONCE_BYTES = 11;
const DAY_MS = 86_400_000;
/**
 * Subjects, replies and groups together may be this much longer than a client's line: half of what servers take from one another, because
 * a route's line names an account and a cluster beside them.
 */
const WORDS_FACTOR = 8;
const KIND: PeerKind = {
  label: 'lid',
  name: 'Leafnode',
  slowCounter: 'leafSlowConsumers',
  staleCounter: 'leafStaleConnections',
};

export class LeafConnection extends PeerConnection implements LeafConnectionFacts, PeerAccountOwner {
  readonly nodes: LeafNodes;
  /** What this server connected for; null for one that connected to it. */
  readonly remote: LeafRemote | null;
  readonly isWebSocket: boolean;
  readonly permissions: LeafPermissions;
  /** Messages to leaf nodes do not say where they came from. */
  readonly takesOrigins: boolean = false;
  isSpoke: boolean;
  isIsolated: boolean;
  /** What whoever connects signs: made here for the one, told there for the other. */
  nonce: string;
  remoteCluster = '';
  remoteDomain = '';
  /** The account over there. */
  remoteAccount = '';
  identity: Identity | null = null;
  /** What it came in with, to be asked for again when that is another question. */
  request: AuthRequest | null = null;
  hasInfo = false;
  isRegistered = false;
  maxSubscriptions = MAX_PEER_SUBSCRIPTIONS;
  peer: LeafAccount | null = null;
  arrival: PeerArrival | null = null;
  interest: LeafInterest | null = null;
  /** What this side tells to notice a way that leads back to it. */
  loopSubject = '';
  /** The account here that the connection is for; null until the other side is known. */
  account: Account | null = null;
  private expiryTimer: Timer | null = null;

  constructor(nodes: LeafNodes, transport: Transport, remote: LeafRemote | null) {
    const { server, options } = nodes;
    super(server, transport, KIND, {
      intervalMs: server.options.pingIntervalMs,
      pingMax: server.options.pingMax,
      writeDeadlineMs: options.writeDeadlineMs ?? server.options.writeDeadlineMs,
    });
    this.nodes = nodes;
    this.remote = remote;
    this.isWebSocket = transport.peer.kind === 'websocket';
    this.isSpoke = remote !== null && remote.options.isHub !== true;
    this.isIsolated = options.isolatesInterest === true || remote?.options.isIsolated === true;
    this.permissions = new LeafPermissions(server.env.clock, this.isSpoke);
    this.nonce = remote === null ? Buffer.from(server.env.random.bytes(NONCE_BYTES)).toString('base64url') : '';
    this.parser.expectsConnect = remote === null;
    this.parser.hasAccounts = false;
  }

  /** Reads; the other side has so long for its first words. */
  start(deadlineMs: number): void {
    this.heartbeat.start(deadlineMs);
    this.transport.start(this);
  }

  /** The other side is known by name, cluster and rules: it takes its place in the account. */
  attach(): void {
    const { account } = this;
    if (account === null) return;
    const kind = this.isSpoke ? SubscriptionKind.hub : SubscriptionKind.leaf;
    const options = { name: account.name, isNamed: false, kind, traffic: 'leafed' as const };
    this.peer = new LeafAccount(this, this.permissions, options);
    this.peer.attach(account);
    this.arrival = new PeerArrival(kind, this.peer);
  }

  /** Until it is known, less is spent on what it compresses. */
  isTrusted(): boolean {
    return this.isRegistered;
  }

  // ---- input ---------------------------------------------------------------------------------------------------------------

  onMessage(frame: PubFrame, _accountStart: number, _accountEnd: number, queues: readonly string[] | null): void {
    if (!this.isRegistered) return this.onUnauthenticated();
    if (frame.payloadStart - frame.subjectStart > this.maxWordsBytes) return this.endLongLine();
    processLeafMessage(this, frame as Message, queues);
  }

  protected takeLine(verb: PeerLine, args: string): void {
    switch (verb) {
      case 'CONNECT':
        return processLeafConnect(this, args);
      case 'INFO':
        return processLeafInfo(this, args);
      case '-ERR':
        return processLeafError(this, args);
      case '+OK':
        return;
      case 'LS+':
      case 'LS-':
        if (!this.isRegistered) return this.onUnauthenticated();
        if (args.length > this.maxWordsBytes) return this.endLongLine();
        return processLeafLine(this, verb === 'LS+', args);
      default:
        return this.onParseError(ParseError.unknownOperation, verb);
    }
  }

  /** What it says goes on to others, who would end their connection with this server over a line that is too long. */
  private get maxWordsBytes(): number {
    return this.server.options.maxControlLineBytes * WORDS_FACTOR;
  }

  private endLongLine(): void {
    const { text, closedReason } = protocolErrors.maxControlLine;
    this.refuse(text, closedReason);
  }

  // ---- rules ---------------------------------------------------------------------------------------------------------------

  mayExport(): boolean {
    return true;
  }

  /**
   * It has sent or asked for what its rules do not allow. A leaf node does not do so unless its rules are others than the hub's, so a hub
   * ends the connection; what a hub sends too much is dropped.
   */
  refusePermission(action: 'Publish' | 'Subscription', subject: string): void {
    if (this.isSpoke) return;
    this.remote?.delay(LONG_DELAY_MS);
    this.send(`-ERR 'Permissions Violation for ${action} to ${JSON.stringify(subject)}'\r\n`);
    this.log('ERR', `${action} Violation on ${JSON.stringify(subject)} - Check other side configuration`);
    this.close(closedReasons.protocolViolation);
  }

  /** A way leads back to this server. `isTold`: the other side does not know it yet. */
  endLoop(isTold: boolean): void {
    this.remote?.delay(LONG_DELAY_MS);
    const name = JSON.stringify(this.account?.name ?? '');
    const text = `Loop detected for leafnode account=${name}. Delaying attempt to reconnect for ${LONG_DELAY_MS / 1000}s`;
    if (isTold) this.send(`-ERR '${text}'\r\n`);
    this.log('ERR', text);
    this.close(closedReasons.protocolViolation);
  }

  /** Ends with the credentials that it came with. */
  expireAt(timeMs: number, text: string): void {
    const { clock } = this.server.env;
    const remainingMs = Math.max(0, timeMs - clock.nowMs());
    this.expiryTimer = clock.setTimer(Math.min(remainingMs, DAY_MS), () => {
      if (clock.nowMs() < timeMs) this.expireAt(timeMs, text);
      else this.refuse(text, closedReasons.authenticationExpired);
    });
  }

  override onSilent(): void {
    if (this.remote === null) return super.onSilent();
    const text = 'Stale Leaf Node Connection - Closing';
    this.log('DBG', text);
    this.send(`-ERR '${text}'\r\n`);
    this.close(closedReasons.staleConnection);
  }

  // ---- end -----------------------------------------------------------------------------------------------------------------

  protected onEnded(): void {
    this.expiryTimer?.cancel();
    this.interest?.end();
    this.peer?.removeAll();
    this.nodes.onClosed(this);
  }

  // ---- figures -------------------------------------------------------------------------------------------------------------

  get accountName(): string {
    return this.account?.name ?? '';
  }

  get userName(): string {
    return this.identity?.user ?? '';
  }

  subscriptions(): Subscription[] {
    return [...(this.peer?.values() ?? [])];
  }
}
