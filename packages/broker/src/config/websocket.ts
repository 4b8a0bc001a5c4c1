/** The `websocket` block. Source: nats-server server/opts.go parseWebsocket. */
import { NS_PER_MS, parseDuration } from '@sluice/protocol';
import { boolean, defineFields, duration, listenAt, readFields, strings, text, wrongType } from './fields.ts';
import { goType } from './go-values.ts';
import type { WebSocketSettings } from './settings.ts';
import { type SimpleAuth, simpleAuthFields } from './simple-auth.ts';
import { readTls } from './tls.ts';

export const webSocketFields = defineFields<WebSocketSettings>({
  ...listenAt(),
  advertise: text((draft, value) => {
    draft.advertise = value;
  }),
  no_tls: boolean((draft, value) => {
    draft.noTls = value;
  }),
  tls: (node, draft, report) => {
    const tls = readTls(node, report);
    if (tls === undefined) return;
    draft.hasTls = true;
    draft.tls = tls;
  },
  same_origin: boolean((draft, value) => {
    draft.sameOrigin = value;
  }),
  'allowed_origins allowed_origin allow_origins allow_origin origins origin': strings('allowed origins', (draft, values) => {
    draft.allowedOrigins = values;
  }),
  handshake_timeout: (node, draft, report) => {
    const { value } = node;
    if (value.kind === 'integer') draft.handshakeTimeoutMs = Number(value.value) * 1000;
    else if (value.kind === 'string') {
      const parsed = parseDuration(value.text);
      if (parsed.ok) draft.handshakeTimeoutMs = parsed.ns / NS_PER_MS;
      else report.error(node, parsed.error);
    } else report.error(node, `error parsing handshake timeout: unsupported type ${goType(value)}`);
  },
  'compress compression': boolean((draft, value) => {
    draft.compression = value;
  }),
  'authorization authentication': (node, draft, report) => {
    if (node.value.kind !== 'map') {
      return wrongType(node, 'map[string]interface {}', report);
    }
    const auth: SimpleAuth = {};
    readFields(simpleAuthFields, node.value, auth, report);
    if (auth.user !== undefined) draft.user = auth.user;
    if (auth.token !== undefined) draft.token = auth.token;
    if (auth.password !== undefined) draft.password = auth.password;
    if (auth.timeoutMs !== undefined) draft.authTimeoutMs = auth.timeoutMs;
  },
  jwt_cookie: text((draft, value) => {
    draft.jwtCookie = value;
  }),
  user_cookie: text((draft, value) => {
    draft.userCookie = value;
  }),
  pass_cookie: text((draft, value) => {
    draft.passwordCookie = value;
  }),
  token_cookie: text((draft, value) => {
    draft.tokenCookie = value;
  }),
  no_auth_user: text((draft, value) => {
    draft.noAuthUser = value;
  }),
  headers: (node, draft, report) => {
    if (node.value.kind !== 'map') return report.error(node, `error parsing headers: unsupported type ${goType(node.value)}`);
    const headers: Record<string, string> = {};
    for (const [name, child] of node.value.entries) {
      if (child.value.kind === 'string') headers[name] = child.value.text;
      else report.error(child, `error parsing header key ${name}: unsupported type ${goType(child.value)}`);
    }
    draft.headers = headers;
  },
  ping_interval: duration('ping_interval', (draft, ms) => {
    draft.pingIntervalMs = ms;
  }),
});
