/** JetStream of one account: on or off, or limits. Source: nats-server server/opts.go parseJetStreamForAccount. */
import type { ConfigNode } from '@sluice/protocol/config';
import { type JetStreamAccountLimits, unlimitedAccount } from '../options.ts';
import { defineFields, type FieldReader, readFields } from './fields.ts';
import { goText, goType } from './go-values.ts';
import { type ConfigReport, quoted } from './report.ts';

type Draft = { -readonly [K in keyof JetStreamAccountLimits]: JetStreamAccountLimits[K] };

const size = (set: (draft: Draft, value: number) => void): FieldReader<Draft> => {
  return (node, draft, report, key) => {
    if (node.value.kind === 'integer') set(draft, Number(node.value.value));
    else report.error(node, `Expected a parseable size for ${quoted(key)}, got ${goText(node.value)}`);
  };
};

const fields = defineFields<Draft>({
  'max_memory max_mem mem memory': size((draft, value) => {
    draft.maxMemoryBytes = value;
  }),
  'max_store max_file max_disk store disk': size((draft, value) => {
    draft.maxStoreBytes = value;
  }),
  'max_streams streams': size((draft, value) => {
    draft.maxStreams = value;
  }),
  'max_consumers consumers': size((draft, value) => {
    draft.maxConsumers = value;
  }),
  'max_bytes_required max_stream_bytes max_bytes': (node, draft, report, key) => {
    if (node.value.kind === 'boolean') draft.isMaxBytesRequired = node.value.value;
    else report.error(node, `Expected a parseable bool for ${quoted(key)}, got ${goText(node.value)}`);
  },
  'mem_max_stream_bytes memory_max_stream_bytes': size((draft, value) => {
    draft.memoryMaxStreamBytes = value;
  }),
  'disk_max_stream_bytes store_max_stream_bytes': size((draft, value) => {
    draft.storeMaxStreamBytes = value;
  }),
  max_ack_pending: size((draft, value) => {
    draft.maxAckPending = value;
  }),
  cluster_traffic: (node, draft, report, key) => {
    const value = node.value.kind === 'string' ? node.value.text : undefined;
    if (value === 'owner') draft.clusterTraffic = 'owner';
    else if (value !== 'system' && value !== '') {
      const either = value === undefined ? 'either ' : '';
      report.error(node, `Expected ${either}'system' or 'owner' string value for ${quoted(key)}, got ${goText(node.value)}`);
    }
  },
});

/** The limits, or undefined when JetStream is off or the value is wrong. */
export function readAccountJetStream(node: ConfigNode, report: ConfigReport): JetStreamAccountLimits | undefined {
  const { value } = node;
  switch (value.kind) {
    case 'boolean':
      return value.value ? unlimitedAccount : undefined;
    case 'string':
      if (/^enabled?$/i.test(value.text)) return unlimitedAccount;
      if (!/^disabled?$/i.test(value.text)) {
        report.error(undefined, `Expected 'enabled' or 'disabled' for string value, got '${value.text}'`);
      }
      return undefined;
    case 'map': {
      const draft: Draft = { ...unlimitedAccount };
      readFields(fields, value, draft, report);
      return draft;
    }
    default:
      report.error(undefined, `Expected map, bool or string to define JetStream, got ${goType(value)}`);
      return undefined;
  }
}
