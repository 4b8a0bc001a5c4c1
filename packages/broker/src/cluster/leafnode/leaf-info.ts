/**
 * INFO and CONNECT of leaf nodes: what is read of them, each field checked and bounded, because it comes from outside.
 * Source: nats-server server/server.go Info, server/leafnode.go leafConnectInfo, and 2.15.1 on the wire.
 */
import type { ConnectOptions } from '@sluice/protocol';
import { isValidSubscribeSubject } from '@sluice/protocol';
import type { SubjectRules } from '../../options.ts';
import { integerOf, parseObject, textOf, urlsOf } from '../peer-words.ts';

/** Credentials are bounded by the line that they stand in. */
const MAX_SECRET_CHARS = 65_536;

/** What the side that is connected to says, at first and later. */
export interface LeafInfo {
  readonly serverName: string;
  readonly domain: string;
  readonly cluster: string;
  readonly nonce: string;
  readonly hasHeaders: boolean;
  readonly isTlsRequired: boolean;
  /** It comes from a port for leaf nodes. */
  readonly isOfLeafPort: boolean;
  readonly leafUrls: readonly string[];
  readonly webSocketUrls: readonly string[];
  /** CONNECT is answered with another INFO. */
  readonly answersConnect: boolean;
  readonly isAnswer: boolean;
  readonly remoteAccount: string;
  /** What may be sent there, and what is sent from there; undefined for anything. */
  readonly exported: SubjectRules | undefined;
  readonly imported: SubjectRules | undefined;
}

/** What the side that connects says. */
export interface LeafConnect {
  readonly version: string;
  readonly serverId: string;
  readonly serverName: string;
  readonly cluster: string;
  readonly domain: string;
  readonly isHub: boolean;
  readonly isIsolated: boolean;
  readonly hasHeaders: boolean;
  /** What it does not want. */
  readonly denied: readonly string[];
  readonly remoteAccount: string;
  /** Only clients have one. */
  readonly lang: string;
  readonly gateway: string;
  /** Who it says it is, as a client would say it. */
  readonly login: ConnectOptions;
}

/** Undefined for what is no JSON object. */
export function parseLeafInfo(json: string): LeafInfo | undefined {
  const fields = parseObject(json);
  if (fields === undefined) return undefined;
  return {
    serverName: textOf(fields['server_name']) || textOf(fields['server_id']),
    domain: textOf(fields['domain']),
    cluster: clusterOf(fields['cluster']),
    nonce: textOf(fields['nonce']),
    hasHeaders: fields['headers'] === true,
    isTlsRequired: fields['tls_required'] === true,
    isOfLeafPort: integerOf(fields['client_id']) !== 0 && Array.isArray(fields['leafnode_urls']),
    leafUrls: urlsOf(fields['leafnode_urls']),
    webSocketUrls: urlsOf(fields['ws_connect_urls']),
    answersConnect: fields['info_on_connect'] === true,
    isAnswer: fields['connect_info'] === true,
    remoteAccount: textOf(fields['remote_account']),
    exported: rulesOf(fields['export']),
    imported: rulesOf(fields['import']),
  };
}

/** Undefined for what is no JSON object. */
export function parseLeafConnect(json: string): LeafConnect | undefined {
  const fields = parseObject(json);
  if (fields === undefined) return undefined;
  const secret = (name: string): string => textOf(fields[name], MAX_SECRET_CHARS);
  const serverName = textOf(fields['name']);
  return {
    version: textOf(fields['version']),
    serverId: textOf(fields['server_id']),
    serverName,
    cluster: clusterOf(fields['cluster']),
    domain: textOf(fields['domain']),
    isHub: fields['is_hub'] === true,
    isIsolated: fields['isolate'] === true,
    hasHeaders: fields['headers'] === true,
    denied: subjectsOf(fields['deny_pub']),
    remoteAccount: textOf(fields['remote_account']),
    lang: textOf(fields['lang']),
    gateway: textOf(fields['gateway']),
    login: {
      verbose: false,
      pedantic: false,
      echo: false,
      headers: fields['headers'] === true,
      no_responders: false,
      protocol: 1,
      name: serverName,
      user: secret('user'),
      pass: secret('pass'),
      auth_token: secret('auth_token'),
      jwt: secret('jwt'),
      nkey: secret('nkey'),
      sig: secret('sig'),
    },
  };
}

/** One char per byte: the name stands in lines between servers. */
function clusterOf(value: unknown): string {
  return Buffer.from(textOf(value), 'utf8').toString('latin1');
}

/** True for a name that can stand in such a line as one word. */
export function isClusterName(name: string): boolean {
  return !/[\u0000- \u007f]/.test(name);
}

function rulesOf(value: unknown): SubjectRules | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const rules: { allow?: unknown; deny?: unknown } = value;
  return { allow: subjectsOf(rules.allow), deny: subjectsOf(rules.deny) };
}

/** Subjects, with or without a queue group behind them; the line they stand in bounds their number. */
function subjectsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (text: unknown): text is string => typeof text === 'string' && isValidSubscribeSubject(text.split(' ', 1)[0] ?? ''),
  );
}
