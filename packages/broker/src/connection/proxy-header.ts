/**
 * PROXY protocol headers, version 1 (a line) and 2 (binary), as a load balancer puts them in front of a connection.
 * Pure and total: bytes in, a verdict out. Source: haproxy doc/proxy-protocol.txt; nats-server server/client_proxyproto.go.
 */
import { isIP } from 'node:net';
import { MAX_PROXY_LINE_BYTES } from '@sluice/protocol';

/** Bytes that tell which version it is, or that it is none. */
export const DETECTION_BYTES = 6;
const V2_SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const V2_FIXED_BYTES = 16;
const V1_PREFIX = Buffer.from('PROXY ', 'latin1');
const CRLF = '\r\n';
/** Blanks of Go's strings.Fields. */
const BLANKS = /[\t\n\v\f\r \u0085\u00a0]+/;
const INVALID = 'invalid PROXY protocol header';

export type ProxyHeader =
  /** More bytes are needed: `doing` is what the server is at, `isBegun` whether some bytes of that have come. */
  | { readonly kind: 'incomplete'; readonly doing: string; readonly isBegun: boolean }
  /** The bytes begin with something else: they are the client's own. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly error: string }
  /** `source` is undefined when the proxy speaks for itself or does not know. */
  | {
      readonly kind: 'header';
      readonly lengthBytes: number;
      readonly source: { readonly address: string; readonly port: number } | undefined;
    };

const invalid = (error: string): ProxyHeader => ({ kind: 'invalid', error });
const unsupported = (what: string): ProxyHeader => invalid(`unsupported PROXY protocol feature: ${what}`);
const incomplete = (doing: string, isBegun: boolean): ProxyHeader => ({ kind: 'incomplete', doing, isBegun });

/** Reads the header at the start of `bytes[0..count)`. */
export function readProxyHeader(bytes: Buffer, count: number): ProxyHeader {
  if (count < DETECTION_BYTES) return incomplete('read protocol version', count > 0);
  const first = bytes.subarray(0, DETECTION_BYTES);
  if (first.equals(V1_PREFIX)) return readV1(bytes, count);
  if (first.equals(V2_SIGNATURE.subarray(0, DETECTION_BYTES))) return readV2(bytes, count);
  return { kind: 'absent' };
}

function readV1(bytes: Buffer, count: number): ProxyHeader {
  const end = bytes.subarray(0, Math.min(count, MAX_PROXY_LINE_BYTES)).indexOf(CRLF, DETECTION_BYTES);
  if (end < 0) return count >= MAX_PROXY_LINE_BYTES ? invalid(`${INVALID}: v1 line too long`) : incomplete('read v1 line', false);
  const lengthBytes = end + CRLF.length;
  const fields = bytes.toString('latin1', DETECTION_BYTES, end).split(BLANKS);
  const [family = '', ...rest] = fields.filter((field) => field !== '');
  if (family === 'UNKNOWN') return { kind: 'header', lengthBytes, source: undefined };
  const problem = v1Problem(family, rest);
  if (problem !== undefined) return invalid(problem);
  const [source = '', , port = ''] = rest;
  return { kind: 'header', lengthBytes, source: { address: plainAddress(source), port: Number(port) } };
}

/** What is wrong with the fields of a line, in nats-server's words. */
function v1Problem(family: string, fields: readonly string[]): string | undefined {
  const [source = '', destination = '', sourcePort = '', destinationPort = ''] = fields;
  if (fields.length !== 4) return `${INVALID}: invalid v1 format`;
  // An address with a zone is none here.
  if ([source, destination].some((text) => isIP(text) === 0 || text.includes('%'))) return `${INVALID}: invalid address`;
  const wrongPort = portProblem('source', sourcePort) ?? portProblem('dest', destinationPort);
  if (wrongPort !== undefined) return wrongPort;
  const areV6 = [source.includes(':'), destination.includes(':')];
  if (family === 'TCP4' && areV6.includes(true)) return `${INVALID}: TCP4 with IPv6 address`;
  if (family === 'TCP6' && areV6.includes(false)) return `${INVALID}: TCP6 with IPv4 address`;
  return family === 'TCP4' || family === 'TCP6' ? undefined : `${INVALID}: invalid protocol ${family}`;
}

function portProblem(name: string, text: string): string | undefined {
  const isNumber = /^\d+$/.test(text);
  if (isNumber && Number(text) <= 65_535) return undefined;
  const reason = isNumber ? 'value out of range' : 'invalid syntax';
  return `invalid ${name} port: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${reason}`;
}

function readV2(bytes: Buffer, count: number): ProxyHeader {
  if (count < V2_SIGNATURE.length) return incomplete('read v2 signature', count > DETECTION_BYTES);
  if (V2_SIGNATURE.compare(bytes, 0, V2_SIGNATURE.length) !== 0) return invalid(`${INVALID}: invalid signature`);
  if (count < V2_FIXED_BYTES) return incomplete('read v2 header', count > V2_SIGNATURE.length);
  const versionCommand = bytes.readUInt8(12);
  const familyProtocol = bytes.readUInt8(13);
  const bodyBytes = bytes.readUInt16BE(14);
  if (versionCommand >> 4 !== 2) return invalid(`${INVALID}: invalid version ${hexByte(versionCommand & 0xf0)}`);
  const lengthBytes = V2_FIXED_BYTES + bodyBytes;
  const command = versionCommand & 0x0f;
  if (command === 0) return skipBody('LOCAL command', lengthBytes, count);
  if (command !== 1) return invalid(`unknown PROXY protocol command: ${hexByte(command)}`);
  if ((familyProtocol & 0x0f) !== 1) return unsupported('only STREAM protocol supported');
  switch (familyProtocol >> 4) {
    case 0:
      return skipBody('UNSPEC address', lengthBytes, count);
    case 1:
      return readAddress(bytes, count, { name: 'IPv4', addressBytes: 4, bodyBytes });
    case 2:
      return readAddress(bytes, count, { name: 'IPv6', addressBytes: 16, bodyBytes });
    default:
      return unsupported(`unsupported address family ${hexByte(familyProtocol & 0xf0)}`);
  }
}

function skipBody(what: string, lengthBytes: number, count: number): ProxyHeader {
  if (count < lengthBytes) return incomplete(`discard ${what} address data`, false);
  return { kind: 'header', lengthBytes, source: undefined };
}

/** Two addresses, then two ports; whatever follows is options. */
function readAddress(
  bytes: Buffer,
  count: number,
  { name, addressBytes, bodyBytes }: { readonly name: string; readonly addressBytes: number; readonly bodyBytes: number },
): ProxyHeader {
  if (bodyBytes < 2 * addressBytes + 4) return invalid(`${name} address data too short: ${bodyBytes} bytes`);
  const lengthBytes = V2_FIXED_BYTES + bodyBytes;
  if (count < lengthBytes) return incomplete(`read ${name} address data`, count > V2_FIXED_BYTES);
  const raw = bytes.subarray(V2_FIXED_BYTES, V2_FIXED_BYTES + addressBytes);
  const address = addressBytes === 4 ? [...raw].join('.') : plainAddress(groupsOf(raw));
  return { kind: 'header', lengthBytes, source: { address, port: bytes.readUInt16BE(V2_FIXED_BYTES + 2 * addressBytes) } };
}

function groupsOf(raw: Buffer): string {
  return Array.from({ length: 8 }, (_, index) => raw.readUInt16BE(index * 2).toString(16)).join(':');
}

/** The usual form of an address; one of IPv4 inside IPv6 is shown as that. */
function plainAddress(text: string): string {
  if (!text.includes(':')) return text;
  const usual = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(usual) ?? [];
  if (high === undefined || low === undefined) return usual;
  return [high, low].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.');
}

function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}
