/**
 * Mutated configuration files, through everything that a start does with them before it listens: lexer, parser, every key's reader,
 * the checks across keys, the options of the broker. Each ends in settings or in an error text; nothing throws, nothing takes a second.
 */
import { withOperator } from '../src/auth/jwt/operator-options.ts';
import { readConfigText, toOptions, validateSettings } from '../src/config/index.ts';
import { nodeEnv } from '../src/index.ts';
import { SeededRandom } from '../test/support/random.ts';
import { mutatedText } from './mutate.ts';

export interface ConfigFuzzReport {
  readonly files: number;
  /** Files that were read without an error. */
  readonly accepted: number;
  readonly slowestMs: number;
  readonly growthBytes: number;
}

const SEEDS: readonly string[] = [
  'port: 4222\nhost: "127.0.0.1"\nserver_name: a\nhttp: "localhost:8222"\nmax_payload: 1MB\nping_interval: "20s"\nping_max: 3\n',
  'listen: "0.0.0.0:-1"; debug: true, trace: yes\nwrite_deadline: "2s"\nmax_control_line: 4k\nmax_pending: 64mb\nlogtime: off\n',
  '# a comment\nx = "abc"\nserver_name: $x // another\nserver_tags: [a, "b c", 5]\nserver_metadata { k: v }\n',
  'authorization { user: a, password: "p", timeout: 1.5 }\ntls { cert_file: "c.pem", key_file: "k.pem", verify: true, timeout: 2 }\n',
  'authorization { users = [ { user: a, password: b, permissions { publish: { allow: ["a.>"], deny: b }, subscribe: ["c", "d q"], allow_responses: { max: 5, expires: "1m" } } }, { nkey: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 } ]\n default_permissions { publish: "x" } }\n',
  'accounts { A { users: [{user: a, password: b}], jetstream { max_mem: 1G, max_file: 10G }, limits { max_conn: 5, max_subs: -1 }, mappings { "a.*": "b.$1", c: [{destination: d, weight: 50%}, {destination: e, weight: 50}] }, exports: [{stream: "s.>"}, {service: "q.*", accounts: [B], response_type: stream, latency: {sampling: 10%, subject: l}}] }, B { users: [{user: c}], imports: [{stream: {account: A, subject: "s.>"}, prefix: p}, {service: {account: A, subject: "q.*"}, to: "r.$1"}] } }\nno_auth_user: a\nsystem_account: A\n',
  'jetstream { store_dir: "/x", max_mem: 1GB, max_file: 1TB, domain: d, sync_interval: always, cipher: aes, key: "k", limits { max_ack_pending: 5 } }\n',
  'websocket { listen: "127.0.0.1:-1", no_tls: true, compression: true, allowed_origins: ["http://a"], same_origin: true, headers { X: y }, ping_interval: "1m" }\n',
  'cluster { name: c, listen: "127.0.0.1:-1", routes: ["nats://u:p@127.0.0.1:1"], pool_size: 3, compression: { mode: s2_auto, rtt_thresholds: [1ms, 2ms] }, authorization { user: u, password: p } }\n',
  'leafnodes { listen: "127.0.0.1:-1", remotes: [{ url: "nats://a:1", account: A, credentials: "c" }], min_version: 2.8.0 }\ngateway { name: g, listen: "127.0.0.1:-1", gateways: [{name: h, urls: ["nats://a:1"]}] }\n',
  'include "other.conf"\nmqtt { listen: "127.0.0.1:-1", ack_wait: "1m" }\nlame_duck_duration: "1m"\nlame_duck_grace_period: "5s"\n',
  '{"port": 4222, "a": {"b": [1, 2.5, true, "x\\n\\x41"]}, "authorization": {"token": "t"}}\n',
  'text: (\n a block\n of text\n)\nmax_sub_tokens: 5\nproxies { trusted: [{ key: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 }] }\n',
  'operator: "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.e30.AAAA"\nresolver: MEMORY\nresolver_preload { A: "eyJ0eXAi.e30.x" }\n',
];
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '"',
  "'",
  ':',
  '=',
  ',',
  ';',
  '#',
  '//',
  '\n',
  '\r\n',
  '$x',
  '$',
  'include ',
  '\\x4',
  '\\',
  '-1',
  '9e',
  '1.',
  '\0',
  'ä',
  '\ud800',
];

const sources = {
  readFile: (path: string) =>
    path === 'other.conf'
      ? ({ ok: true, text: 'y: 5\nport: $y\n' } as const)
      : ({ ok: false, error: `open ${path}: no such file or directory` } as const),
  lookupEnv: (name: string) => (name === 'HOME' ? '/home/x' : undefined),
};

/** @throws when a file raises an exception or takes a second. */
export function fuzzConfigs(options: { readonly seed: number; readonly files: number }): ConfigFuzzReport {
  const random = new SeededRandom(options.seed);
  const env = nodeEnv();
  let [accepted, slowestMs, startRss] = [0, 0, 0];
  for (let count = 0; count < options.files; count++) {
    const text = makeFile(random);
    const start = performance.now();
    try {
      if (readAll(text, env)) accepted++;
    } catch (cause) {
      throw new Error(`a file was not refused but threw: ${JSON.stringify(text)}`, { cause });
    }
    const elapsed = performance.now() - start;
    if (elapsed > slowestMs) slowestMs = elapsed;
    if (elapsed > 1000) throw new Error(`a file took ${Math.round(elapsed)} ms: ${JSON.stringify(text).slice(0, 2000)}`);
    if (startRss === 0 && count > options.files / 4) startRss = process.memoryUsage().rss;
  }
  const growthBytes = Math.max(0, process.memoryUsage().rss - startRss);
  return { files: options.files, accepted, slowestMs, growthBytes };
}

function readAll(text: string, env: ReturnType<typeof nodeEnv>): boolean {
  const result = readConfigText(text, 'fuzz.conf', sources);
  if (!result.ok || validateSettings(result.settings) !== undefined) return false;
  const options = toOptions(result.settings);
  try {
    withOperator(options, { env, systemAccount: () => undefined, inboxPrefix: '_INBOX.' });
  } catch (error) {
    // Options that contradict themselves are refused this way, in words for the operator; a mistake of ours is another kind.
    if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) throw error;
    return false;
  }
  return true;
}

/** One or two seeds, cut and joined, with one to four changes. */
function makeFile(random: SeededRandom): string {
  let text = Array.from({ length: 1 + random.below(2) }, () => random.pick(SEEDS)).join(random.pick(['', '\n']));
  for (let count = random.below(4); count > 0; count--) {
    const at = random.below(text.length + 1);
    const length = random.oneIn(3) ? random.below(20) : 0;
    text = text.slice(0, at) + random.pick(PIECES).repeat(random.oneIn(50) ? 2000 : 1) + text.slice(at + length);
  }
  return random.oneIn(2) ? mutatedText(Buffer.from(text), random).toString('utf8') : text;
}
