/**
 * The HTTP listener of the monitoring port, on Node's `http`. Request bodies are never read: there is no endpoint that takes one.
 * For HTTPS the handshakes are done here and the secured sockets handed to the same server.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
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

const NO_TUNNEL =
  'HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n' +
  'Content-Length: 19\r\nConnection: close\r\n\r\n404 page not found\n';
/** Requests that are refused before they are looked at, as Go's net/http refuses them. */
const REFUSALS = {
  unreadable: '400 Bad Request',
  noHost: '400 Bad Request: missing required Host header',
  headerName: '400 Bad Request: invalid header name',
  tooLarge: '431 Request Header Fields Too Large',
  version: '505 HTTP Version Not Supported: unsupported protocol version',
} as const;

/** Rejects with the system's error when the address cannot be had. */
export async function listenHttp(options: HttpListenOptions, handler: (request: HttpRequest) => HttpResponse): Promise<Listener> {
  // Loaded here, so that a bundle in one file does not load it at start.
  const { createServer } = await import('node:http');
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, requireHostHeader: false };
  const http = createServer(limits, (request, response) => respond(request, response, handler));
  http.on('clientError', (error, socket) => refuseUnread(error, socket));
  // Nothing is tunnelled, and nothing is found under that name.
  http.on('connect', (_request, socket) => socket.end(NO_TUNNEL));
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

/** What cannot be read as HTTP. */
function refuseUnread(error: Error, socket: Duplex): void {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  if (code === 'HPE_HEADER_OVERFLOW') return refuse(socket, REFUSALS.tooLarge);
  refuse(socket, code === 'HPE_INVALID_HEADER_TOKEN' ? REFUSALS.headerName : REFUSALS.unreadable);
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`);
}

/** Why a request that could be read is not answered. */
function refusalOf({ httpVersionMajor, httpVersionMinor, rawHeaders }: IncomingMessage): string | undefined {
  if (httpVersionMajor !== 1) return REFUSALS.version;
  const hostCount = rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host').length;
  if (hostCount > 1) return REFUSALS.unreadable;
  return hostCount === 0 && httpVersionMinor > 0 ? REFUSALS.noHost : undefined;
}

function respond(request: IncomingMessage, response: ServerResponse, handler: (request: HttpRequest) => HttpResponse): void {
  const refusal = refusalOf(request);
  if (refusal !== undefined) return refuse(request.socket, refusal);
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
