/**
 * Mutated requests against the JetStream API of a whole broker: wrong types, huge numbers, deep JSON, names that pollute prototypes.
 * Each is answered with an error or a success, nothing throws (not even where the API would catch it), nothing takes a second.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Broker, nodeEnv } from '../src/index.ts';
import { SimDisk } from '../test/simulation/sim-disk.ts';
import { SeededRandom } from '../test/support/random.ts';
import { mutatedText } from './mutate.ts';
import { FedNet, type FedTransport } from './transports.ts';

export interface ApiFuzzReport {
  readonly requests: number;
  readonly errors: number;
  readonly successes: number;
  /** Requests that got no answer although their verb always answers. */
  readonly unanswered: number;
  /** What the log says of requests that failed inside. */
  readonly failures: readonly string[];
  /** Some of those that were not answered. */
  readonly missing: readonly string[];
  readonly slowestMs: number;
  /** Growth of the process from the first quarter to the end, each time with all streams deleted, less what was held for a reason. */
  readonly growthBytes: number;
  /** What memory streams and the simulated disk held at the end. */
  readonly heldBytes: number;
}

const BATCH = 40;
/** After this many requests everything that was made is deleted. */
const ROUND = 4000;
/** Turns of the event loop that an answer may take: group commit and creation on disk are asynchronous. */
const MAX_TURNS = 400;

const STREAM = {
  name: 'S0',
  subjects: ['s0.>'],
  retention: 'limits',
  storage: 'memory',
  discard: 'old',
  max_msgs: 10,
  max_bytes: 10_000,
  max_age: 1_000_000_000,
  max_msg_size: 1000,
  max_msgs_per_subject: 3,
  max_consumers: 5,
  num_replicas: 1,
  duplicate_window: 1_000_000_000,
  description: 'd',
  metadata: { a: 'b' },
  subject_transform: { src: 's0.>', dest: 't0.>' },
  republish: { src: '>', dest: 'r0.>' },
  consumer_limits: { inactive_threshold: 1_000_000_000, max_ack_pending: 5 },
  placement: { cluster: 'c', tags: ['t'] },
  first_seq: 5,
  compression: 's2',
  allow_direct: true,
  allow_rollup_hdrs: true,
  allow_msg_ttl: true,
  subject_delete_marker_ttl: 1_000_000_000,
};
const CONSUMER = {
  durable_name: 'C0',
  name: 'C0',
  deliver_policy: 'all',
  opt_start_seq: 1,
  opt_start_time: '2024-01-01T00:00:00Z',
  ack_policy: 'explicit',
  ack_wait: 1_000_000_000,
  max_deliver: 3,
  backoff: [1_000_000, 2_000_000],
  filter_subject: 's0.a',
  filter_subjects: ['s0.a', 's0.b'],
  replay_policy: 'instant',
  sample_freq: '50%',
  max_waiting: 5,
  max_ack_pending: 5,
  max_batch: 5,
  max_expires: 1_000_000_000,
  max_bytes: 500,
  inactive_threshold: 1_000_000_000,
  priority_groups: ['g'],
  priority_policy: 'overflow',
  pause_until: '2030-01-01T00:00:00Z',
  metadata: { a: 'b' },
};
const PUSH = { ...CONSUMER, deliver_subject: 'dv', deliver_group: 'q', flow_control: true, idle_heartbeat: 1_000_000_000 };

/** Subject behind `$JS.API.`, and a body that is right or nearly so. `later`: it may be answered much later, or never. */
const SEEDS: readonly (readonly [string, unknown, 'later'?])[] = [
  ['INFO', ''],
  ['STREAM.CREATE.S0', { name: 'S0', subjects: ['s0.>'], storage: 'memory' }],
  ['STREAM.CREATE.S0', STREAM],
  ['STREAM.CREATE.S1', { name: 'S1', subjects: ['s1.*'], storage: 'file', retention: 'workqueue' }],
  ['STREAM.CREATE.S2', { name: 'S2', mirror: { name: 'S0', opt_start_seq: 1, filter_subject: 's0.a' } }],
  [
    'STREAM.CREATE.S3',
    { name: 'S3', sources: [{ name: 'S0', filter_subject: 's0.>', external: { api: '$JS.x.API', deliver: 'd' } }] },
  ],
  ['STREAM.UPDATE.S0', STREAM],
  ['STREAM.NAMES', { offset: 0, subject: 's0.>' }],
  ['STREAM.LIST', { offset: 0, subject: 's0.>' }],
  ['STREAM.INFO.S0', { deleted_details: true, subjects_filter: '>', offset: 0 }],
  ['STREAM.DELETE.S1', ''],
  ['STREAM.PURGE.S0', { filter: 's0.>', seq: 5, keep: 1 }],
  ['STREAM.SNAPSHOT.S0', { deliver_subject: 'sn', no_consumers: true, chunk_size: 1024, jsck: true, window_size: 1024 }, 'later'],
  [
    'STREAM.RESTORE.S4',
    { config: { ...STREAM, name: 'S4' }, state: { messages: 1, bytes: 1, first_seq: 1, last_seq: 1 } },
    'later',
  ],
  ['STREAM.MSG.DELETE.S0', { seq: 1, no_erase: true }],
  ['STREAM.MSG.GET.S0', { seq: 1, last_by_subj: 's0.a', next_by_subj: 's0.b', batch: 5, max_bytes: 5 }],
  ['STREAM.PEER.REMOVE.S0', { peer: 'x' }],
  ['STREAM.LEADER.STEPDOWN.S0', { placement: { cluster: 'c' } }],
  ['CONSUMER.CREATE.S0', { stream_name: 'S0', config: { deliver_subject: 'dv', ack_policy: 'none' } }],
  ['CONSUMER.CREATE.S0.C0', { stream_name: 'S0', config: CONSUMER, action: 'create', pedantic: true }],
  ['CONSUMER.CREATE.S0.C0', { stream_name: 'S0', config: { name: 'C0', durable_name: 'C0', ack_policy: 'explicit' } }],
  ['CONSUMER.CREATE.S0.C1.s0.a', { stream_name: 'S0', config: { name: 'C1', filter_subject: 's0.a' } }],
  ['CONSUMER.DURABLE.CREATE.S0.C2', { stream_name: 'S0', config: PUSH }],
  ['CONSUMER.NAMES.S0', { offset: 0, subject: 's0.>' }],
  ['CONSUMER.LIST.S0', { offset: 0 }],
  ['CONSUMER.INFO.S0.C0', ''],
  ['CONSUMER.DELETE.S0.C1', ''],
  ['CONSUMER.PAUSE.S0.C0', { pause_until: '2030-01-01T00:00:00Z' }],
  // Without such a consumer there is no answer.
  ['CONSUMER.RESET.S0.C0', { seq: 1 }, 'later'],
  ['CONSUMER.UNPIN.S0.C0', { group: 'g' }],
  ['CONSUMER.LEADER.STEPDOWN.S0.C0', ''],
  [
    'CONSUMER.MSG.NEXT.S0.C0',
    { batch: 1, no_wait: true, expires: 1_000_000, max_bytes: 5, idle_heartbeat: 1, group: 'g' },
    'later',
  ],
  ['DIRECT.GET.S0', { seq: 1, batch: 5, multi_last: ['s0.a'], up_to_seq: 5, start_time: '2024-01-01T00:00:00Z' }, 'later'],
  ['DIRECT.GET.S0.s0.a', '', 'later'],
];
/** What stands in place of any value; text between `#` signs is put in as it is, because no number of JavaScript is that large. */
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  '',
  'x',
  '*',
  '>',
  'a..b',
  's0.>',
  '\u0000',
  '\ud800',
  'x'.repeat(3000),
  [],
  {},
  [null],
  [[[]]],
  { a: {} },
  '#-1#',
  '#0#',
  '#1.5#',
  '#2147483647#',
  '#2147483648#',
  '#9007199254740992#',
  '#9007199254740993#',
  '#9223372036854775807#',
  '#9223372036854775808#',
  '#18446744073709551615#',
  '#18446744073709551616#',
  '#-9223372036854775808#',
  '#-9223372036854775809#',
  '#1e400#',
  '#{"__proto__":{"polluted":true}}#',
  '#{"constructor":{"prototype":{"polluted":true}}}#',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
];
const KEYS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'name', 'NAME', 'config', 'x', ''];
const TOKENS = ['S0', 'S1', 'C0', '__proto__', 'constructor', 'x'.repeat(300), 'a b', 'ä', '/', '..', 'S0 ', '%'];

/** @throws when a batch takes a second, or a prototype was changed. */
export async function fuzzApi(options: { readonly seed: number; readonly requests: number }): Promise<ApiFuzzReport> {
  const run = await ApiRun.start(new SeededRandom(options.seed));
  let startBytes = 0;
  while (run.requests < options.requests) {
    await run.batch();
    if (run.requests % ROUND >= BATCH) continue;
    await run.clear();
    if (startBytes === 0 && run.requests > options.requests / 4) startBytes = run.unexplainedBytes();
  }
  await run.clear();
  const growthBytes = startBytes === 0 ? 0 : Math.max(0, run.unexplainedBytes() - startBytes);
  const { heldBytes } = run;
  await run.stop();
  if (Object.keys(Object.prototype).length > 0 || 'polluted' in {}) throw new Error('a prototype was changed');
  const { requests, errors, successes, unanswered, failures, missing, slowestMs } = run;
  return { requests, errors, successes, unanswered, failures, missing, slowestMs, growthBytes, heldBytes };
}

class ApiRun {
  requests = 0;
  errors = 0;
  successes = 0;
  unanswered = 0;
  slowestMs = 0;
  readonly failures: string[] = [];
  readonly missing: string[] = [];
  private readonly random: SeededRandom;
  private readonly broker: Broker;
  private readonly client: FedTransport;
  private readonly disk: SimDisk;

  private constructor(random: SeededRandom, broker: Broker, client: FedTransport, rest: { failures: string[]; disk: SimDisk }) {
    this.random = random;
    this.broker = broker;
    this.client = client;
    this.failures = rest.failures;
    this.disk = rest.disk;
  }

  static async start(random: SeededRandom): Promise<ApiRun> {
    const net = new FedNet();
    const real = nodeEnv();
    const failures: string[] = [];
    const log = {
      isDebug: false,
      isTrace: false,
      write: (level: string, text: string) => {
        if (level === 'ERR' && failures.length < 20) failures.push(text);
      },
    };
    const fed = { ...real.net, listenHttp: real.net.listenHttp, makeTlsContext: real.net.makeTlsContext };
    const disk = new SimDisk();
    const env = { ...real, log, disk, net: { ...fed, listen: net.listen.bind(net) } };
    const broker = await Broker.start(
      { port: 0, jetstream: { storeDir: '/js', maxMemoryBytes: 1 << 28, maxStoreBytes: 1 << 28 } },
      env,
    );
    const client = net.connect(0);
    client.keptBytes = Number.MAX_SAFE_INTEGER;
    client.feed(Buffer.from('CONNECT {"verbose":false,"headers":true}\r\nSUB rep.> 1\r\n'));
    return new ApiRun(random, broker, client, { failures, disk });
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.broker.stop();
  }

  /** What streams and the simulated disk hold. */
  get heldBytes(): number {
    const varz = this.broker.server.jetstream?.varz() as { stats: { memory: number } };
    return this.disk.heldBytes + varz.stats.memory;
  }

  /** Memory of the process that no content accounts for, after a collection. */
  unexplainedBytes(): number {
    collectGarbage();
    return process.memoryUsage().rss - this.heldBytes;
  }

  /** Some requests at once, and their answers. */
  async batch(): Promise<void> {
    const { random, client } = this;
    const frames: Buffer[] = [];
    const owed = new Map<string, string>();
    for (let index = 0; index < BATCH; index++) {
      const [subject, body, isLater] = random.pick(SEEDS);
      const reply = `rep.${++this.requests}`;
      const payload = this.body(body);
      const to = random.oneIn(20) ? mutatedSubject(subject, random) : subject;
      if (isLater === undefined && to === subject) owed.set(reply, `${to} ${payload.toString('latin1')}`);
      frames.push(Buffer.from(`PUB $JS.API.${to} ${reply} ${payload.length}\r\n`), payload, Buffer.from('\r\n'));
      if (random.oneIn(4)) frames.push(Buffer.from('PUB s0.a 2\r\nhi\r\n'));
    }
    client.output = '';
    // Time of the processor: on a busy machine the clock tells of others.
    const start = process.cpuUsage();
    client.feed(Buffer.concat(frames));
    await this.collect(owed);
    const { user, system } = process.cpuUsage(start);
    const elapsed = (user + system) / 1000;
    if (elapsed > this.slowestMs) this.slowestMs = elapsed;
    if (elapsed > 1000) throw new Error(`a batch took ${Math.round(elapsed)} ms: ${Buffer.concat(frames).toString('latin1')}`);
  }

  /** Waits for what is owed; what does not come in many turns is missing. */
  private async collect(owed: Map<string, string>): Promise<void> {
    const { client } = this;
    for (let turns = 0; owed.size > 0 && turns < MAX_TURNS; turns++) {
      await turn();
      if (client.isEnded) throw new Error(`the connection was ended: ${this.failures.join('; ')}`);
      if (client.output === '') continue;
      const output = client.output;
      client.output = '';
      for (const [, reply = ''] of output.matchAll(/H?MSG (rep\.\d+) 1 /g)) owed.delete(reply);
      this.errors += output.split('"error":{').length - 1;
      this.successes += output.split('"type":"io.nats.jetstream.api').length - output.split('"error":{').length;
    }
    this.unanswered += owed.size;
    for (const request of owed.values()) if (this.missing.length < 10) this.missing.push(request.slice(0, 500));
  }

  /** Deletes all streams, so that a long run stays as small as a short one. */
  async clear(): Promise<void> {
    const { client } = this;
    for (let round = 0; round < 40; round++) {
      client.output = '';
      client.feed(Buffer.from('PUB $JS.API.STREAM.NAMES rep.0 0\r\n\r\n'));
      for (let turns = 0; turns < MAX_TURNS && !client.output.includes('rep.0'); turns++) await turn();
      const found = /"streams":\[([^\]]*)\]/.exec(client.output)?.[1] ?? '';
      const names = [...found.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([text]) => String(JSON.parse(text)));
      if (names.length === 0) return;
      for (const name of names) client.feed(Buffer.from(`PUB $JS.API.STREAM.DELETE.${name} rep.0 0\r\n\r\n`));
      for (let turns = 0; turns < 10; turns++) await turn();
    }
    throw new Error('streams could not be deleted');
  }

  private body(seed: unknown): Buffer {
    const { random } = this;
    if (random.oneIn(60)) return Buffer.from(`{"a":${'['.repeat(10_000)}`);
    let text = typeof seed === 'string' ? seed : JSON.stringify(seed);
    if (typeof seed !== 'string' && random.oneIn(2)) text = this.changed(seed as object);
    text = text.replaceAll(/"#(.*?)#"/g, (_all, raw: string) => raw.replaceAll('\\"', '"'));
    const bytes = Buffer.from(text);
    return random.oneIn(5) ? mutatedText(bytes, random) : bytes;
  }

  /** One to three values, names or places of the request are others. */
  private changed(seed: object): string {
    const { random } = this;
    const copy = structuredClone(seed) as Record<string, unknown>;
    for (let count = 1 + random.below(3); count > 0; count--) {
      let at: Record<string, unknown> = copy;
      for (;;) {
        const names = Object.keys(at);
        const name = names.length === 0 ? 'x' : random.pick(names);
        const inner = at[name];
        if (typeof inner === 'object' && inner !== null && random.oneIn(2)) {
          at = inner as Record<string, unknown>;
          continue;
        }
        change(at, name, random);
        break;
      }
    }
    return JSON.stringify(copy);
  }
}

/** Even a name that the prototype has becomes an own one. */
const OPEN = { enumerable: true, configurable: true, writable: true };

function change(at: Record<string, unknown>, name: string, random: SeededRandom): void {
  const what = random.below(6);
  if (what === 0) delete at[name];
  else if (what > 1) Object.defineProperty(at, name, { ...OPEN, value: structuredClone(random.pick(VALUES)) });
  else Object.defineProperty(at, random.pick(KEYS), { ...OPEN, value: structuredClone(random.pick(VALUES)) });
}

function mutatedSubject(subject: string, random: SeededRandom): string {
  const tokens = subject.split('.');
  const at = random.below(tokens.length + 1);
  tokens[at] = random.pick(TOKENS).replaceAll(' ', '\u00a0');
  return Buffer.from(tokens.join('.'), 'utf8').toString();
}

/** Node has it behind a flag, which can be set late. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc === 'function') gc();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
