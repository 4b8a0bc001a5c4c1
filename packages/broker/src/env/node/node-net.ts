/** TCP listeners on Node's `net`. */
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type {
  ConnectOptions,
  FetchedDocument,
  FetchOptions,
  HttpListenOptions,
  HttpRequest,
  HttpResponse,
  Listener,
  ListenOptions,
  Net,
  Transport,
} from '../net.ts';
import type { TlsContext, TlsMaterial } from '../tls.ts';
import { listenAt } from './listen-at.ts';
import { connectSocket, connectTransport, openTransport, peerOf, ReadBuffer } from './tcp-transport.ts';

const BACKLOG = 4096;

export class NodeNet implements Net {
  private readonly readBuffer = new ReadBuffer();

  /** HTTP is loaded only when it is asked for: a broker without monitoring starts without it. */
  async listenHttp(options: HttpListenOptions, handler: (request: HttpRequest) => HttpResponse): Promise<Listener> {
    const { listenHttp } = await import('./node-http.ts');
    return listenHttp(options, handler);
  }

  async fetchHttp(url: string, options: FetchOptions): Promise<FetchedDocument> {
    const { fetchHttp } = await import('./node-fetch.ts');
    return fetchHttp(url, options);
  }

  async makeTlsContext(material: TlsMaterial): Promise<TlsContext> {
    const { NodeTlsContext } = await import('./node-tls.ts');
    return new NodeTlsContext(material);
  }

  async connect(options: ConnectOptions): Promise<Transport> {
    if (!options.isUpgradable) return connectTransport(options, this.readBuffer);
    const { SecureTransport } = await import('./secure-transport.ts');
    const socket = connect({ host: options.host, port: options.port, noDelay: true });
    socket.pause();
    await connectSocket(socket, options);
    return new SecureTransport(socket, peerOf(socket), this.readBuffer.memory);
  }

  addresses(): string[] {
    const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    return all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:')).map(({ address }) => address);
  }

  /** TLS is loaded only when a connection may need it. */
  async listen(options: ListenOptions, onTransport: (transport: Transport) => void): Promise<Listener> {
    const { isUpgradable = () => false } = options;
    let secured = isUpgradable() ? await import('./secure-transport.ts') : undefined;
    const openSecured = async (socket: Socket): Promise<void> => {
      secured ??= await import('./secure-transport.ts');
      onTransport(new secured.SecureTransport(socket, peerOf(socket), this.readBuffer.memory));
    };
    const onSocket = (socket: Socket): void => {
      if (!isUpgradable()) {
        const transport = openTransport(socket, this.readBuffer);
        if (transport !== undefined) onTransport(transport);
      } else if (secured !== undefined) {
        onTransport(new secured.SecureTransport(socket, peerOf(socket), this.readBuffer.memory));
      } else openSecured(socket).catch(() => socket.destroy());
    };
    return listenAt(options.host, (address) => this.listenOn(options, address, onSocket));
  }

  private listenOn(options: ListenOptions, host: string, onSocket: (socket: Socket) => void): Promise<Listener> {
    const server = createServer({ noDelay: true, pauseOnConnect: true }, onSocket);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port: options.port, backlog: BACKLOG }, () => {
        server.removeListener('error', reject);
        // A later error of the listening socket (out of file descriptors) must not end the process; accepting goes on.
        server.on('error', () => undefined);
        const address = server.address();
        if (address === null || typeof address === 'string') return reject(new Error('the listener has no address'));
        resolve({
          host: options.host,
          port: address.port,
          close: () => new Promise((closed) => server.close(() => closed())),
        });
      });
    });
  }
}
