/** The HTTP listener of the monitoring port, on Node's `http`. Request bodies are never read: there is no endpoint that takes one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpRequest, HttpResponse, Listener, ListenOptions } from '../net.ts';

/** A monitoring client that takes longer to ask than this is cut off. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 16_384;
/** Connections to the monitoring port at one time; more wait in the kernel's queue and are then refused. */
const MAX_CONNECTIONS = 256;

/** Rejects with the system's error when the address cannot be had. */
export async function listenHttp(options: ListenOptions, handler: (request: HttpRequest) => HttpResponse): Promise<Listener> {
  // Loaded here, so that a bundle in one file does not load it at start.
  const { createServer } = await import('node:http');
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    respond(request, response, handler);
  });
  server.maxConnections = MAX_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, () => {
      server.removeListener('error', reject);
      // A later error of the listening socket (out of file descriptors) must not end the process; accepting goes on.
      server.on('error', () => undefined);
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('the listener has no address'));
      resolve({
        host: options.host,
        port: address.port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
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
