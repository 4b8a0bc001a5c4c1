/** Documents of web servers, on Node's `http` and `https`, with connections that are used again. Errors read as Go's do. */
import { readFileSync } from 'node:fs';
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestPlain, STATUS_CODES } from 'node:http';
import { Agent as HttpsAgent, request as requestSecure } from 'node:https';
import type { FetchedDocument, FetchOptions } from '../net.ts';

const MAX_REDIRECTS = 10;
const MAX_IDLE = 10;
const IDLE_MS = 30_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

const reused = { keepAlive: true, maxFreeSockets: MAX_IDLE, timeout: IDLE_MS };
const plainAgent = new HttpAgent(reused);
const secureAgent = new HttpsAgent(reused);

/** GETs `url`; the time is for all redirects together. */
export async function fetchHttp(url: string, options: FetchOptions): Promise<FetchedDocument> {
  const deadlineMs = performance.now() + options.timeoutMs;
  let target = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const got = await get(target, options, deadlineMs - performance.now());
    if (!got.ok || got.location === undefined || !REDIRECTS.has(got.status)) return got;
    target = new URL(got.location, target).href;
  }
  return { ok: false, error: `stopped after ${MAX_REDIRECTS} redirects` };
}

type Got = FetchedDocument & { readonly location?: string | undefined };

function get(url: string, { maxBytes, tls }: FetchOptions, timeoutMs: number): Promise<Got> {
  return new Promise((resolve) => {
    const fail = (error: string): void => resolve({ ok: false, error });
    let request: ClientRequest;
    try {
      request = begin(url, tls, (response) => readBody(response, maxBytes, resolve));
    } catch (error) {
      return fail(error instanceof Error ? error.message : String(error));
    }
    const timer = setTimeout(() => {
      request.destroy();
      fail('context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
    }, timeoutMs);
    request.on('close', () => clearTimeout(timer));
    request.on('error', (error) => fail(errorText(error)));
    request.end();
  });
}

function begin(url: string, tls: FetchOptions['tls'], onResponse: (response: IncomingMessage) => void): ClientRequest {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1] ?? '';
  if (!/^https?$/i.test(scheme)) throw new Error(`unsupported protocol scheme "${scheme}"`);
  const headers = { 'User-Agent': 'Go-http-client/1.1', Connection: 'keep-alive' };
  if (!url.startsWith('https:')) return requestPlain(url, { agent: plainAgent, headers }, onResponse);
  if (tls === undefined) return requestSecure(url, { agent: secureAgent, headers }, onResponse);
  const read = (path: string | undefined): Buffer | undefined => (path === undefined ? undefined : readFileSync(path));
  return requestSecure(url, { cert: read(tls.certFile), key: read(tls.keyFile), ca: read(tls.caFile), headers }, onResponse);
}

function readBody(response: IncomingMessage, maxBytes: number, resolve: (got: Got) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else response.destroy(new Error(`the answer is longer than ${maxBytes} bytes`));
  });
  response.on('error', (error) => resolve({ ok: false, error: errorText(error) }));
  response.on('end', () => {
    const status = response.statusCode ?? 0;
    const body = Buffer.concat(chunks).toString('utf8');
    const statusText = response.statusMessage || (STATUS_CODES[status] ?? '');
    resolve({ ok: true, status, statusText, body, location: response.headers.location });
  });
}

/** `dial tcp 127.0.0.1:1: connect: connection refused`. */
function errorText(error: Error): string {
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${'hostname' in error ? String(error.hostname) : ''}: no such host`;
  if (code === 'ECONNRESET') return 'EOF';
  return error.message;
}
