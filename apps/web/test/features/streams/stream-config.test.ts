/** A stream's configuration in forms: texts to wire and back, what cannot change, the command, the diff. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configChanges } from '../../../src/features/streams/model/config-diff.ts';
import {
  type ConfigDraft,
  draftOf,
  emptyDraft,
  readConfigJson,
  readDraft,
} from '../../../src/features/streams/model/config-draft.ts';
import { configFields, lockReason } from '../../../src/features/streams/model/config-fields.ts';
import { addCommand, editCommand, purgeCommand, quoted } from '../../../src/features/streams/model/stream-command.ts';
import { parseByteSize, writeByteSize } from '../../../src/lib/byte-size.ts';
import { parseDuration, writeDuration, writeGoDuration } from '../../../src/lib/duration.ts';

const HOUR_NS = 3_600_000_000_000;

function draftWith(texts: Record<string, string>): ConfigDraft {
  const draft = emptyDraft();
  return { ...draft, texts: { ...draft.texts, ...texts } };
}

/** As the server answers for a stream that was created with little said. */
const HELD = {
  name: 'ORDERS',
  subjects: ['orders.>', 'inventory.sku.*'],
  retention: 'limits',
  max_consumers: -1,
  max_msgs: -1,
  max_bytes: 24_000_000_000,
  max_age: HOUR_NS,
  max_msgs_per_subject: -1,
  max_msg_size: -1,
  discard: 'old',
  storage: 'file',
  num_replicas: 1,
  duplicate_window: 120_000_000_000,
  compression: 's2',
  allow_direct: true,
  mirror_direct: false,
  sealed: false,
  deny_delete: true,
  deny_purge: false,
  allow_rollup_hdrs: false,
  consumer_limits: {},
  allow_msg_ttl: false,
};

describe('durations', () => {
  it('are read with units and refused without', () => {
    expect(parseDuration('90s')).toBe(90_000_000_000);
    expect(parseDuration('1h 30 min')).toBe(1.5 * HOUR_NS);
    expect(parseDuration('0.5d')).toBe(12 * HOUR_NS);
    for (const text of ['', '5', 'h', '1x', '1h!', '-1h', '1h-', '1e3s']) expect(parseDuration(text), text).toBeNull();
  });

  it('are read back as written', () => {
    fc.assert(
      fc.property(fc.nat(), (seconds) => {
        const ns = seconds * 1_000_000_000;
        expect(parseDuration(writeDuration(ns))).toBe(ns);
        expect(parseDuration(writeGoDuration(ns))).toBe(ns);
      }),
    );
    expect(writeGoDuration(7 * 24 * HOUR_NS)).toBe('168h');
    expect(writeDuration(7 * 24 * HOUR_NS)).toBe('7d');
  });
});

describe('sizes', () => {
  it('are decimal, or binary with an i', () => {
    expect(parseByteSize('24 GB')).toBe(24e9);
    expect(parseByteSize('512MiB')).toBe(512 * 1024 ** 2);
    expect(parseByteSize('1.5k')).toBe(1500);
    for (const text of ['', 'GB', '1ib', '1.2.3', '-1', '99999999 PB']) expect(parseByteSize(text), text).toBeNull();
  });

  it('are read back as written', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseByteSize(writeByteSize(bytes)) === bytes));
  });
});

describe('a draft of a stream', () => {
  it('says only what differs from the defaults', () => {
    const { config, problems } = readDraft(draftWith({ name: 'ORDERS', subjects: 'orders.> inventory.sku.*', max_age: '1h' }));
    expect(problems).toEqual({});
    expect(config).toEqual({
      name: 'ORDERS',
      subjects: ['orders.>', 'inventory.sku.*'],
      storage: 'file',
      retention: 'limits',
      discard: 'old',
      compression: 'none',
      max_age: HOUR_NS,
      allow_direct: true,
    });
  });

  it('names every field that is wrong', () => {
    const { problems } = readDraft(draftWith({ name: 'a.b', max_bytes: 'many', max_age: '5', max_msgs: '1.5' }));
    expect(Object.keys(problems).sort()).toEqual(['max_age', 'max_bytes', 'max_msgs', 'name']);
    expect(readDraft(emptyDraft()).problems['name']).toBe('A stream needs a name');
  });

  it('gives back an existing configuration whole, with fields that the form does not show', () => {
    const held = { ...HELD, sources: [{ name: 'EU' }], metadata: { owner: 'shop' } };
    expect(readDraft(draftOf(held), { isWhole: true }).config).toEqual({
      ...held,
      description: '',
      allow_atomic: false,
      allow_msg_schedules: false,
      allow_msg_counter: false,
      discard_new_per_subject: false,
    });
  });

  it('takes JSON by hand and says what is wrong with it', () => {
    expect(readConfigJson('{"name":"A"}')).toEqual({ name: 'A' });
    expect(readConfigJson('[1]')).toContain('object');
    expect(readConfigJson('{"name"')).toEqual(expect.any(String));
  });
});

describe('what an existing stream refuses', () => {
  const reasonOf = (key: string, held: string) => {
    const field = configFields.find((each) => each.key === key);
    if (field === undefined) throw new Error(`no field ${key}`);
    return lockReason(field, held);
  };
  it('is marked with the reason', () => {
    expect(reasonOf('storage', 'file')).toBe('Fixed when the stream was created');
    expect(reasonOf('deny_delete', 'true')).toBe('Cannot be turned off again');
    expect(reasonOf('deny_delete', '')).toBeNull();
    expect(reasonOf('retention', 'workqueue')).toBe('A work queue stays one');
    expect(reasonOf('retention', 'limits')).toBeNull();
    expect(reasonOf('max_age', '1h')).toBeNull();
  });
});

describe('the difference of two configurations', () => {
  it('is told in words of the form', () => {
    const after = {
      ...HELD,
      max_bytes: -1,
      max_age: 2 * HOUR_NS,
      subjects: ['orders.>'],
      deny_purge: true,
      metadata: { a: 'b' },
    };
    expect(configChanges(HELD, after).map(({ key, before, after: next }) => [key, before, next])).toEqual([
      ['subjects', 'orders.> inventory.sku.*', 'orders.>'],
      ['max_bytes', '24 GB', 'no limit'],
      ['max_age', '1h', '2h'],
      ['deny_purge', 'off', 'on'],
      ['metadata', 'none', '{"a":"b"}'],
    ]);
    expect(configChanges(HELD, HELD)).toEqual([]);
  });
});

describe('the command', () => {
  it('creates what the form would', () => {
    const { config } = readDraft(draftWith({ name: 'ORDERS', subjects: 'orders.>', max_bytes: '1 GB', retention: 'workqueue' }));
    expect(addCommand(config)).toBe(
      "nats stream add ORDERS --subjects='orders.>' --storage=file --retention=work --discard=old --compression=none --max-bytes=1000000000 --defaults",
    );
    expect(addCommand({ name: 'A', storage: 'file' })).toContain('--no-allow-direct');
    expect(addCommand({ name: 'A', sources: [{ name: 'B' }] })).toBe('nats stream add A --config=stream.json');
  });

  it('edits only what changed', () => {
    expect(editCommand('ORDERS', { ...HELD, max_age: 2 * HOUR_NS, deny_purge: true }, ['max_age', 'deny_purge'])).toBe(
      'nats stream edit ORDERS --max-age=2h --deny-purge',
    );
    // The command has no such flags for a stream that exists.
    expect(editCommand('ORDERS', { ...HELD, retention: 'interest' }, ['retention'])).toBe(
      'nats stream edit ORDERS --config=stream.json',
    );
  });

  it('purges by subject, sequence or number to keep, and is safe in a shell', () => {
    expect(purgeCommand('ORDERS', { subject: 'orders.*', keep: 10 })).toBe(
      "nats stream purge ORDERS --subject='orders.*' --keep=10",
    );
    expect(purgeCommand('ORDERS', { seq: 7 })).toBe('nats stream purge ORDERS --seq=7');
    expect(quoted("it's $HOME")).toBe("'it'\\''s $HOME'");
  });
});
