/**
 * The direction rules of docs/architecture.md as data. A rule looks at the files it is `from`, follows imports (only the file's
 * own ones when it is `direct`), and says what may not be reached. `minimum` is how many files it must have looked at in the
 * real tree: a rule that looks at nothing holds nothing.
 */
import type { Module, Target } from './graph.ts';

export interface Rule {
  readonly name: string;
  readonly minimum: number;
  from(path: string): boolean;
  /** False for a target that `module`, seen on the way from `origin`, must not import. */
  mayImport(target: Target, origin: string, module: Module): boolean;
  /** False for a global that `module` must not use; asked of the rule's own files only. */
  mayUse?(use: string): boolean;
  /** Only the imports of the file itself count, not what those import in turn. */
  readonly isDirect?: boolean;
  /** Files whose own imports are not followed: they may know what the rule forbids. */
  stopsAt?(path: string): boolean;
}

const BROKER = 'packages/broker/src/';
const PROTOCOL = 'packages/protocol/src/';
const WEB = 'apps/web/';
const FEATURES = 'apps/web/src/features/';
/** The command line is a host, like `bin`: it may read the environment and start everything. */
const COMMAND = `${BROKER}nats-server/`;
const COMPOSITION_ROOT = new Set(['broker.ts', 'index.ts'].map((name) => BROKER + name));
const VERB = /^packages\/broker\/src\/client\/(connect|pub|hpub|sub|unsub|ping|pong)\.ts$/;
const DISPATCH = `${BROKER}client/dispatch.ts`;
const CONNECTION_KINDS = ['client/', 'cluster/route/', 'cluster/leafnode/', 'cluster/gateway/'].map((folder) => BROKER + folder);
const CLOCK_AND_CHANCE =
  /^(Date\.now|new Date\(\)|performance\.now|process\.hrtime|set(Timeout|Interval|Immediate)|Math\.random|crypto\..*)$/;
const WORLD = new Set([
  'node:fs',
  'node:fs/promises',
  'node:net',
  'node:tls',
  'node:dgram',
  'node:http',
  'node:http2',
  'node:https',
  'node:timers',
]);

/** Pure functions of node:net, and the words around them in an import. */
const ADDRESS_WORDS = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress', 'type', 'from']);

const isIn = (path: string, ...folders: string[]): boolean => folders.some((folder) => path.startsWith(folder));
const isBroker = (target: Target, ...parts: string[]): boolean =>
  target.kind === 'file' && isIn(target.name, ...parts.map((part) => BROKER + part));

/** Layer of a broker file: an import may go down or sideways, never up. Undefined for files outside the map. */
export function layerOf(path: string): number | undefined {
  if (isIn(path, PROTOCOL)) return 0;
  if (isIn(path, 'apps/')) return 6;
  if (!isIn(path, BROKER)) return undefined;
  const inside = path.slice(BROKER.length);
  const rows: readonly [RegExp, number][] = [
    [/^nats-server\//, 6],
    [/^env\/node\//, 5],
    [/^(env|util)\/|^(log|assert|options|jetstream-options|peer-options|feature-flags|version)\.ts$/, 0],
    [/^(routing|jetstream\/store)\//, 1],
    [/^(connection|account|auth)\//, 2],
    // server.ts is the state that connections and observers share: it holds them by type and does nothing itself.
    [/^(client|cluster|jetstream)\/|^server\.ts$/, 3],
    [/^(monitor|system)\//, 4],
    [/^config\/|^[^/]+\.ts$/, 5],
  ];
  return rows.find(([pattern]) => pattern.test(inside))?.[1];
}

export const rules: readonly Rule[] = [
  {
    name: 'an import only goes down',
    minimum: 250,
    isDirect: true,
    from: (path) => layerOf(path) !== undefined && !isIn(path, 'apps/'),
    mayImport: (target, origin) => {
      const below = target.kind === 'file' ? layerOf(target.name) : undefined;
      return below === undefined || below <= (layerOf(origin) ?? 0);
    },
  },
  {
    name: 'protocol is the bottom',
    minimum: 50,
    isDirect: true,
    from: (path) => isIn(path, PROTOCOL),
    mayImport: (target) =>
      target.kind === 'node' || (target.kind === 'package' ? target.name === 'typebox' : isIn(target.name, 'packages/protocol/')),
  },
  {
    name: 'protocol is browser-safe',
    minimum: 45,
    from: (path) => isIn(path, PROTOCOL) && !isIn(path, `${PROTOCOL}wire/`),
    mayImport: (target) => target.kind !== 'node' && !(target.kind === 'file' && isIn(target.name, `${PROTOCOL}wire`)),
    mayUse: (use) => !use.startsWith('process.'),
  },
  {
    name: 'the web speaks only protocol',
    minimum: 200,
    from: (path) => isIn(path, WEB),
    mayImport: (target) => target.kind !== 'file' || !isIn(target.name, 'packages/broker', 'apps/api', `${PROTOCOL}wire`),
  },
  {
    name: 'the broker knows no host',
    minimum: 250,
    from: (path) => isIn(path, 'packages/broker/'),
    mayImport: (target) =>
      target.kind === 'package'
        ? !/^(@fastify\/.*|fastify.*)$/.test(target.name)
        : target.kind === 'node' || !isIn(target.name, 'apps/'),
  },
  {
    name: 'the broker reads no environment',
    minimum: 190,
    isDirect: true,
    from: (path) => isIn(path, BROKER) && !isIn(path, COMMAND),
    mayImport: () => true,
    mayUse: (use) => use !== 'process.env',
  },
  {
    name: 'routing is pure',
    minimum: 6,
    from: (path) => isIn(path, `${BROKER}routing/`),
    mayImport: (target) =>
      target.kind !== 'node' && !isBroker(target, 'connection/', 'client/', 'cluster/', 'jetstream/', 'account/', 'auth/'),
  },
  {
    name: 'the store is only storage',
    minimum: 17,
    from: (path) => isIn(path, `${BROKER}jetstream/store/`),
    mayImport: (target) =>
      isBroker(target, 'jetstream/store/', 'util/', 'log.ts', 'assert.ts') ||
      (isBroker(target, 'env/') && !isBroker(target, 'env/node/')),
  },
  {
    name: 'jetstream knows no sockets',
    minimum: 65,
    from: (path) => isIn(path, `${BROKER}jetstream/`),
    mayImport: (target) =>
      target.kind === 'node'
        ? !/^node:(net|tls|dgram|http|http2|https)$/.test(target.name)
        : !isBroker(target, 'connection/', 'client/', 'cluster/'),
    // An account is JetStream's door to the rest: it subscribes and publishes there, and what lies behind is the account's affair.
    stopsAt: (path) => isIn(path, `${BROKER}account/`),
  },
  {
    name: 'verbs do not know each other',
    minimum: 4,
    from: (path) => VERB.test(path),
    mayImport: (target, origin) => target.kind !== 'file' || target.name === origin || !VERB.test(target.name),
    stopsAt: (path) => path === DISPATCH,
  },
  {
    name: 'connection kinds do not know each other',
    minimum: 13,
    from: (path) => isIn(path, ...CONNECTION_KINDS),
    mayImport: (target, origin) =>
      target.kind !== 'file' || !CONNECTION_KINDS.some((kind) => isIn(target.name, kind) && !isIn(origin, kind)),
    // The state that all share holds each kind by type.
    stopsAt: (path) => path === `${BROKER}server.ts`,
  },
  {
    name: 'observers are leaves',
    minimum: 500,
    isDirect: true,
    from: (path) => isIn(path, 'packages/', 'apps/') && !isIn(path, `${BROKER}monitor/`, `${BROKER}system/`) && !isTest(path),
    mayImport: (target, origin) => COMPOSITION_ROOT.has(origin) || !isBroker(target, 'monitor/', 'system/'),
  },
  {
    name: 'time, chance, disk and network are injected',
    minimum: 230,
    isDirect: true,
    from: (path) => isIn(path, BROKER, PROTOCOL) && !isIn(path, `${BROKER}env/node/`, COMMAND),
    mayImport: (target, _origin, module) => {
      if (target.name === 'node:crypto') return !drawsRandomness(module);
      return target.kind !== 'node' || !WORLD.has(target.name) || readsAddressesOnly(target, module);
    },
    mayUse: (use) => !CLOCK_AND_CHANCE.test(use),
  },
  {
    name: 'features do not cross',
    minimum: 115,
    isDirect: true,
    from: (path) => isIn(path, FEATURES),
    mayImport: (target, origin) =>
      target.kind !== 'file' || !isIn(target.name, FEATURES) || featureOf(target.name) === featureOf(origin),
  },
  {
    name: 'only routes compose features',
    minimum: 60,
    isDirect: true,
    // A worker is an entry point of its own, as a route is.
    from: (path) =>
      isIn(path, 'apps/web/src/') && !isIn(path, FEATURES, ...['app/', 'workers/', 'main.tsx'].map((at) => `apps/web/src/${at}`)),
    mayImport: (target) => target.kind !== 'file' || !isIn(target.name, FEATURES),
  },
];

function featureOf(path: string): string {
  return path.slice(FEATURES.length).split('/', 1)[0] ?? '';
}

function isTest(path: string): boolean {
  return /\/(test|e2e)\//.test(path);
}

/** True when the module takes one of `node:crypto`'s random functions by name. */
function drawsRandomness(module: Module): boolean {
  return wordsFrom('node:crypto', module).some((word) => word.startsWith('random') || word === 'getRandomValues');
}

/** True when all that the module takes of `node:net` are functions that look at the text of an address. */
function readsAddressesOnly(target: Target, module: Module): boolean {
  const words = wordsFrom(target.name, module);
  return target.name === 'node:net' && words.length > 0 && words.every((word) => ADDRESS_WORDS.has(word));
}

function wordsFrom(name: string, module: Module): readonly string[] {
  return module.edges.filter((edge) => edge.target.name === name).flatMap((edge) => edge.via.words);
}
