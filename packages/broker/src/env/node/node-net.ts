/** TCP listeners on Node's `net`. */
import { createServer, type Socket } from 'node:net';
import type { HttpRequest, HttpResponse, Listener, ListenOptions, Net, Transport } from '../net.ts';
import type { TlsContext, TlsMaterial } from '../tls.ts';
import { openTransport, peerOf, ReadBuffer } from './tcp-transport.ts';

const BACKLOG = 4096;

export class NodeNet implements Net {
  private readonly readBuffer = new ReadBuffer();

  /** HTTP is loaded only when it is asked for: a broker without monitoring starts without it. */
  async listenHttp(options: ListenOptions, handler: (request: HttpRequest) => HttpResponse): Promise<Listener> {
    const { listenHttp } = await import('./node-http.ts');
    return listenHttp(options, handler);
  }

  async makeTlsContext(material: TlsMaterial): Promise<TlsContext> {
    const { NodeTlsContext } = await import('./node-tls.ts');
    return new NodeTlsContext(material);
  }

  /** TLS is loaded only for a listener that offers it. */
  async listen(options: ListenOptions, onTransport: (transport: Transport) => void): Promise<Listener> {
    const secured = options.isUpgradable === true ? await import('./secure-transport.ts') : undefined;
    return this.listenTcp(options, (socket) => {
      const transport =
        secured === undefined
          ? openTransport(socket, this.readBuffer)
          : new secured.SecureTransport(socket, peerOf(socket), this.readBuffer.memory);
      if (transport !== undefined) onTransport(transport);
    });
  }

  private listenTcp(options: ListenOptions, onSocket: (socket: Socket) => void): Promise<Listener> {
    const server = createServer({ noDelay: true, pauseOnConnect: true }, onSocket);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: options.host, port: options.port, backlog: BACKLOG }, () => {
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
