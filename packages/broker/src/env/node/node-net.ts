/** TCP listeners on Node's `net`. */
import { createServer, type Socket } from 'node:net';
import type { HttpRequest, HttpResponse, Listener, ListenOptions, Net, Transport } from '../net.ts';
import { openTransport, ReadBuffer } from './tcp-transport.ts';

const BACKLOG = 4096;

export class NodeNet implements Net {
  private readonly readBuffer = new ReadBuffer();

  /** HTTP is loaded only when it is asked for: a broker without monitoring starts without it. */
  async listenHttp(options: ListenOptions, handler: (request: HttpRequest) => HttpResponse): Promise<Listener> {
    const { listenHttp } = await import('./node-http.ts');
    return listenHttp(options, handler);
  }

  listen(options: ListenOptions, onTransport: (transport: Transport) => void): Promise<Listener> {
    const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket: Socket) => {
      const transport = openTransport(socket, this.readBuffer);
      if (transport !== undefined) onTransport(transport);
    });
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
