/**
 * Limits of the wire and of the configuration, with nats-server's defaults. Each names its unit; what happens at the limit stands in its
 * comment. Values that a running server was configured with are in the broker's options, not here.
 * Source, unless a line says otherwise: nats-server server/const.go and server/opts.go setBaselineOptions.
 */

/** Port that clients connect to. */
export const DEFAULT_PORT = 4222;
/** Largest argument line, CRLF not counted. Beyond it: `maximum control line exceeded`, and the connection ends. */
export const MAX_CONTROL_LINE_BYTES = 4096;
/** Largest message, headers included. Beyond it: `Maximum Payload Violation`, and the connection ends. */
export const MAX_PAYLOAD_BYTES = 1_048_576;
/** A configured `max_payload` above this earns a warning at start. */
export const MAX_PAYLOAD_WARNING_BYTES = 8_388_608;
/** Output that may wait for one connection. Beyond it the connection ends as a slow consumer. */
export const MAX_PENDING_BYTES = 67_108_864;
/** Connections of clients. Beyond it: `maximum connections exceeded`. */
export const MAX_CONNECTIONS = 65_536;
/** Largest `max_sub_tokens`: it is kept in one byte. */
export const MAX_SUB_TOKENS = 255;
/** Time between pings of an idle connection, in milliseconds. */
export const PING_INTERVAL_MS = 120_000;
/** Pings that may stay unanswered; the next one ends the connection as stale. */
export const PING_MAX = 2;
/** Time from accept to a good CONNECT, in milliseconds. */
export const AUTH_TIMEOUT_MS = 2000;
/** Time for a TLS handshake, in milliseconds. */
export const TLS_TIMEOUT_MS = 2000;
/** Time that one write may be blocked, in milliseconds. */
export const WRITE_DEADLINE_MS = 10_000;
/** Closed connections that monitoring remembers. */
export const MAX_CLOSED_CLIENTS = 10_000;
/** Time over which a server in lame duck mode closes its clients, in milliseconds. */
export const LAME_DUCK_DURATION_MS = 120_000;
/** Shortest `lame_duck_duration`, in milliseconds. */
export const MIN_LAME_DUCK_DURATION_MS = 30_000;
/** Time before a server in lame duck mode closes its first client, in milliseconds. */
export const LAME_DUCK_GRACE_PERIOD_MS = 10_000;
/** Longest line of PROXY protocol version 1, CRLF included, in bytes. Source: the HAProxy PROXY protocol text, section 2.1. */
export const MAX_PROXY_LINE_BYTES = 107;
/** Limits of the configuration language, so that no file can cost unbounded memory or stack. Ours; nats-server has none. */
export const configBounds = {
  /** Characters of one file. */
  maxFileChars: 16_777_216,
  /** Blocks and arrays inside one another. */
  maxDepth: 100,
  /** Files that include one another. */
  maxIncludeDepth: 32,
  /** Files in all. */
  maxFiles: 1000,
  /** Keys, values and variable look-ups in all, includes counted as often as they are included. */
  maxNodes: 2_000_000,
} as const;
export type ConfigBounds = { readonly [K in keyof typeof configBounds]: number };
