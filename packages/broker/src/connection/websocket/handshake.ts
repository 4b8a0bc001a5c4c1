/**
 * A request head → an open WebSocket or a refusal with nats-server's status and text. Pure: bytes and options in, an answer out.
 * Source: RFC 6455 §4.2; nats-server server/websocket.go wsUpgrade, and 2.15.1 on the wire.
 */
import { createHash } from 'node:crypto';
import type { CookieCredentials } from '../../env/net.ts';
import type { WebSocketOptions } from '../../options.ts';
import { originRefusal } from './origin.ts';
import { firstValue, hasListValue, listValues, parseUpgradeRequest, type UpgradeRequest } from './upgrade-request.ts';

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
}

export type HandshakeAnswer =
  | { readonly ok: true; readonly response: string; readonly agreement: Agreement }
  | { readonly ok: false; readonly response: string; readonly reason: string };

interface Refusal {
  readonly status: keyof typeof STATUS_TEXTS;
  readonly reason: string;
}

const STATUS_TEXTS = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  431: 'Request Header Fields Too Large',
} as const;
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** 16 bytes as base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
/** Paths that belong to listeners of other protocols, which are not there. Leaf nodes are let in and find a client's protocol. */
const ABSENT_PATHS = ['/mqtt'];
const NO_HOST = "'Host' missing in request";
const NO_HOST_TEXT = '400 Bad Request: missing required Host header';
const NO_HOST_RESPONSE = `HTTP/1.1 ${NO_HOST_TEXT}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${NO_HOST_TEXT}`;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const MAX_ADDRESS_CHARS = 45;

/** `isTls`: the request came over TLS. */
export function answerHandshake(head: string, options: WebSocketOptions, isTls: boolean): HandshakeAnswer {
  const request = parseUpgradeRequest(head);
  if (request === undefined) return refuseHandshake(400, 'malformed request');
  const refusal = refusalOf(request, options, isTls);
  if (refusal !== undefined) {
    const answer = refuseHandshake(refusal.status, refusal.reason);
    return request.method === 'HEAD' ? withoutBody(answer) : answer;
  }
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

/** A refusal as HTTP; the connection is closed after it. */
export function refuseHandshake(status: keyof typeof STATUS_TEXTS, reason: string): HandshakeAnswer {
  // Go's HTTP server answers this one itself, before anything else looks at the request.
  if (reason === NO_HOST) return { ok: false, response: NO_HOST_RESPONSE, reason };
  const body = `${STATUS_TEXTS[status]}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_TEXTS[status]}`,
    'Content-Type: text/plain; charset=utf-8',
    'Sec-Websocket-Version: 13',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${body.length}`,
  ];
  return { ok: false, response: `${lines.join('\r\n')}\r\n\r\n${body}`, reason };
}

function withoutBody(answer: HandshakeAnswer): HandshakeAnswer {
  return { ...answer, response: answer.response.slice(0, answer.response.indexOf('\r\n\r\n') + 4) };
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
  if (host === '') return { status: 400, reason: NO_HOST };
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
  };
}

/** The cookies that the configuration names, under what they stand for in CONNECT. */
function cookiesOf(request: UpgradeRequest, { cookieNames = {} }: WebSocketOptions): CookieCredentials {
  const found: Record<string, string> = {};
  const pairs = (request.headers.get('cookie') ?? []).flatMap((line) => line.split(';'));
  for (const [field, name] of Object.entries(cookieNames)) {
    const pair = pairs.find((text) => text.trim().startsWith(`${name}=`));
    if (pair !== undefined)
      found[field] = pair
        .slice(pair.indexOf('=') + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1');
  }
  return found;
}

function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}${ACCEPT_SUFFIX}`, 'latin1').digest('base64');
}

function isIpAddress(text: string): boolean {
  if (text.length > MAX_ADDRESS_CHARS) return false;
  return IPV4.test(text) || (/^[0-9A-Fa-f:.]+$/.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`));
}
