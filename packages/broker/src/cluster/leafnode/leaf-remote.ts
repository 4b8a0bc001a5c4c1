/**
 * A hub that the configuration names: this server connects to one of its addresses, stays connected, and tries again when it is not.
 * Source: nats-server server/leafnode.go connectToRemoteLeafNode, pickNextURL, doUpdateLNURLs.
 */

import { type ConnectOptions, closedReasons } from '@sluice/protocol';
import { GLOBAL_ACCOUNT } from '../../account/accounts.ts';
import { readCredentials, signNonce } from '../../auth/nkey-seed.ts';
import { isPinned } from '../../connection/secure-upgrade.ts';
import { makeTlsContext } from '../../connection/tls-context.ts';
import { dialWebSocket } from '../../connection/websocket/dial-websocket.ts';
import type { Timer } from '../../env/env.ts';
import type { Transport } from '../../env/net.ts';
import type { SecureUpgrade } from '../../env/tls.ts';
import type { LeafRemoteOptions } from '../../options.ts';
import { dialErrorText, isReported } from '../dial-error.ts';
import { joinHostPort } from '../peer-url.ts';
import type { LeafConnection } from './leaf-connection.ts';
import type { LeafInfo } from './leaf-info.ts';
import { parseLeafInfo } from './leaf-info.ts';
import type { LeafNodes } from './leaf-nodes.ts';
import { type LeafUrl, parseLeafUrl } from './leaf-url.ts';

/** How long a remote waits after one side has seen a loop, a rule broken, or its own cluster's name. */
export const LONG_DELAY_MS = 30_000;
const DEFAULT_RECONNECT_MS = 1000;
const DEFAULT_DIAL_TIMEOUT_MS = 1000;
const DEFAULT_FIRST_INFO_TIMEOUT_MS = 1000;
/** INFO of a hub that is read before TLS. */
const MAX_INFO_BYTES = 65_536;
const LF = 10;

type Login = { readonly ok: true; readonly value: Partial<ConnectOptions> } | { readonly ok: false; readonly error: string };

export class LeafRemote {
  readonly options: LeafRemoteOptions;
  private readonly nodes: LeafNodes;
  private readonly configured: readonly LeafUrl[];
  private urls: LeafUrl[];
  private current: LeafUrl | undefined;
  private delayMs = 0;
  private timer: Timer | null = null;
  private attempts = 0;
  private isFirst = true;
  private isStopped = false;
  /** The hub has said that it wants TLS. */
  private mustSecure = false;
  private connection: LeafConnection | null = null;

  constructor(nodes: LeafNodes, options: LeafRemoteOptions) {
    this.nodes = nodes;
    this.options = options;
    const { log, random } = nodes.server.env;
    const parsed = options.urls.flatMap((text) => {
      const url = parseLeafUrl(text);
      if (url === undefined) log.write('ERR', 'Error parsing leafnode URL: host is needed');
      return url ?? [];
    });
    this.configured = options.keepsOrder === true ? parsed : shuffled(parsed, () => random.uint32());
    this.urls = [...this.configured];
    this.mustSecure = options.tls !== undefined || parsed.some(({ scheme }) => scheme === 'wss');
  }

  get accountName(): string {
    return this.options.account ?? GLOBAL_ACCOUNT;
  }

  start(): void {
    if (this.options.isDisabled !== true && this.urls.length > 0) this.connect();
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
    this.timer = null;
  }

  /** The configuration no longer names it. */
  end(): void {
    this.stop();
    this.connection?.close(closedReasons.clientClosed);
  }

  /** The next try waits at least so long. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  // ---- connecting ------------------------------------------------------------------------------------------------------------

  private connect(): void {
    const url = this.pickNext();
    if (this.isStopped || url === undefined) return;
    const { env } = this.nodes.server;
    const place = joinHostPort(url.host, url.port);
    env.log.write('DBG', `Trying to connect as leafnode to remote server on ${JSON.stringify(place)}`);
    this.findAccount()
      .then((isKnown) => (isKnown ? this.dial(url) : undefined))
      .then(
        (transport) => (transport === undefined ? this.retry() : this.open(transport, url)),
        (error: unknown) => this.fail(place, error),
      );
  }

  /** Accounts of operator mode may have to be fetched first. */
  private async findAccount(): Promise<boolean> {
    const { known, env } = this.nodes.server;
    if (known === undefined || (await known.find(this.accountName)) !== undefined) return true;
    env.log.write('ERR', `Unable to lookup account ${this.accountName} for solicited leafnode connection: account missing`);
    return false;
  }

  private dial(url: LeafUrl): Promise<Transport> {
    const { env } = this.nodes.server;
    const timeoutMs = this.options.dialTimeoutMs ?? this.nodes.options.dialTimeoutMs ?? DEFAULT_DIAL_TIMEOUT_MS;
    return env.net.connect({ host: url.host, port: url.port, timeoutMs, isUpgradable: this.mustSecure });
  }

  private open(transport: Transport, url: LeafUrl): void {
    this.attempts = 0;
    if (this.isStopped) return transport.destroy();
    const { secure } = transport;
    if (secure === undefined) return isWebSocket(url) ? this.upgrade(transport, url) : this.begin(transport, '');
    // INFO is waited for as long as without TLS; the handshake has its own deadline.
    const timer = this.nodes.server.env.clock.setTimer(this.firstInfoTimeoutMs, () => transport.destroy());
    this.secure(secure, url, timer).then(
      (info) => {
        if (this.isStopped) transport.destroy();
        else if (isWebSocket(url)) this.upgrade(transport, url);
        else this.begin(transport, info);
      },
      (error: unknown) => {
        timer.cancel();
        const { address, port } = transport.peer;
        const reason = error instanceof Error ? error.message : String(error);
        this.nodes.server.env.log.write('ERR', `${joinHostPort(address, port)} - TLS leafnode handshake error: ${reason}`);
        transport.destroy();
        this.retry();
      },
    );
  }

  /** The hub is behind a WebSocket port. */
  private upgrade(transport: Transport, url: LeafUrl): void {
    const { server } = this.nodes;
    const host = joinHostPort(url.host, url.port);
    const path = `${url.path}/leafnode`;
    const { clock, random, log } = server.env;
    const maxPayloadBytes = (): number => server.options.maxPayloadBytes;
    dialWebSocket(transport, { clock, random, host, path, timeoutMs: this.firstInfoTimeoutMs, maxPayloadBytes }).then(
      (webSocket) => (this.isStopped ? webSocket.destroy() : this.begin(webSocket, '')),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        log.write('ERR', `${host} - Error soliciting websocket connection: ${reason}`);
        this.retry();
      },
    );
  }

  /** INFO comes in the clear before TLS, unless TLS is to come first. Returns INFO, when it has been read. */
  private async secure(secure: SecureUpgrade, url: LeafUrl, timer: Timer): Promise<string> {
    const { tls } = this.options;
    const info = tls?.handshakeFirst === true || isWebSocket(url) ? '' : await this.readInfo(secure);
    timer.cancel();
    const context = await makeTlsContext(tls ?? { certificates: [] }, this.nodes.server.env);
    const session = await secure.startTlsAsClient(context, url.serverName);
    if (tls !== undefined && !isPinned(session, tls)) throw new Error('the certificate is not pinned');
    return info;
  }

  private async readInfo(secure: SecureUpgrade): Promise<string> {
    let json = '';
    const take = (head: Buffer): number | undefined => {
      const end = head.indexOf(LF);
      if (end < 0 && head.length > MAX_INFO_BYTES) throw new Error('INFO is too long');
      if (end < 0) return undefined;
      json = /^INFO\s+(.*\S)\s*$/i.exec(head.toString('latin1', 0, end))?.[1] ?? '';
      return end + 1;
    };
    await secure.readHead(take);
    if (parseLeafInfo(json) === undefined) throw new Error('no INFO');
    return json;
  }

  private begin(transport: Transport, info: string): void {
    const leaf = this.nodes.openSolicited(transport, this);
    this.connection = leaf;
    leaf.start(this.firstInfoTimeoutMs);
    if (info !== '') leaf.onLine('INFO', info);
  }

  private get firstInfoTimeoutMs(): number {
    return this.options.firstInfoTimeoutMs ?? DEFAULT_FIRST_INFO_TIMEOUT_MS;
  }

  private fail(place: string, error: unknown): void {
    this.attempts++;
    const { options, env } = this.nodes.server;
    const reason = dialErrorText(error, place);
    const text = `Error trying to connect as leafnode to remote server ${JSON.stringify(place)} (attempt ${this.attempts}): ${reason}`;
    env.log.write(isReported(options, this.isFirst, this.attempts) ? 'ERR' : 'DBG', text);
    this.retry();
  }

  /** Waits a while, longer by chance than the configuration says, and tries the next address. */
  private retry(): void {
    const { env } = this.nodes.server;
    const reconnectMs = this.nodes.options.reconnectMs ?? DEFAULT_RECONNECT_MS;
    this.wait(reconnectMs + reconnectMs * (env.random.uint32() / 2 ** 32));
  }

  private wait(ms: number): void {
    if (this.isStopped) return;
    this.timer?.cancel();
    this.timer = this.nodes.server.env.clock.setTimer(ms, () => this.connect());
  }

  /** The connection has ended. */
  onClosed(leaf: LeafConnection): void {
    if (this.connection !== leaf) return;
    this.connection = null;
    if (leaf.isRegistered) this.isFirst = false;
    const reconnectMs = this.nodes.options.reconnectMs ?? DEFAULT_RECONNECT_MS;
    const delayMs = this.delayMs;
    this.delayMs = 0;
    this.wait(leaf.closedReason === closedReasons.tlsHandshakeError ? 0 : reconnectMs + delayMs);
  }

  /** INFO has said that TLS is wanted, on a connection that cannot have it any more. */
  secureNextTime(leaf: LeafConnection): void {
    this.mustSecure = true;
    leaf.close(closedReasons.tlsHandshakeError);
  }

  // ---- addresses -------------------------------------------------------------------------------------------------------------

  /** The next of the list; the one before goes to its end. */
  private pickNext(): LeafUrl | undefined {
    const [first] = this.urls;
    if (first !== undefined && first === this.current && this.urls.length > 1) this.urls.push(...this.urls.splice(0, 1));
    this.current = this.urls[0];
    return this.current;
  }

  /** Servers that the hub tells of are tried as well, before those of the configuration. */
  discover({ leafUrls, webSocketUrls }: LeafInfo): void {
    const { current, configured } = this;
    if (this.options.ignoresDiscovered === true || current === undefined) return;
    const told = isWebSocket(current) ? webSocketUrls : leafUrls;
    if (told.length === 0) return;
    const found = told.flatMap((text) => {
      const url = parseLeafUrl(`${isWebSocket(current) ? current.scheme : 'nats-leaf'}://${text}`);
      const isKnown = url === undefined || configured.some(({ host, port }) => host === url.host && port === url.port);
      // They come without credentials and by address: those of the configuration count for them.
      return isKnown ? [] : [{ ...url, user: '', password: '', serverName: configured[0]?.serverName ?? url.host }];
    });
    this.urls = [...found, ...configured];
  }

  // ---- credentials -----------------------------------------------------------------------------------------------------------

  /** What CONNECT says of who this is. */
  login(nonce: string): Login {
    const named = this.named();
    const { credentialsFile, nkeySeed } = this.options;
    if (credentialsFile !== undefined) return this.fromFile(credentialsFile, nonce, named);
    if (nkeySeed === undefined) return { ok: true, value: named };
    const signed = signNonce(nkeySeed, nonce);
    if (signed === undefined) return { ok: false, error: 'Remote nkey has malformed seed' };
    return { ok: true, value: { nkey: signed.publicKey, sig: signed.signature, ...named } };
  }

  private fromFile(path: string, nonce: string, named: Partial<ConnectOptions>): Login {
    let text: string;
    try {
      text = Buffer.from(this.nodes.server.env.disk.readFileSync(path)).toString('utf8');
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
    const pair = readCredentials(text);
    if (pair === undefined) return { ok: false, error: 'Credentials file malformed' };
    const signed = signNonce(pair.seed, nonce);
    if (signed === undefined) return { ok: false, error: 'Credentials file has malformed seed' };
    return { ok: true, value: { jwt: pair.jwt, sig: signed.signature, ...named } };
  }

  /** User and password of the address, or of the first configured one that has some; a name alone may be a token. */
  private named(): Partial<ConnectOptions> {
    const url = this.current?.user === '' ? this.configured.find(({ user }) => user !== '') : this.current;
    if (url === undefined || url.user === '') return {};
    const { user, password } = url;
    return password === '' ? { user, auth_token: user } : { user, pass: password };
  }
}

function isWebSocket({ scheme }: LeafUrl): boolean {
  return scheme === 'ws' || scheme === 'wss';
}

function shuffled(urls: readonly LeafUrl[], random: () => number): LeafUrl[] {
  const result = [...urls];
  for (let index = result.length - 1; index > 0; index--) {
    const other = random() % (index + 1);
    const [one, two] = [result[index], result[other]];
    if (one !== undefined && two !== undefined) [result[index], result[other]] = [two, one];
  }
  return result;
}
