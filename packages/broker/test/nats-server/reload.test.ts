/** What a reload refuses and what it says it did, word for word as nats-server 2.15.1 on the same two configurations. */
import { describe, expect, it } from 'vitest';
import { toOptions } from '../../src/config/index.ts';
import { readConfigText } from '../../src/config/read-config.ts';
import { reloadLines } from '../../src/nats-server/reload-lines.ts';
import { settingsRefusal } from '../../src/nats-server/reload-refusal.ts';
import { noFiles } from '../config/no-files.ts';

function settingsOf(text: string) {
  const read = readConfigText(`server_name: x\n${text}\n`, 'x.conf', noFiles);
  if (!read.ok) throw new Error(read.error);
  return read.settings;
}

const jetstream = (more = ''): string => `jetstream { store_dir: "/js", max_mem: 1GB, max_file: 10GB${more} }`;
const leafnodes = (more = ''): string => `leafnodes { listen: "127.0.0.1:7422"${more} }`;
const gateway = (more = ''): string => `gateway { name: c, listen: "127.0.0.1:7222"${more} }`;
const mqtt = (more = ''): string => `mqtt { listen: "127.0.0.1:1883"${more} }`;
const guests = 'authorization { users: [{user: a, password: b},{user: c, password: d}] }';

describe('a reload is refused', () => {
  const not = 'config reload not supported for ';
  it.each([
    [`${guests}\nno_auth_user: a`, `${guests}\nno_auth_user: c`, `${not}NoAuthUser: old=a, new=c`],
    [`${guests}\nno_auth_user: a`, guests, `${not}NoAuthUser: old=a, new=`],
    ['http: "127.0.0.1:1"', '', `${not}HTTPHost: old=127.0.0.1, new=0.0.0.0`],
    [
      'client_advertise: "a:1"',
      'client_advertise: "a:b:c"',
      'invalid ClientAdvertise value of a:b:c, err=address a:b:c: too many colons in address',
    ],
    [
      'cluster { name: c, port: 1 }',
      'cluster { name: c, port: 1, cluster_advertise: "a:b:c" }',
      'invalid Cluster.Advertise value of a:b:c, err=address a:b:c: too many colons in address',
    ],
    [
      gateway(),
      gateway(', connect_retries: 4'),
      `${not}Gateway: old={c 127.0.0.1 7222   2 <nil> 2 false false map[]  0 false [] false 0s  <nil> 0 <nil>}, ` +
        'new={c 127.0.0.1 7222   2 <nil> 2 false false map[]  4 false [] false 0s  <nil> 0 <nil>}',
    ],
    [
      '',
      gateway(),
      `${not}Gateway: old={  0   0 <nil> 0 false false map[]  0 false [] false 0s  <nil> 0 <nil>}, ` +
        'new={c 127.0.0.1 7222   2 <nil> 2 false false map[]  0 false [] false 0s  <nil> 0 <nil>}',
    ],
    ['', leafnodes(), `${not}LeafNode: field "Host": old=, new=127.0.0.1`],
    [leafnodes(), leafnodes(', advertise: "1.2.3.4:5"'), `${not}LeafNode: field "Advertise": old=, new=1.2.3.4:5`],
    [leafnodes(), leafnodes(', authorization { user: a, password: b }'), `${not}LeafNode: field "Username": old=, new=a`],
    [leafnodes(), leafnodes(', min_version: 2.9.0'), `${not}LeafNode: field "MinVersion": old=, new=2.9.0`],
    [leafnodes(), leafnodes(', reconnect: "3s"'), `${not}LeafNode: field "ReconnectInterval": old=1s, new=3s`],
    [leafnodes(), leafnodes(', write_deadline: "3s"'), `${not}LeafNode: field "WriteDeadline": old=0s, new=3s`],
    [jetstream(), jetstream().replace('1GB', '500MB'), `${not}decreasing jetstream max memory and store`],
    [jetstream(), jetstream().replace('10GB', '5GB'), `${not}decreasing jetstream max memory and store`],
    ['jetstream { store_dir: "/js" }', jetstream(), `${not}jetstream dynamic max memory and store`],
    [jetstream(), 'jetstream { store_dir: "/js" }', `${not}jetstream max memory and max store`],
    [jetstream(), jetstream().replace('/js', '/js2'), `${not}jetstream storage directory`],
    [jetstream(), jetstream(', domain: d'), `${not}JetStreamDomain: old=, new=d`],
    [jetstream(), jetstream(', sync_interval: "5s"'), `${not}SyncInterval: old=2m0s, new=5s`],
    [jetstream(), jetstream(', sync_interval: always'), `${not}SyncAlways: old=false, new=true`],
    [jetstream(), jetstream(', strict: false'), `${not}NoJetStreamStrict: old=false, new=true`],
    [jetstream(), jetstream(', key: abc'), `${not}JetStreamKey: old=, new=abc`],
    [jetstream(', key: abc'), jetstream(', key: abc, cipher: aes'), `${not}JetStreamCipher: old=ChaCha20-Poly1305, new=AES-GCM`],
    [jetstream(), jetstream(', unique_tag: a'), `${not}JetStreamUniqueTag: old=, new=a`],
    [jetstream(), jetstream(', max_buffered_msgs: 5'), `${not}StreamMaxBufferedMsgs: old=0, new=5`],
    [jetstream(), jetstream(', request_queue_limit: 5'), `${not}JetStreamRequestQueueLimit: old=10000, new=5`],
    [jetstream(), jetstream(', info_queue_limit: 5'), `${not}JetStreamInfoQueueLimit: old=10000, new=5`],
    [jetstream(), jetstream(', max_concurrent_io: 5'), `${not}JetStreamConcurrentIOs: old=4096, new=5`],
    [jetstream(), jetstream(', max_outstanding_catchup: 5MB'), `${not}JetStreamMaxCatchup: old=0, new=5242880`],
    [jetstream(), jetstream(', extension_hint: no_extend'), `${not}JetStreamExtHint: old=, new=no_extend`],
    [
      mqtt(),
      mqtt(', authorization { user: a, password: b }'),
      `${not}MQTT: old={127.0.0.1 1883      0 0 false 0s 0 <nil> false 2 map[] 0s 0s 0 <nil> false false}, ` +
        'new={127.0.0.1 1883  a b   0 0 false 0s 0 <nil> false 2 map[] 0s 0s 0 <nil> false false}',
    ],
    ['logfile_max_num: 3', 'logfile_max_num: 4', `${not}LogMaxFiles: old=3, new=4`],
    ['', 'resolver: MEMORY', 'config reload does not support moving to or from an account resolver'],
    ['', 'default_js_domain { A: d }', `${not}JsAccDefaultDomain: old=map[], new=map[A:d]`],
  ])('from %j to %j', (before, after, text) => {
    expect(settingsRefusal(settingsOf(before), settingsOf(after))).toBe(text);
  });

  it.each([
    [jetstream(), ''],
    ['', jetstream()],
    [jetstream(), jetstream(', meta_compact: 5')],
    [guests, `${guests}\nno_sublist_cache: false`],
    ['system_account: "$SYS"', ''],
  ])('but not from %j to %j', (before, after) => {
    expect(settingsRefusal(settingsOf(before), settingsOf(after))).toBeUndefined();
  });
});

describe('a reload says', () => {
  const always = ['Reloaded: authorization users', 'Reloaded: accounts'];
  it.each([
    [jetstream(), '', ['Reloaded: JetStream']],
    ['', jetstream(', limits { max_ack_pending: 5 }'), ['Reloaded: JetStream', 'Reloaded: JetStream limits']],
    [jetstream(), jetstream().replace('1GB', '2GB'), ['Reloaded: JetStream max_mem_store = 2.00 GB']],
    [jetstream(), jetstream().replace('10GB', '20GB'), ['Reloaded: JetStream max_file_store = 20.00 GB']],
    [
      mqtt(),
      mqtt(', ack_wait: "5s"'),
      [
        'Reloaded: MQTT ack_wait = 5s',
        'Reloaded: MQTT max_ack_pending = 0',
        'Reloaded: MQTT stream_replicas = 0',
        'Reloaded: MQTT consumer_replicas = 0',
        'Reloaded: MQTT consumer_memory_storage = false',
        'Reloaded: MQTT consumer_inactive_threshold = 0s',
      ],
    ],
    [
      'prof_block_rate: 5',
      'prof_block_rate: 6',
      ['Block profiling is enabled (rate 6), this may have a performance impact', 'Reloaded: prof_block_rate = 6'],
    ],
    ['prof_block_rate: 5', 'prof_block_rate: 0', ['Reloaded: prof_block_rate = 0']],
    ['', 'max_payload: -1', ['Reloaded: max_payload = -1']],
    [
      'cluster { name: c, port: 1, compression: off }',
      'cluster { name: c, port: 1, compression: accept }',
      ['Reloaded: cluster'],
    ],
    ['cluster { name: c, port: 1 }', 'cluster { name: c, port: 1, write_timeout: close }', ['Reloaded: cluster']],
  ])('what changed from %j to %j', (before, after, texts) => {
    const [old, next] = [settingsOf(before), settingsOf(after)];
    const lines = reloadLines({ settings: old, options: toOptions(old) }, { settings: next, options: toOptions(next) });
    expect(lines.map(({ text }) => text)).toEqual([...always, ...texts]);
    expect(lines.filter(({ level }) => level === 'WRN').every(({ text }) => !text.startsWith('Reload'))).toBe(true);
  });
});
