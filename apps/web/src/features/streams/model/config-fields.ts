/**
 * The fields of a stream's configuration that the forms show: one table for creating, editing, the command and the diff. Which of
 * them an existing stream refuses to change is nats-server's rule (server/stream.go configUpdateCheckLocked).
 */
import { compressions, discardPolicies, persistModes, retentionPolicies, storageTypes } from '@sluice/protocol/jetstream';

/** How a field is written by people. `count` and `bytes` take an empty text for "no limit". */
export type FieldKind = 'name' | 'text' | 'subjects' | 'bytes' | 'duration' | 'count' | 'flag' | 'choice';

/**
 * What an existing stream accepts. `free`: anything. `never`: the value it was created with. `on-only`: it can be turned on, not
 * off. `not-workqueue`: to and from work queue is refused.
 */
export type ChangeRule = 'free' | 'never' | 'on-only' | 'not-workqueue';

export interface ConfigField {
  /** As on the wire. */
  readonly key: string;
  readonly label: string;
  readonly kind: FieldKind;
  readonly change: ChangeRule;
  readonly hint: string;
  /** Flag of `nats stream add`, without dashes. */
  readonly flag: string;
  readonly choices?: readonly string[];
  /** Value on the wire for an empty text; -1 is "no limit". */
  readonly emptyValue?: number;
  /** Value that a new stream has when nothing is said. */
  readonly initial?: string;
}

export interface ConfigGroup {
  readonly title: string;
  readonly fields: readonly ConfigField[];
  /** True: folded until asked for. */
  readonly isFolded?: boolean;
}

const flag = (key: string, label: string, cliFlag: string, hint: string, more: Partial<ConfigField> = {}): ConfigField => ({
  key,
  label,
  kind: 'flag',
  change: 'free',
  hint,
  flag: cliFlag,
  ...more,
});

export const configGroups: readonly ConfigGroup[] = [
  {
    title: 'What is stored',
    fields: [
      { key: 'name', label: 'Name', kind: 'name', change: 'never', flag: '', hint: 'No blanks, dots, wildcards or slashes' },
      {
        key: 'subjects',
        label: 'Subjects',
        kind: 'subjects',
        change: 'free',
        flag: 'subjects',
        hint: 'One or more, separated by blanks; wildcards allowed. Empty: the name of the stream',
      },
      { key: 'description', label: 'Description', kind: 'text', change: 'free', flag: 'description', hint: 'For people' },
    ],
  },
  {
    title: 'How it is kept',
    fields: [
      {
        key: 'storage',
        label: 'Storage',
        kind: 'choice',
        change: 'never',
        flag: 'storage',
        choices: storageTypes,
        initial: 'file',
        hint: 'Memory is gone after a restart',
      },
      {
        key: 'persist_mode',
        label: 'Durability',
        kind: 'choice',
        change: 'never',
        flag: 'persist-mode',
        choices: persistModes,
        initial: 'default',
        hint: 'Async acknowledges before the message is on disk',
      },
      {
        key: 'retention',
        label: 'Retention',
        kind: 'choice',
        change: 'not-workqueue',
        flag: 'retention',
        choices: retentionPolicies,
        initial: 'limits',
        hint: 'Limits keeps all, interest while a consumer wants it, workqueue until one took it',
      },
      {
        key: 'discard',
        label: 'Discard',
        kind: 'choice',
        change: 'free',
        flag: 'discard',
        choices: discardPolicies,
        initial: 'old',
        hint: 'When a limit is reached: old drops the oldest messages, new refuses what comes',
      },
      {
        key: 'compression',
        label: 'Compression',
        kind: 'choice',
        change: 'free',
        flag: 'compression',
        choices: compressions,
        initial: 'none',
        hint: 'For file storage',
      },
    ],
  },
  {
    title: 'Limits',
    fields: [
      {
        key: 'max_bytes',
        label: 'Bytes',
        kind: 'bytes',
        change: 'free',
        flag: 'max-bytes',
        emptyValue: -1,
        hint: 'As 24 GB or 512 MiB',
      },
      { key: 'max_msgs', label: 'Messages', kind: 'count', change: 'free', flag: 'max-msgs', emptyValue: -1, hint: 'In all' },
      { key: 'max_age', label: 'Age', kind: 'duration', change: 'free', flag: 'max-age', emptyValue: 0, hint: 'As 1h or 7d' },
      {
        key: 'max_msgs_per_subject',
        label: 'Messages per subject',
        kind: 'count',
        change: 'free',
        flag: 'max-msgs-per-subject',
        emptyValue: -1,
        hint: 'The newest of each',
      },
      {
        key: 'max_msg_size',
        label: 'Message size',
        kind: 'bytes',
        change: 'free',
        flag: 'max-msg-size',
        emptyValue: -1,
        hint: 'Headers included',
      },
      {
        key: 'max_consumers',
        label: 'Consumers',
        kind: 'count',
        change: 'never',
        flag: 'max-consumers',
        emptyValue: -1,
        hint: 'In all',
      },
      {
        key: 'duplicate_window',
        label: 'Duplicate window',
        kind: 'duration',
        change: 'free',
        flag: 'dupe-window',
        emptyValue: 0,
        initial: '2m',
        hint: 'A message id counts once in this time',
      },
    ],
  },
  {
    title: 'Rules',
    isFolded: true,
    fields: [
      flag('allow_direct', 'Allow direct get', 'allow-direct', 'Reads skip the queue of the stream', { initial: 'true' }),
      flag('allow_rollup_hdrs', 'Allow rollup', 'allow-rollup', 'A message may replace those before it'),
      flag('allow_msg_ttl', 'Allow message TTL', 'allow-msg-ttl', 'Each message may name its own age', { change: 'on-only' }),
      flag('allow_atomic', 'Allow atomic batches', 'allow-batch', 'Many messages stored as one'),
      flag('allow_msg_schedules', 'Allow schedules', 'allow-schedules', 'Messages that are published later', {
        change: 'on-only',
      }),
      flag('allow_msg_counter', 'Counter', 'allow-counter', 'Messages add to a number', { change: 'never' }),
      flag('discard_new_per_subject', 'Discard new per subject', 'discard-per-subject', 'With discard new'),
      flag('deny_delete', 'Deny delete', 'deny-delete', 'No message can be deleted, for good', { change: 'on-only' }),
      flag('deny_purge', 'Deny purge', 'deny-purge', 'The stream cannot be purged, for good', { change: 'on-only' }),
    ],
  },
];

export const configFields: readonly ConfigField[] = configGroups.flatMap((group) => group.fields);

/** Why `field` of an existing stream cannot be changed from `held`; null when it can. */
export function lockReason(field: ConfigField, held: string): string | null {
  switch (field.change) {
    case 'free':
      return null;
    case 'never':
      return 'Fixed when the stream was created';
    case 'on-only':
      return held === 'true' ? 'Cannot be turned off again' : null;
    case 'not-workqueue':
      return held === 'workqueue' ? 'A work queue stays one' : null;
  }
}
