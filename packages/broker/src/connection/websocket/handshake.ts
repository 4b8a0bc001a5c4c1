/**
 * A request head → an open WebSocket or a refusal with nats-server's status and text. Pure: bytes and options in, an answer out.
 * Source: RFC 6455 §4.2; nats-server server/websocket.go wsUpgrade, and 2.15.1 on the wire.
 */
import { createHash } from 'node:crypto';
import type { CookieCredentials } from '../../env/net.ts';
import type { WebSocketOptions } from '../../options.ts';
import { originRefusal } from './origin.ts';
import {
  bodyBytes,
  cleanPath,
  firstValue,
  hasListValue,
  listValues,
  parseUpgradeRequest,
  type UpgradeRequest,
} from './upgrade-request.ts';

/** What was agreed on. */
export interface Agreement {
  readonly hasCompression: boolean;
  /** The peer asked to leave the masking out, as leaf nodes do. */
  readonly mayBeUnmasked: boolean;
  /** Browsers behave better with small frames. */
  readonly isBrowser: boolean;
  /** Safari cannot take a compressed message in fragments. */
  readonly takesCompressedFragments: boolean;
  /** A proxy's word on who is behind it, or undefined. */
  readonly forwardedFor: string | undefined;
  /** Credentials that came as cookies. */
  readonly cookies: CookieCredentials;
  /** The path is that of leaf nodes. */
  readonly isLeaf: boolean;
}

export type HandshakeAnswer = HandshakeAgreed | HandshakeRefusal;

export interface HandshakeAgreed {
  readonly ok: true;
  readonly response: string;
  readonly agreement: Agreement;
}

export interface HandshakeRefusal {
  readonly ok: false;
  readonly response: string;
  /** For the log; undefined for what nats-server does not log. */
  readonly reason: string | undefined;
  /** Bytes of a body to be passed over before another request may come; undefined when the connection ends here. */
  readonly skippedBytes: number | undefined;
}

/** What a handshake needs besides the request. */
export interface HandshakeFacts {
  /** The request came over TLS. */
  readonly isTls: boolean;
  readonly nowMs: number;
}

interface Refusal {
  readonly status: keyof typeof STATUS_TEXTS;
  readonly reason: string;
}

const STATUS_TEXTS = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
} as const;
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** 16 bytes as base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
/** Where leaf nodes connect; what stands before it is a proxy's business. */
const LEAF_PATH = '/leafnode';
/** Paths that belong to listeners of other protocols, which are not there. */
const ABSENT_PATHS = ['/mqtt'];
/** Bodies that are passed over so that another request may follow. Source: Go net/http maxPostHandlerReadBytes. */
const MAX_SKIPPED_BYTES = 262_144;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const MAX_ADDRESS_CHARS = 45;

/** Answers a request as nats-server's HTTP server does, which looks at the form and at the path before anything else does. */
export function answerHandshake(head: string, options: WebSocketOptions, facts: HandshakeFacts): HandshakeAnswer {
  const parsed = parseUpgradeRequest(head);
  if (!parsed.ok) return refuseForm(parsed.status);
  const { request } = parsed;
  if (request.target === '*') return endWith('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n', facts);
  const moved = request.method === 'CONNECT' || !request.path.startsWith('/') ? request.path : cleanPath(request.path);
  if (moved !== request.path) return redirect(request, moved, facts);
  const refusal = refusalOf(request, options, facts.isTls);
  if (refusal !== undefined) return refuse(request, refusal, facts);
  const agreement = agreementOf(request, options);
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptKey(firstValue(request, 'sec-websocket-key'))}`,
    ...(agreement.hasCompression
      ? ['Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover']
      : []),
    ...(agreement.mayBeUnmasked ? ['Nats-No-Masking: true'] : []),
    ...Object.entries(options.headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return { ok: true, response: `${lines.join('\r\n')}\r\n\r\n`, agreement };
}

/** What Go's HTTP server says to what is no request, and ends the connection. */
export function refuseForm(status: string): HandshakeRefusal {
  const lines = [`HTTP/1.1 ${status}`, 'Content-Type: text/plain; charset=utf-8', 'Connection: close', '', status];
  return { ok: false, response: lines.join('\r\n'), reason: undefined, skippedBytes: undefined };
}

function endWith(start: string, { nowMs }: HandshakeFacts): HandshakeRefusal {
  const response = `${start}Date: ${new Date(nowMs).toUTCString()}\r\nContent-Length: 0\r\n\r\n`;
  return { ok: false, response, reason: undefined, skippedBytes: undefined };
}

/** Paths with empty or dotted segments are somewhere else. */
function redirect(request: UpgradeRequest, path: string, facts: HandshakeFacts): HandshakeRefusal {
  const location = `${path}${request.target.slice(request.path.length)}`;
  const escaped = location.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;');
  const hasBody = request.method === 'GET';
  const headers = [
    ...(hasBody || request.method === 'HEAD' ? ['Content-Type: text/html; charset=utf-8'] : []),
    `Location: ${location}`,
  ];
  const body = hasBody ? `<a href="${escaped.replaceAll("'", '&#39;')}">Moved Permanently</a>.\n\n` : '';
  return answerWith(request, { status: '301 Moved Permanently', headers, body, reason: undefined }, facts);
}

function refuse(request: UpgradeRequest, { status, reason }: Refusal, facts: HandshakeFacts): HandshakeRefusal {
  const text = STATUS_TEXTS[status];
  const headers = ['Content-Type: text/plain; charset=utf-8', 'Sec-Websocket-Version: 13', 'X-Content-Type-Options: nosniff'];
  return answerWith(request, { status: `${status} ${text}`, headers, body: `${text}\n`, reason }, facts);
}

interface Answer {
  readonly status: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly reason: string | undefined;
}

/** The connection stays for another request, as HTTP has it. */
function answerWith(
  request: UpgradeRequest,
  { status, headers, body, reason }: Answer,
  { nowMs }: HandshakeFacts,
): HandshakeRefusal {
  const skipped = bodyBytes(request);
  const endsHere =
    request.minorVersion === 0 ||
    request.method === 'CONNECT' ||
    hasListValue(request, 'connection', 'close') ||
    skipped === undefined ||
    skipped > MAX_SKIPPED_BYTES;
  const lines = [
    `HTTP/1.${request.minorVersion} ${status}`,
    ...headers,
    `Date: ${new Date(nowMs).toUTCString()}`,
    `Content-Length: ${body.length}`,
    ...(endsHere ? ['Connection: close'] : []),
  ];
  const response = `${lines.join('\r\n')}\r\n\r\n${request.method === 'HEAD' ? '' : body}`;
  return { ok: false, response, reason, skippedBytes: endsHere ? undefined : skipped };
}

/** @throws when a header that every answer is to carry could not stand in one. */
export function checkHeaders(headers: WebSocketOptions['headers']): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || /[\0-\x08\x0a-\x1f\x7f]/.test(value)) {
      throw new Error(`websocket headers: "${name}" cannot be sent`);
    }
  }
}

function refusalOf(request: UpgradeRequest, options: WebSocketOptions, isTls: boolean): Refusal | undefined {
  const host = firstValue(request, 'host');
  if (request.method !== 'GET') return { status: 405, reason: 'request method must be GET' };
  if (host === '') return { status: 400, reason: "'Host' missing in request" };
  if (ABSENT_PATHS.some((path) => request.path.startsWith(path))) return { status: 404, reason: 'nothing listens on this path' };
  if (!hasListValue(request, 'upgrade', 'websocket')) return { status: 400, reason: "invalid value for header 'Upgrade'" };
  if (!hasListValue(request, 'connection', 'upgrade')) return { status: 400, reason: "invalid value for header 'Connection'" };
  if (!KEY.test(firstValue(request, 'sec-websocket-key'))) return { status: 400, reason: 'key missing or malformed' };
  if (!hasListValue(request, 'sec-websocket-version', '13')) return { status: 400, reason: 'invalid version' };
  const origin = firstValue(request, 'origin') || firstValue(request, 'sec-websocket-origin');
  const refusal = originRefusal(options, origin, host, isTls);
  return refusal === undefined ? undefined : { status: 403, reason: `origin not allowed: ${refusal}` };
}

function agreementOf(request: UpgradeRequest, options: WebSocketOptions): Agreement {
  const agent = firstValue(request, 'user-agent');
  const offers = listValues(request, 'sec-websocket-extensions').map((offer) => offer.split(';', 1)[0]?.trim().toLowerCase());
  const forwarded = firstValue(request, 'x-forwarded-for');
  return {
    hasCompression: options.compression && offers.includes('permessage-deflate'),
    mayBeUnmasked: firstValue(request, 'nats-no-masking') === 'true',
    isBrowser: agent.startsWith('Mozilla/'),
    takesCompressedFragments: !(agent.includes('Version/') && agent.includes('Safari/')),
    cookies: cookiesOf(request, options),
    forwardedFor: isIpAddress(forwarded) ? forwarded : undefined,
    isLeaf: request.path.endsWith(LEAF_PATH),
  };
}

/** The cookies that the configuration names, under what they stand for in CONNECT. */
function cookiesOf(request: UpgradeRequest, { cookieNames = {} }: WebSocketOptions): CookieCredentials {
  const found: Record<string, string> = {};
  const pairs = (request.headers.get('cookie') ?? []).flatMap((line) => line.split(';'));
  for (const [field, name] of Object.entries(cookieNames)) {
    // Of several, the last one counts.
    const pair = pairs.findLast((text) => text.trim().startsWith(`${name}=`));
    if (pair !== undefined)
      found[field] = pair
        .slice(pair.indexOf('=') + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1');
  }
  return found;
}

/** What proves that the request was read. */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}${ACCEPT_SUFFIX}`, 'latin1').digest('base64');
}

function isIpAddress(text: string): boolean {
  if (text.length > MAX_ADDRESS_CHARS) return false;
  return IPV4.test(text) || (/^[0-9A-Fa-f:.]+$/.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`));
}
