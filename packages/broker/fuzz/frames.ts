/**
 * Mutated frames of clients and of other servers against a whole broker, over TCP, WebSocket, routes and leaf nodes, with and without
 * authentication: whatever arrives, nothing throws, nothing takes a second, memory stays flat and everybody else is served. Seeded: a run is repeated by its seed.
 */
import { deflateRawSync } from 'node:zlib';
import { type AuthOptions, Broker, type Log, nodeEnv } from '../src/index.ts';
import { clusterDefaults } from '../test/support/cluster-defaults.ts';
import { SeededRandom } from '../test/support/random.ts';
import { clientFrame } from '../test/support/websocket-frames.ts';
import { mutatedText } from './mutate.ts';
import { FedNet, type FedTransport } from './transports.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Frames to feed in all; about one in six is mutated, and each stream is cut at random. */
  readonly frames: number;
}

export interface FuzzReport {
  readonly frames: number;
  readonly streams: number;
  /** Streams whose connection the broker ended. */
  readonly closedByBroker: number;
  /** Longest that one chunk held the event loop, in milliseconds. */
  readonly slowestMs: number;
  /** Growth of resident memory after the first tenth of the run, in bytes. */
  readonly growthBytes: number;
  /** Connections left when all were closed. */
  readonly leftOver: number;
}

const BLOCK = 'NATS/1.0\r\nA: b\r\n\r\n';
const SEEDS: readonly string[] = [
  'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"protocol":1}\r\n',
  'CONNECT {"user":"u","pass":"p","echo":false}\r\n',
  'CONNECT {"auth_token":"t"}\r\n',
  'PING\r\n',
  'PONG\r\n',
  'SUB foo.bar 1\r\n',
  'SUB foo.* q 2\r\n',
  'SUB > 3\r\n',
  'UNSUB 1\r\n',
  'UNSUB 2 5\r\n',
  'PUB foo.bar 5\r\nhello\r\n',
  'PUB foo.bar 5\r\nhello\r\nPUB foo.bar 5\r\nworld\r\n',
  'PUB foo reply.to 0\r\n\r\n',
  `HPUB foo ${BLOCK.length} ${BLOCK.length + 2}\r\n${BLOCK}hi\r\n`,
  `HPUB foo _INBOX.1 ${BLOCK.length} ${BLOCK.length}\r\n${BLOCK}\r\n`,
  'PUB $SYS.REQ.SERVER.PING reply 2\r\n{}\r\n',
  `PUB big 5000\r\n${'x'.repeat(5000)}\r\n`,
  '+OK\r\n',
  'INFO {}\r\n',
];
const ROUTE_START: readonly string[] = [
  'CONNECT {"cluster":"C","name":"N1","headers":true}\r\nINFO {"server_id":"N1","server_name":"n1","cluster":"C","headers":true}\r\n',
  'CONNECT {"cluster":"C","name":"N2"}\r\nINFO {"server_id":"N2","server_name":"n2","cluster":"C","route_pool_size":3,"route_pool_idx":1}\r\n',
  'CONNECT {"cluster":"C","name":"N3"}\r\nINFO {"server_id":"N3","server_name":"n3","cluster":"C","route_pool_size":3,"route_account":"$SYS"}\r\n',
];
const ROUTE_SEEDS: readonly string[] = [
  ...ROUTE_START,
  'RS+ $G foo\r\n',
  'RS+ $G foo.* q 3\r\n',
  'RS+ $G bystander\r\n',
  'RS- $G foo\r\n',
  'LS+ leaf $G foo.> q 2\r\n',
  'LS- leaf $G foo.> q\r\n',
  'RMSG $G foo.bar 5\r\nhello\r\n',
  'RMSG $G foo.bar reply.to 5\r\nhello\r\n',
  'RMSG $G bystander.not + reply.to q r 2\r\nhi\r\n',
  'RMSG $G foo | q 2\r\nhi\r\n',
  'RMSG $SYS $SYS.REQ.SERVER.PING reply.to 2\r\n{}\r\n',
  'RMSG $G foo $JS.ACK.s.c.1.2.3.4.5@foo.bar 2\r\nhi\r\n',
  `HMSG $G foo ${BLOCK.length} ${BLOCK.length + 2}\r\n${BLOCK}hi\r\n`,
  `LMSG leaf $G foo + reply q ${BLOCK.length} ${BLOCK.length}\r\n${BLOCK}\r\n`,
  'INFO {"server_id":"N9","cluster":"C","ip":"nats-route://127.0.0.1:1/","connect_urls":["127.0.0.1:1"]}\r\n',
  'INFO {"server_id":"N1","cluster":"C","ldm":true}\r\n',
  'INFO {"server_id":"N1","cluster":"C","route_account":"A","route_acc_add_reqid":"x"}\r\n',
  'A+ $G\r\n',
  'PING\r\n',
  'PONG\r\n',
  '+OK\r\n',
  "-ERR 'x'\r\n",
];
const LEAF_START: readonly string[] = [
  'CONNECT {"server_id":"N1","name":"l1","cluster":"L","headers":true,"remote_account":"A","domain":"d"}\r\n',
  'CONNECT {"server_id":"N2","name":"l2","is_hub":true,"isolate":true,"user":"u","pass":"p"}\r\n',
  'CONNECT {"server_id":"N3","name":"l3","cluster":"M","user":"u","pass":"p","deny_pub":["foo","a b"]}\r\n',
];
const LEAF_SEEDS: readonly string[] = [
  ...LEAF_START,
  'CONNECT {"lang":"go"}\r\n',
  'LS+ foo\r\n',
  'LS+ foo.* q 3\r\n',
  'LS+ foo.* q 1\r\n',
  'LS+ bystander\r\n',
  'LS+ $LDS.abc\r\n',
  'LS+ $JS.API.>\r\n',
  'LS- foo\r\n',
  'LS- foo.* q\r\n',
  'LMSG foo.bar 5\r\nhello\r\n',
  'LMSG foo.bar reply.to 5\r\nhello\r\n',
  'LMSG bystander.not + reply.to q r 2\r\nhi\r\n',
  'LMSG foo | q 2\r\nhi\r\n',
  'LMSG $SYS.REQ.USER.INFO reply.to 2\r\n{}\r\n',
  'LMSG foo $JS.ACK.s.c.1.2.3.4.5@foo.bar 2\r\nhi\r\n',
  `HMSG foo ${BLOCK.length} ${BLOCK.length + 2}\r\n${BLOCK}hi\r\n`,
  `HMSG foo | q ${BLOCK.length} ${BLOCK.length}\r\n${BLOCK}\r\n`,
  'INFO {"server_id":"N9","leafnode_urls":["127.0.0.1:1"],"import":{"allow":["a"]},"export":{"deny":["b"]}}\r\n',
  'PING\r\n',
  'PONG\r\n',
  '+OK\r\n',
  "-ERR 'Loop detected'\r\n",
];
const UPGRADE =
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n';

/** Listener numbers, in the order in which a broker opens them. */
const WEBSOCKET = 0;
const LEAF = 1;
const TCP = 2;
const ROUTE = 3;

/** Ways in: each listener with what is said there, and how that begins; clients as often as all servers together. */
const CLIENT_START = SEEDS.slice(0, 2);
const WAYS: readonly { readonly listener: number; readonly seeds: readonly string[]; readonly starts: readonly string[] }[] = [
  { listener: TCP, seeds: SEEDS, starts: CLIENT_START },
  { listener: WEBSOCKET, seeds: SEEDS, starts: CLIENT_START },
  { listener: ROUTE, seeds: ROUTE_SEEDS, starts: ROUTE_START },
  { listener: LEAF, seeds: LEAF_SEEDS, starts: LEAF_START },
];

/** @throws when a chunk raises an exception, takes a second, or a bystander is no longer served. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const random = new SeededRandom(options.seed);
  const targets = [
    await startTarget({ users: [], timeoutMs: 3_600_000 }),
    await startTarget({ users: [], user: 'u', password: 'p', timeoutMs: 3_600_000 }),
  ];
  const run = new Run(random, targets);
  let startRss = 0;
  while (run.frames < options.frames) {
    await run.stream();
    if (startRss === 0 && run.frames > options.frames / 10) startRss = process.memoryUsage().rss;
    if (run.streams % 500 === 0) await run.checkBystanders();
  }
  await run.checkBystanders();
  const growthBytes = Math.max(0, process.memoryUsage().rss - startRss);
  const leftOver = await run.finish();
  const { frames, streams, closedByBroker, slowestMs } = run;
  return { frames, streams, closedByBroker, slowestMs, growthBytes, leftOver };
}

interface Target {
  readonly net: FedNet;
  readonly broker: Broker;
  readonly bystander: FedTransport;
  /** Exceptions that a connection caught and ended with. */
  readonly mistakes: string[];
}

async function startTarget(auth: AuthOptions): Promise<Target> {
  const cluster = { ...clusterDefaults, authTimeoutMs: 3_600_000 };
  const leaf = { listen: { host: 'h', port: 0, authTimeoutMs: 3_600_000 } };
  const net = new FedNet();
  const real = nodeEnv();
  const websocket = {
    host: 'h',
    port: 0,
    noTls: true,
    sameOrigin: false,
    allowedOrigins: [],
    compression: true,
    handshakeTimeoutMs: 3_600_000,
    headers: {},
  };
  const mistakes: string[] = [];
  const log: Log = {
    isDebug: false,
    isTrace: false,
    write: (_level, text) => {
      if (text.includes('internal error')) mistakes.push(text);
    },
  };
  const broker = await Broker.start(
    { port: 0, websocket, maxSubscriptions: 100, auth, cluster, leaf },
    {
      ...real,
      log,
      net: {
        ...net,
        fetchHttp: () => Promise.resolve({ ok: false, error: 'no network' }),
        listenHttp: real.net.listenHttp,
        makeTlsContext: real.net.makeTlsContext,
        listen: (where, accept) => net.listen(where, accept),
        connect: () => Promise.reject(new Error('nobody is connected to')),
        addresses: () => [],
      },
    },
  );
  const bystander = net.connect(TCP);
  bystander.feed(Buffer.from('CONNECT {"verbose":false,"pedantic":false,"user":"u","pass":"p"}\r\nSUB bystander 1\r\n'));
  return { net, broker, bystander, mistakes };
}

class Run {
  frames = 0;
  streams = 0;
  closedByBroker = 0;
  slowestMs = 0;
  private readonly random: SeededRandom;
  private readonly targets: readonly Target[];

  constructor(random: SeededRandom, targets: readonly Target[]) {
    this.random = random;
    this.targets = targets;
  }

  /** One connection from its first byte to its end. */
  async stream(): Promise<void> {
    const { random } = this;
    const { listener, seeds, starts } = random.pick(WAYS);
    const isWebSocket = listener === WEBSOCKET;
    const { net } = random.pick(this.targets);
    const transport = net.connect(listener);
    const frames = Array.from({ length: 1 + random.below(12) }, () => this.frame(seeds));
    // Most streams begin well, or nothing would get past the first refusal.
    if (!random.oneIn(4)) frames.unshift(Buffer.from(random.pick(starts), 'latin1'));
    this.streams++;
    if (isWebSocket) {
      const upgrade = Buffer.from(UPGRADE, 'latin1');
      this.feed(transport, random.oneIn(10) ? mutatedText(upgrade, random) : upgrade);
      await turn();
    }
    const wire = isWebSocket ? frames.map((frame) => this.wrap(frame)) : frames;
    const bytes = Buffer.concat(wire);
    let fedBytes = 0;
    while (fedBytes < bytes.length && !transport.isEnded) {
      const size = random.oneIn(4) ? bytes.length : 1 + random.below(60);
      this.feed(transport, bytes.subarray(fedBytes, fedBytes + size));
      fedBytes += size;
    }
    // Only what was fed counts: after a refusal nothing more is looked at.
    for (let index = 0, at = 0; index < wire.length && at < fedBytes; index++) {
      at += wire[index]?.length ?? 0;
      this.frames++;
    }
    await turn();
    if (transport.isEnded) this.closedByBroker++;
    transport.destroy();
    await turn();
  }

  private frame(seeds: readonly string[]): Buffer {
    const { random } = this;
    const frame = Buffer.from(random.pick(seeds), 'latin1');
    return random.oneIn(6) ? mutatedText(frame, random) : frame;
  }

  /** A WebSocket frame around protocol bytes, right or wrong. */
  private wrap(content: Buffer): Buffer {
    const { random } = this;
    const isCompressed = random.oneIn(5);
    const payload = isCompressed ? deflateRawSync(content, { finishFlush: 2 }).subarray(0, -4) : content;
    const form = {
      isFinal: !random.oneIn(6),
      reserved: isCompressed ? 4 : random.oneIn(50) ? random.below(8) : 0,
      isMasked: !random.oneIn(50),
      ...(random.oneIn(40) ? { claimedBytes: BigInt(random.uint32()) * BigInt(random.below(2 ** 31)) } : {}),
    };
    const opcode = random.oneIn(10) ? random.pick([0, 3, 8, 9, 10, 15]) : 2;
    const frame = clientFrame(opcode, payload, form);
    return random.oneIn(12) ? mutatedText(frame, random) : frame;
  }

  private feed(transport: FedTransport, chunk: Uint8Array): void {
    const start = performance.now();
    transport.feed(chunk);
    const elapsed = performance.now() - start;
    if (elapsed > this.slowestMs) this.slowestMs = elapsed;
    if (elapsed > 1000)
      throw new Error(
        `a chunk of ${chunk.length} bytes took ${Math.round(elapsed)} ms: ${Buffer.from(chunk).toString('base64').slice(0, 400)}`,
      );
  }

  /** A client that does nothing wrong gets its own messages and its PONG. */
  async checkBystanders(): Promise<void> {
    for (const { bystander, mistakes } of this.targets) {
      if (mistakes.length > 0) throw new Error(mistakes[0]);
      await turn();
      bystander.output = '';
      bystander.feed(Buffer.from('PUB bystander 2\r\nhi\r\nPING\r\n'));
      await turn();
      if (!bystander.output.endsWith('MSG bystander 1 2\r\nhi\r\nPONG\r\n')) {
        throw new Error(`a bystander got ${JSON.stringify(bystander.output)}`);
      }
    }
  }

  /** Ends everything; how many connections the brokers still know then. */
  async finish(): Promise<number> {
    let leftOver = 0;
    for (const { broker, bystander } of this.targets) {
      bystander.destroy();
      await turn();
      await turn();
      const { clients, cluster, leafs } = broker.server;
      leftOver += clients.size + (cluster?.routes().length ?? 0) + (leafs?.connections().length ?? 0);
      await broker.stop();
    }
    return leftOver;
  }
}

/** Lets output, closes and answers of services happen. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
