/** The command of the `nats` tool that would make what is shown. Values are quoted for a POSIX shell. */
import { booleanAt, type JsonRecord, numberAt, stringAt, stringsAt } from '../nats/json-fields.ts';

/** `nats stream add …`; what the flags cannot say (mirrors, sources, republish) is left to `--config`. */
export function streamCommand(config: JsonRecord): string {
  const name = stringAt(config, 'name');
  if ('mirror' in config || 'sources' in config || 'republish' in config || 'subject_transform' in config)
    return `nats stream add ${quote(name)} --config ${quote(`${name}.json`)}`;
  const age = numberAt(config, 'max_age');
  const retention = stringAt(config, 'retention');
  return [
    `nats stream add ${quote(name)} --defaults`,
    ...stringsAt(config, 'subjects').map((subject) => `--subjects=${quote(subject)}`),
    text('description', stringAt(config, 'description')),
    `--storage=${stringAt(config, 'storage', 'file')}`,
    `--replicas=${numberAt(config, 'num_replicas', 1)}`,
    `--retention=${retention === 'workqueue' ? 'work' : retention}`,
    `--discard=${stringAt(config, 'discard', 'old')}`,
    limit('max-msgs', numberAt(config, 'max_msgs')),
    limit('max-bytes', numberAt(config, 'max_bytes')),
    age > 0 ? `--max-age=${goDuration(age)}` : '',
    limit('max-msgs-per-subject', numberAt(config, 'max_msgs_per_subject')),
    limit('max-msg-size', numberAt(config, 'max_msg_size')),
    limit('max-consumers', numberAt(config, 'max_consumers')),
    numberAt(config, 'duplicate_window') > 0 ? `--dupe-window=${goDuration(numberAt(config, 'duplicate_window'))}` : '',
    stringAt(config, 'compression') === 's2' ? '--compression=s2' : '',
    flag('allow-direct', booleanAt(config, 'allow_direct')),
    flag('allow-rollup', booleanAt(config, 'allow_rollup_hdrs')),
    flag('deny-delete', booleanAt(config, 'deny_delete')),
    flag('deny-purge', booleanAt(config, 'deny_purge')),
    flag('allow-msg-ttl', booleanAt(config, 'allow_msg_ttl')),
    flag('discard-per-subject', booleanAt(config, 'discard_new_per_subject')),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** `nats consumer add …`. */
export function consumerCommand(stream: string, config: JsonRecord): string {
  const filters = filtersOf(config);
  const target = stringAt(config, 'deliver_subject');
  const pinned = stringAt(config, 'priority_policy');
  const name = stringAt(config, 'durable_name', stringAt(config, 'name'));
  return [
    `nats consumer add ${quote(stream)} ${quote(name)} --defaults`,
    target === '' ? '--pull' : `--target=${quote(target)}`,
    text('deliver-group', stringAt(config, 'deliver_group')),
    ...filters.map((filter) => `--filter=${quote(filter)}`),
    text('description', stringAt(config, 'description')),
    `--deliver=${deliver(config)}`,
    `--ack=${stringAt(config, 'ack_policy', 'none')}`,
    `--replay=${stringAt(config, 'replay_policy', 'instant')}`,
    numberAt(config, 'ack_wait') > 0 ? `--wait=${goDuration(numberAt(config, 'ack_wait'))}` : '',
    limit('max-deliver', numberAt(config, 'max_deliver')),
    limit('max-pending', numberAt(config, 'max_ack_pending')),
    target === '' ? limit('max-waiting', numberAt(config, 'max_waiting')) : '',
    flag('headers-only', booleanAt(config, 'headers_only')),
    pinned !== '' && pinned !== 'none'
      ? `--${pinned.replace('_client', '')}-groups=${stringsAt(config, 'priority_groups').join(',')}`
      : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** `nats kv add …`. */
export function bucketCommand(bucket: string, config: JsonRecord): string {
  const history = `--history=${Math.max(1, numberAt(config, 'max_msgs_per_subject'))}`;
  return addBucket(`nats kv add ${quote(bucket)}`, config, [history, limit('max-value-size', numberAt(config, 'max_msg_size'))]);
}

/** `nats object add …`. */
export function objectBucketCommand(bucket: string, config: JsonRecord): string {
  return addBucket(`nats object add ${quote(bucket)}`, config, []);
}

/** What both kinds of bucket have. */
function addBucket(command: string, config: JsonRecord, own: readonly string[]): string {
  const age = numberAt(config, 'max_age');
  return [
    command,
    ...own,
    text('description', stringAt(config, 'description')),
    age > 0 ? `--ttl=${goDuration(age)}` : '',
    limit('max-bucket-size', numberAt(config, 'max_bytes')),
    `--storage=${stringAt(config, 'storage', 'file')}`,
    `--replicas=${numberAt(config, 'num_replicas', 1)}`,
    stringAt(config, 'compression') === 's2' ? '--compress' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** Filter subjects of a consumer, in whichever of the two fields they stand. */
export function filtersOf(config: JsonRecord): string[] {
  const one = stringAt(config, 'filter_subject');
  return one === '' ? stringsAt(config, 'filter_subjects') : [one];
}

function deliver(config: JsonRecord): string {
  const policy = stringAt(config, 'deliver_policy', 'all');
  switch (policy) {
    case 'by_start_sequence':
      return String(numberAt(config, 'opt_start_seq'));
    case 'by_start_time':
      return quote(stringAt(config, 'opt_start_time'));
    case 'last_per_subject':
      return 'subject';
    default:
      return policy;
  }
}

function text(name: string, value: string): string {
  return value === '' ? '' : `--${name}=${quote(value)}`;
}

function limit(name: string, value: number): string {
  return value > 0 ? `--${name}=${value}` : '';
}

function flag(name: string, isSet: boolean): string {
  return isSet ? `--${name}` : '';
}

/** A duration of ns in the largest unit that holds it whole. */
function goDuration(ns: number): string {
  for (const [unit, size] of [
    ['h', 3.6e12],
    ['m', 6e10],
    ['s', 1e9],
    ['ms', 1e6],
    ['us', 1e3],
  ] as const) {
    if (ns % size === 0) return `${ns / size}${unit}`;
  }
  return `${ns}ns`;
}

/** Text that a shell takes as one word, unchanged. */
function quote(value: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
