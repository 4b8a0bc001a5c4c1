/**
 * The HTTP listener of the monitoring port, on Node's `http`. Request bodies are never read: there is no endpoint that takes one.
 * For HTTPS the handshakes are done here and the secured sockets handed to the same server.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { HttpListenOptions, HttpRequest, HttpResponse, Listener } from '../net.ts';
import { listenAt } from './listen-at.ts';

/** A monitoring client that takes longer to ask than this is cut off. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 16_384;
/** Connections to the monitoring port at one time; more wait in the kernel's queue and are then refused. */
const MAX_CONNECTIONS = 256;
/** Time for the first byte of a connection that must begin with a handshake. */
const FIRST_BYTE_TIMEOUT_MS = 5000;
const PLAIN_ON_TLS = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

/** Rejects with the system's error when the address cannot be had. */
export async function listenHttp(options: HttpListenOptions, handler: (request: HttpRequest) => HttpResponse): Promise<Listener> {
  // Loaded here, so that a bundle in one file does not load it at start.
  const { createServer } = await import('node:http');
  const http = createServer({ maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    respond(request, response, handler);
  });
  const close = (server: Server): Promise<void> =>
    new Promise((closed) => {
      server.close(() => closed());
      http.closeAllConnections();
    });
  if (options.tls === undefined) return listening(http, options, close);
  const { createServer: createTcpServer } = await import('node:net');
  const secure = await import('./secure-transport.ts');
  const { tls } = options;
  const handshaking = new Set<Socket>();
  const accept = async (socket: Socket): Promise<void> => {
    handshaking.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => handshaking.delete(socket));
    if ((await secure.peekFirstBytes(socket, FIRST_BYTE_TIMEOUT_MS)) === 'tls') {
      const secured = await secure.startTlsOn(socket, tls.context());
      handshaking.delete(socket);
      http.emit('connection', secured);
      return;
    }
    socket.end(PLAIN_ON_TLS);
    throw new Error('client sent an HTTP request to an HTTPS server');
  };
  const server = createTcpServer((socket) => {
    const from = `${socket.remoteAddress}:${socket.remotePort}`;
    accept(socket).catch((error: unknown) => tls.onFailure(from, error instanceof Error ? error.message : String(error)));
  });
  return listening(server, options, (tcp) => {
    for (const socket of handshaking) socket.destroy();
    return close(tcp);
  });
}

function listening(
  server: Server,
  { host, port }: HttpListenOptions,
  close: (server: Server) => Promise<void>,
): Promise<Listener> {
  server.maxConnections = MAX_CONNECTIONS;
  const listenOn = (address: string): Promise<Listener> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port }, () => {
        server.removeListener('error', reject);
        // A later error of the listening socket (out of file descriptors) must not end the process; accepting goes on.
        server.on('error', () => undefined);
        const bound = server.address();
        if (bound === null || typeof bound === 'string') return reject(new Error('the listener has no address'));
        resolve({ host, port: bound.port, close: () => close(server) });
      });
    });
  return listenAt(host, listenOn);
}

function respond(request: IncomingMessage, response: ServerResponse, handler: (request: HttpRequest) => HttpResponse): void {
  const answer = answerOf(request, handler);
  const body = Buffer.from(answer.body, 'utf8');
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
  request.resume();
}

function answerOf(request: IncomingMessage, handler: (request: HttpRequest) => HttpResponse): HttpResponse {
  try {
    return handler({ method: request.method ?? 'GET', target: request.url ?? '/', host: request.headers.host ?? '' });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { status: 500, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: `internal error: ${text}` };
  }
}
