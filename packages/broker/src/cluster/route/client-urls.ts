/**
 * Where clients may connect in this cluster, as INFO tells them: this server's own address first, then those of the others.
 * Source: nats-server server/server.go getConnectURLs, updateServerINFOAndSendINFOToClients.
 */
import type { Server } from '../../server.ts';
import { joinHostPort } from '../peer-url.ts';

interface Urls {
  readonly tcp: readonly string[];
  readonly webSocket: readonly string[];
}

const WILDCARDS: readonly string[] = ['0.0.0.0', '::'];

export class ClientUrls {
  private readonly server: Server;
  private readonly byRemote: Map<string, Urls> = new Map();
  private own: Urls = { tcp: [], webSocket: [] };
  private readonly onChange: () => void;

  /** `onChange`: clients are to hear of it. */
  constructor(server: Server, onChange: () => void) {
    this.server = server;
    this.onChange = onChange;
  }

  /** The listeners have their ports. */
  settleOwn(): void {
    const { server } = this;
    const { websocket, clientAdvertise = '' } = server.options;
    this.own = {
      tcp: this.urlsOf(clientAdvertise, server.host, server.port),
      webSocket:
        websocket === undefined
          ? []
          : this.urlsOf(websocket.advertise ?? '', websocket.host, server.websocketPort ?? websocket.port),
    };
  }

  private urlsOf(advertise: string, host: string, port: number): string[] {
    if (advertise !== '') return [/:\d+$/.test(advertise) ? advertise : `${advertise}:${port}`];
    const hosts = WILDCARDS.includes(host) ? this.server.env.net.addresses() : [host];
    return hosts.map((address) => joinHostPort(address, port));
  }

  /** What other servers are told. */
  get ownTcp(): readonly string[] {
    return this.own.tcp;
  }

  get ownWebSocket(): readonly string[] {
    return this.own.webSocket;
  }

  /** A server has joined. */
  add(remoteId: string, tcp: readonly string[], webSocket: readonly string[]): void {
    if (tcp.length === 0 && webSocket.length === 0) return;
    const before = this.fingerprint();
    this.byRemote.set(remoteId, { tcp, webSocket });
    if (this.fingerprint() !== before) this.onChange();
  }

  /** A server has left, or lets nobody in any more. */
  remove(remoteId: string): void {
    const before = this.fingerprint();
    if (this.byRemote.delete(remoteId) && this.fingerprint() !== before) this.onChange();
  }

  /** For one kind of client; `withoutOwn` while this server sends its clients away. */
  list(isWebSocket: boolean, withoutOwn: boolean): readonly string[] {
    const pick = (urls: Urls): readonly string[] => (isWebSocket ? urls.webSocket : urls.tcp);
    const others = new Set([...this.byRemote.values()].flatMap(pick));
    if (!withoutOwn && others.size === 0 && !this.wasTold) return [];
    return withoutOwn ? [...others] : [...new Set([...pick(this.own), ...others])];
  }

  /** Once clients were told of others, they are told when those have gone too. */
  private wasTold = false;

  private fingerprint(): string {
    const urls = [...this.byRemote.values()];
    if (urls.length > 0) this.wasTold = true;
    return JSON.stringify([urls.flatMap(({ tcp }) => tcp).sort(), urls.flatMap(({ webSocket }) => webSocket).sort()]);
  }
}
