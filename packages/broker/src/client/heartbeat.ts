/**
 * The timers of one connection: the deadline for CONNECT, PINGs to a silent peer, and the deadline for a write that the peer does
 * not take. Source: nats-server server/client.go processPingTimer.
 */
import { closedReasons, formatDuration, NS_PER_MS, protocolErrors } from '@sluice/protocol';
import type { Expiry } from '../auth/authenticator.ts';
import { WriteDeadline } from '../connection/write-deadline.ts';
import type { Env, Timer } from '../env/env.ts';
import type { ClientConnection } from './client-connection.ts';
import { logOnce } from './log-once.ts';
import { closeAsSlow, noteSlow } from './slow-consumer.ts';

/** The first PING after CONNECT comes early, so that the round trip is known. */
const FIRST_PING_MS = 2000;
const DAY_MS = 86_400_000;

export class Heartbeat {
  /** PINGs that the peer has not answered. */
  unansweredPings = 0;

  private readonly client: ClientConnection;
  private readonly env: Env;
  private readonly writeDeadline: WriteDeadline;
  private connectTimer: Timer | null = null;
  private pingTimer: Timer | null = null;
  private expiryTimer: Timer | null = null;
  private pingSentMs = 0;
  private lastPingMs = 0;
  private lastInputMs: number;
  /** The write that was found stuck, by its beginning, and what of it was left then. */
  private stuckSinceMs = 0;
  private queuedBytes = 0;
  private isSlow = false;

  constructor(client: ClientConnection, env: Env) {
    this.client = client;
    this.env = env;
    this.writeDeadline = new WriteDeadline(env.clock, client.outbound, {
      deadlineMs: () => client.server.options.writeDeadlineMs,
      onPassed: () => this.onWriteDeadline(),
    });
    this.lastInputMs = env.clock.monotonicMs();
  }

  /** Ends the connection when its credentials expire. */
  expireAt(expiry: Expiry): void {
    this.expiryTimer?.cancel();
    const remainingMs = Math.max(0, expiry.timeMs - this.env.clock.nowMs());
    // A timer cannot run for longer than 24 days, and wall time may jump: the time is looked at again at least once a day.
    this.expiryTimer = this.env.clock.setTimer(Math.min(remainingMs, DAY_MS), () => {
      if (this.env.clock.nowMs() < expiry.timeMs) this.expireAt(expiry);
      else if (expiry.of === 'account') this.client.refuse(protocolErrors.accountAuthenticationExpired);
      else this.client.refuse(protocolErrors.userAuthenticationExpired);
    });
  }

  /** The JWT of the account ends at another time now, in milliseconds since the epoch; 0 is never. The user's own end stays. */
  expireWithAccount(timeMs: number): void {
    const own = this.client.identity?.userExpiryMs ?? Number.POSITIVE_INFINITY;
    const end = Math.min(own, timeMs === 0 ? Number.POSITIVE_INFINITY : timeMs);
    if (Number.isFinite(end)) return this.expireAt({ timeMs: end, of: end < own ? 'account' : 'user' });
    this.expiryTimer?.cancel();
    this.expiryTimer = null;
  }

  /** Starts the deadline for CONNECT; undefined is none: who needs no credentials may take its time. */
  start(connectTimeoutMs: number | undefined): void {
    this.pingTimer = this.env.clock.setTimer(this.pingIntervalMs(), this.onPingTimer);
    if (connectTimeoutMs === undefined) return;
    this.connectTimer = this.env.clock.setTimer(connectTimeoutMs, () => {
      this.connectTimer = null;
      this.client.server.counters.authErrors++;
      const { client } = this;
      client.refuse(protocolErrors.authenticationTimeout, () =>
        logOnce(client, protocolErrors.authenticationTimeout.text, 'DBG'),
      );
    });
  }

  /** The client has said CONNECT, not necessarily for the first time: the deadline is met, and the round trip is asked for. */
  noteConnect(): void {
    this.noteConnected();
    this.pingTimer?.cancel();
    this.lastPingMs = 0;
    const interval = Math.min(this.pingIntervalMs(), FIRST_PING_MS);
    const jitter = interval * 0.2 * (this.env.random.uint32() / 2 ** 32);
    this.pingTimer = this.env.clock.setTimer(interval + jitter, this.onPingTimer);
  }

  /** The client is known: the deadline is met. */
  private noteConnected(): void {
    this.connectTimer?.cancel();
    this.connectTimer = null;
  }

  /** Something has arrived. */
  noteInput(): void {
    this.lastInputMs = this.env.clock.monotonicMs();
    if (this.connectTimer !== null && !this.client.parser.expectsConnect && this.client.account !== null) this.noteConnected();
  }

  notePing(): void {
    this.lastInputMs = this.env.clock.monotonicMs();
  }

  notePong(): void {
    if (this.pingSentMs > 0) {
      this.client.rttUs = Math.max(1, Math.round((this.env.clock.monotonicMs() - this.pingSentMs) * 1000));
      this.pingSentMs = 0;
    }
    this.unansweredPings = 0;
  }

  private readonly onPingTimer = (): void => {
    const { client } = this;
    if (client.isClosed) return;
    const { pingMax } = client.server.options;
    const { log } = this.env;
    if (log.isDebug) client.log('DBG', 'Client Ping Timer');
    const pingIntervalMs = this.pingIntervalMs();
    const now = this.env.clock.monotonicMs();
    // Timers come up to a millisecond early.
    const isQuiet = now + 1 - Math.max(this.lastInputMs, this.lastPingMs) >= pingIntervalMs;
    if (this.lastPingMs === 0 || isQuiet) {
      if (this.unansweredPings >= pingMax) {
        client.server.counters.staleConnections++;
        if (log.isDebug) client.log('DBG', 'Stale Client Connection - Closing');
        const { text, closedReason } = protocolErrors.staleConnection;
        if (client.trace === null) client.warn(text);
        else client.trace.sendUnshown(() => client.warn(text));
        return client.close(closedReason);
      }
      this.unansweredPings++;
      this.pingSentMs = now;
      this.lastPingMs = now;
      client.send('PING\r\n');
    } else if (log.isDebug) {
      const agoS = Math.round((now - this.lastInputMs) / 1000);
      client.log('DBG', `Delaying PING due to remote client data or ping ${agoS}s ago`);
    }
    const quietSinceMs = Math.max(this.lastInputMs, this.lastPingMs);
    this.pingTimer = this.env.clock.setTimer(Math.max(1, quietSinceMs + pingIntervalMs - now), this.onPingTimer);
  };

  /** WebSocket clients may have an interval of their own: proxies end what is silent for long. */
  private pingIntervalMs(): number {
    const { peer, server } = this.client;
    const own = peer.kind === 'websocket' ? server.options.websocket?.pingIntervalMs : undefined;
    return own ?? server.options.pingIntervalMs;
  }

  /** A write waits for the peer: it must be taken within the deadline. */
  watchWrite(): void {
    this.writeDeadline.watch();
  }

  private onWriteDeadline(): void {
    const { client } = this;
    if (client.isClosed) return;
    const { pendingBytes, pendingChunks } = client.outbound;
    const deadline = formatDuration(client.server.options.writeDeadlineMs * NS_PER_MS);
    const what = `WriteDeadline of ${deadline} exceeded with ${pendingChunks} chunks of ${pendingBytes} total bytes.`;
    if (client.server.options.writeTimeout !== 'retry' || !this.hasTakenMore()) {
      return closeAsSlow(client, closedReasons.slowConsumerWriteDeadline, what);
    }
    noteSlow(client, this.isSlow ? 'State' : 'Detected', what);
    this.isSlow = true;
    this.writeDeadline.watch();
  }

  /** True when the peer has taken a part of the write since this was asked last, or since it began. */
  private hasTakenMore(): boolean {
    const { outbound, transport } = this.client;
    const isSame = this.stuckSinceMs === outbound.blockedSinceMs;
    const before = isSame ? this.queuedBytes : outbound.blockedBytes;
    this.stuckSinceMs = outbound.blockedSinceMs;
    this.queuedBytes = transport.queuedBytes ?? before;
    return this.queuedBytes < before;
  }

  stop(): void {
    this.connectTimer?.cancel();
    this.pingTimer?.cancel();
    this.writeDeadline.stop();
    this.expiryTimer?.cancel();
    this.connectTimer = null;
    this.pingTimer = null;
  }
}
