/** What the settings of a broker are called and mean, for the configuration page. A key without an entry shows as itself. */

interface SettingText {
  readonly title: string;
  readonly description: string;
  readonly section: string;
}

const LIMITS = 'Limits';
const TIMING = 'Timing';
const SERVER = 'Server';
const SECURITY = 'Security';
const WEBSOCKET = 'WebSocket';

const texts: Readonly<Record<string, SettingText>> = {
  server_name: { title: 'Server name', description: 'Shown to clients and in monitoring.', section: SERVER },
  host: { title: 'Address', description: 'Address the NATS listener is bound to.', section: SERVER },
  port: { title: 'Port', description: 'Port of the NATS listener.', section: SERVER },
  client_advertise: {
    title: 'Advertised address',
    description: 'Address told to clients instead of the bound one.',
    section: SERVER,
  },
  server_tags: { title: 'Tags', description: 'Words that tell this server from others in monitoring.', section: SERVER },
  http: {
    title: 'Monitoring port',
    description: 'Where /varz, /connz and the like are served; not set: nowhere.',
    section: SERVER,
  },
  http_base_path: { title: 'Monitoring path', description: 'What stands before the paths of monitoring.', section: SERVER },
  'websocket.port': { title: 'WebSocket port', description: 'Where browsers connect; not set: nowhere.', section: WEBSOCKET },
  'websocket.compression': {
    title: 'Compression',
    description: 'Whether WebSocket frames may be compressed.',
    section: WEBSOCKET,
  },
  'websocket.same_origin': { title: 'Same origin', description: 'Lets in only pages that this host served.', section: WEBSOCKET },
  'websocket.allowed_origins': {
    title: 'Allowed origins',
    description: 'Lets in only pages of these origins.',
    section: WEBSOCKET,
  },
  max_connections: { title: 'Connections', description: 'Clients that may be connected at the same time.', section: LIMITS },
  max_payload: {
    title: 'Message size',
    description: 'Largest message, headers included, that a client may publish.',
    section: LIMITS,
  },
  max_pending: {
    title: 'Pending output',
    description: 'Output a client may leave unread; whoever passes it is cut off as a slow consumer.',
    section: LIMITS,
  },
  max_control_line: {
    title: 'Control line',
    description: 'Longest protocol line (subjects and sizes), without payload.',
    section: LIMITS,
  },
  max_subscriptions: { title: 'Subscriptions', description: 'Subscriptions a client may hold; 0 is no limit.', section: LIMITS },
  max_sub_tokens: {
    title: 'Subject tokens',
    description: 'Tokens a subscribed subject may have; 0 is no limit.',
    section: LIMITS,
  },
  max_closed_clients: {
    title: 'Closed connections',
    description: 'Connections that are remembered after they ended.',
    section: LIMITS,
  },
  ping_interval: { title: 'Ping interval', description: 'Time between pings to a quiet client.', section: TIMING },
  ping_max: {
    title: 'Unanswered pings',
    description: 'Pings that may stay unanswered before a client counts as gone.',
    section: TIMING,
  },
  write_deadline: {
    title: 'Write deadline',
    description: 'Time a client has to take output before it is cut off.',
    section: TIMING,
  },
  lame_duck_duration: {
    title: 'Lame duck duration',
    description: 'Time over which clients are closed before a planned stop.',
    section: TIMING,
  },
  lame_duck_grace_period: { title: 'Lame duck grace', description: 'Pause before the first client is closed.', section: TIMING },
  'authorization.timeout': { title: 'Login timeout', description: 'Time from connecting to a valid login.', section: SECURITY },
  system_account: {
    title: 'System account',
    description: 'Account of events and of requests to the server itself.',
    section: SECURITY,
  },
  no_auth_user: { title: 'User without login', description: 'User that clients without credentials become.', section: SECURITY },
};

/** Title, sentence and heading of a key. */
export function settingText(key: string): SettingText {
  return texts[key] ?? { title: key, description: '', section: 'Other' };
}
