/**
 * PROXY protocol headers, version 1 (a line) and 2 (binary), as a load balancer puts them in front of a connection.
 * Pure and total: bytes in, a verdict out. Source: haproxy doc/proxy-protocol.txt; nats-server server/client_proxyproto.go.
 */
import { isIP, isIPv4, isIPv6 } from 'node:net';

/** Longest line of version 1, CRLF included. */
export const MAX_V1_BYTES = 107;
const V2_SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const V2_FIXED_BYTES = 16;
/** Addresses and options of version 2; nobody sends more. */
const MAX_V2_BODY_BYTES = 4096;
const V1_PREFIX = Buffer.from('PROXY ', 'latin1');

export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly kind: 'incomplete' }
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

/** Reads the header at the start of `bytes[0..count)`. */
export function readProxyHeader(bytes: Buffer, count: number): ProxyHeader {
  if (startsLike(bytes, count, V1_PREFIX)) return count < V1_PREFIX.length ? { kind: 'incomplete' } : readV1(bytes, count);
  if (startsLike(bytes, count, V2_SIGNATURE)) return count < V2_FIXED_BYTES ? { kind: 'incomplete' } : readV2(bytes, count);
  return { kind: 'absent' };
}

/** True when the bytes agree with a prefix as far as both go. */
function startsLike(bytes: Buffer, count: number, prefix: Buffer): boolean {
  const length = Math.min(count, prefix.length);
  return length > 0 && prefix.compare(bytes, 0, length, 0, length) === 0;
}

function readV1(bytes: Buffer, count: number): ProxyHeader {
  const end = bytes.subarray(0, Math.min(count, MAX_V1_BYTES)).indexOf('\r\n');
  if (end < 0 && bytes.subarray(0, Math.min(count, MAX_V1_BYTES)).includes(10))
    return invalid('invalid PROXY protocol header: invalid v1 format');
  if (end < 0) return count >= MAX_V1_BYTES ? invalid('invalid PROXY protocol header: v1 line too long') : { kind: 'incomplete' };
  const lengthBytes = end + 2;
  const [, family = '', ...fields] = bytes.toString('latin1', 0, end).split(' ');
  if (family === 'UNKNOWN') return { kind: 'header', lengthBytes, source: undefined };
  const problem = v1Problem(family, fields);
  if (problem !== undefined) return invalid(problem);
  const [source = '', , port = ''] = fields;
  return { kind: 'header', lengthBytes, source: { address: source, port: Number(port) } };
}

/** What is wrong with the fields of a line, in nats-server's words. */
function v1Problem(family: string, fields: readonly string[]): string | undefined {
  const start = 'invalid PROXY protocol header';
  const [source = '', destination = '', sourcePort = '', destinationPort = ''] = fields;
  if (fields.length !== 4) return `${start}: invalid v1 format`;
  const portProblem = (name: string, text: string): string | undefined => {
    if (/^\d+$/.test(text) && Number(text) <= 65_535) return undefined;
    const reason = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
    return `invalid ${name} port: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${reason}`;
  };
  if (isIP(source) === 0 || isIP(destination) === 0) return `${start}: invalid address`;
  const wrongPort = portProblem('source', sourcePort) ?? portProblem('dest', destinationPort);
  if (wrongPort !== undefined) return wrongPort;
  if (family !== 'TCP4' && family !== 'TCP6') return `${start}: invalid protocol ${family}`;
  if (family === 'TCP4' && !(isIPv4(source) && isIPv4(destination))) return `${start}: TCP4 with IPv6 address`;
  if (family === 'TCP6' && !(isIPv6(source) && isIPv6(destination))) return `${start}: TCP6 with IPv4 address`;
  return undefined;
}

function readV2(bytes: Buffer, count: number): ProxyHeader {
  const versionCommand = bytes.readUInt8(12);
  const familyProtocol = bytes.readUInt8(13);
  const bodyBytes = bytes.readUInt16BE(14);
  if (versionCommand >> 4 !== 2) {
    return invalid(`invalid PROXY protocol header: invalid version 0x${(versionCommand & 0xf0).toString(16).padStart(2, '0')}`);
  }
  const command = versionCommand & 0x0f;
  if (command > 1) return invalid(`unknown PROXY protocol command: 0x${command.toString(16).padStart(2, '0')}`);
  if (bodyBytes > MAX_V2_BODY_BYTES) return invalid('invalid PROXY protocol header: too long');
  const lengthBytes = V2_FIXED_BYTES + bodyBytes;
  if (command === 1) {
    const problem = v2Problem(familyProtocol, bodyBytes);
    if (problem !== undefined) return problem;
  }
  if (count < lengthBytes) return { kind: 'incomplete' };
  if (command === 0 || familyProtocol >> 4 === 0) return { kind: 'header', lengthBytes, source: undefined };
  return { kind: 'header', lengthBytes, source: v2Source(bytes, familyProtocol >> 4 === 1) };
}

function v2Problem(familyProtocol: number, bodyBytes: number): ProxyHeader | undefined {
  const family = familyProtocol >> 4;
  const protocol = familyProtocol & 0x0f;
  if (protocol !== 1) return unsupported('only STREAM protocol supported');
  if (family === 1) return bodyBytes < 12 ? invalid(`IPv4 address data too short: ${bodyBytes} bytes`) : undefined;
  if (family === 2) return bodyBytes < 36 ? invalid(`IPv6 address data too short: ${bodyBytes} bytes`) : undefined;
  return unsupported(`unsupported address family 0x${(familyProtocol & 0xf0).toString(16)}`);
}

function v2Source(bytes: Buffer, isV4: boolean): { address: string; port: number } {
  if (isV4) return { address: [...bytes.subarray(16, 20)].join('.'), port: bytes.readUInt16BE(24) };
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(16 + index * 2).toString(16));
  return { address: new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1), port: bytes.readUInt16BE(48) };
}
