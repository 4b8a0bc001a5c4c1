/**
 * The profiling port: `/debug/pprof/` as Go's net/http/pprof has it, as far as V8 can tell. Loaded only where the configuration asks for
 * it. Source: nats-server server/server.go StartProfiler.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { goQuote } from '@sluice/protocol';
import { encodeProfile } from './pprof.ts';
import { V8Profiles } from './v8-profiles.ts';

const DEFAULT_SECONDS = 30;
const MAX_SECONDS = 600;
const REQUEST_TIMEOUT_MS = 5000;
const MAX_CONNECTIONS = 16;
const ROOT = '/debug/pprof/';
const PAGES = ['allocs', 'cmdline', 'goroutine', 'heap', 'profile'];

export interface ProfilingPort {
  readonly port: number;
  close(): void;
}

/** Rejects with the system's error when the port cannot be had. */
export async function startProfiler(host: string, port: number): Promise<ProfilingPort> {
  const profiles = new V8Profiles();
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answer(profiles, request, response).catch((error: unknown) => refuse(response, 500, String(error)));
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, host, port);
  await profiles.start();
  server.unref();
  const address = server.address();
  return {
    port: address !== null && typeof address !== 'string' ? address.port : port,
    close: () => {
      server.close();
      server.closeAllConnections();
      profiles.stop();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeListener('error', reject);
      server.on('error', () => undefined);
      resolve();
    });
  });
}

async function answer(profiles: V8Profiles, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === ROOT.slice(0, -1)) return void response.writeHead(301, { Location: ROOT }).end();
  if (!url.pathname.startsWith(ROOT)) return refuse(response, 404, '404 page not found');
  const name = url.pathname.slice(ROOT.length);
  if (name === '') return send(response, 'text/html; charset=utf-8', index());
  if (name === 'cmdline') return send(response, 'text/plain; charset=utf-8', process.argv.join('\0'));
  if (name === 'goroutine')
    return send(response, 'text/plain; charset=utf-8', `event loop [running]:\n${new Error('here').stack ?? ''}\n`);
  if (name === 'heap' || name === 'allocs') return sendProfile(response, name, encodeProfile(await profiles.heap()));
  if (name !== 'profile') return refuse(response, 404, 'Unknown profile');
  const text = url.searchParams.get('seconds') ?? '';
  const asked = /^\d{1,9}$/.test(text) ? Number(text) : DEFAULT_SECONDS;
  const profile = await profiles.cpu(Math.min(asked === 0 ? DEFAULT_SECONDS : asked, MAX_SECONDS) * 1000);
  if (profile === undefined) return refuse(response, 500, 'Could not enable CPU profiling: cpu profiling already in use');
  sendProfile(response, name, encodeProfile(profile));
}

function index(): string {
  const rows = PAGES.map((page) => `<li><a href="${page}">${page}</a></li>`).join('\n');
  return `<!doctype html>\n<html lang="en">\n<title>${ROOT}</title>\n<h1>${ROOT}</h1>\n<ul>\n${rows}\n</ul>\n</html>\n`;
}

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' }).end(body);
}

function sendProfile(response: ServerResponse, name: string, body: Buffer): void {
  const headers = { 'Content-Type': 'application/octet-stream', 'Content-Disposition': `attachment; filename=${goQuote(name)}` };
  response.writeHead(200, { ...headers, 'X-Content-Type-Options': 'nosniff' }).end(body);
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' })
    .end(`${text}\n`);
}
