/** The `jetstream` block of the server. Source: nats-server server/opts.go parseJetStream. */
import { NS_PER_MS, parseDuration } from '@sluice/protocol';
import type { ConfigNode } from '@sluice/protocol/config';
import type { JetStreamSettings } from './feature-settings.ts';
import { boolean, defineFields, type FieldReader, integer, readDuration, readFields, text } from './fields.ts';
import { goText, goType } from './go-values.ts';
import { type ConfigReport, quoted } from './report.ts';

/** `max_concurrent_io` must lie between these. */
const MIN_CONCURRENT_IO = 4;
const MAX_CONCURRENT_IO = 8192;
/** nats-server syncs this often unless told otherwise. */
const DEFAULT_SYNC_INTERVAL_MS = 120_000;
const SIZE_SHIFT: Readonly<Record<string, number>> = { K: 10, M: 20, G: 30, T: 40 };

/** On, off, or a block. */
export function readJetStream(node: ConfigNode, draft: JetStreamSettings, report: ConfigReport): void {
  const { value } = node;
  if (value.kind === 'boolean') draft.isEnabled = value.value;
  else if (value.kind === 'string') {
    if (!/^(en|dis)abled?$/i.test(value.text)) {
      return report.error(node, `Expected 'enabled' or 'disabled' for string value, got '${value.text}'`);
    }
    draft.isEnabled = /^e/i.test(value.text);
  } else if (value.kind === 'map') {
    draft.isEnabled = true;
    readFields(jetStreamFields, value, draft, report);
  } else report.error(node, `Expected map, bool or string to define JetStream, got ${goType(value)}`);
}

/** The folder may be named here or at the top level, once. */
export function setStoreDir(node: ConfigNode, draft: JetStreamSettings, report: ConfigReport): void {
  text<JetStreamSettings>((target, value) => {
    if (target.storeDir !== undefined) report.error(node, "Duplicate 'store_dir' configuration");
    else target.storeDir = value;
  })(node, draft, report, 'store_dir');
}

/** A number of bytes, or a text such as `10G`. */
function readStorageSize(node: ConfigNode, name: string, report: ConfigReport): number | undefined {
  const { value } = node;
  if (value.kind === 'integer') return Number(value.value);
  if (value.kind !== 'string') {
    report.error(node, `${name} must be int64 or string`);
    return undefined;
  }
  if (value.text === '') return 0;
  const digits = value.text.slice(0, -1);
  const shift = SIZE_SHIFT[value.text.slice(-1)];
  if (!/^[+-]?\d{1,18}$/.test(digits)) {
    report.error(node, `${name} strconv.ParseInt: parsing ${quoted(digits)}: invalid syntax`);
  } else if (shift === undefined) report.error(node, `${name} sizes defined as strings must end in K, M, G, T`);
  else return Number(digits) * 2 ** shift;
  return undefined;
}

const storageSize = (
  name: string | undefined,
  set: (draft: JetStreamSettings, bytes: number) => void,
): FieldReader<JetStreamSettings> => {
  return (node, draft, report, key) => {
    const bytes = readStorageSize(node, name ?? key.toLowerCase(), report);
    if (bytes !== undefined) set(draft, bytes);
  };
};

const count = (set: (draft: JetStreamSettings, value: number) => void): FieldReader<JetStreamSettings> => {
  return (node, draft, report, key) => {
    if (node.value.kind === 'integer') set(draft, Number(node.value.value));
    else report.error(node, `Expected a parseable size for ${quoted(key)}, got ${goText(node.value)}`);
  };
};

const absolute = (node: ConfigNode, key: string, report: ConfigReport): void => {
  report.error(node, `Expected an absolute size for ${quoted(key)}, got ${goText(node.value)}`);
};

const cipherField: FieldReader<JetStreamSettings> = (node, draft, report, key) => {
  text<JetStreamSettings>((target, value) => {
    if (/^chacha(poly)?$/i.test(value)) target.cipher = 'chacha';
    else if (/^aes$/i.test(value)) target.cipher = 'aes';
    else report.error(node, `Unknown cipher type: ${quoted(value)}`);
  })(node, draft, report, key);
};

const jetStreamFields = defineFields<JetStreamSettings>({
  strict: (node, draft, report) => {
    if (node.value.kind === 'boolean') draft.isStrict = node.value.value;
    else report.error(node, `Expected 'true' or 'false' for bool value, got '${goText(node.value)}'`);
  },
  'store store_dir storedir': setStoreDir,
  'sync sync_interval': (node, draft, report, key) => {
    draft.syncAlways = node.value.kind === 'string' && node.value.text.toLowerCase() === 'always';
    const ms = draft.syncAlways ? DEFAULT_SYNC_INTERVAL_MS : readDuration(node, key, report);
    if (ms !== undefined) draft.syncIntervalMs = ms;
  },
  'max_memory_store max_mem_store max_mem': storageSize('max_mem_store', (draft, bytes) => {
    draft.maxMemoryBytes = bytes;
  }),
  'max_file_store max_file': storageSize('max_file_store', (draft, bytes) => {
    draft.maxStoreBytes = bytes;
  }),
  domain: text((draft, value) => {
    draft.domain = value;
  }),
  'enable enabled': boolean((draft, value) => {
    draft.isEnabled = value;
  }),
  'key ek encryption_key': text((draft, value) => {
    draft.encryptionKey = value;
  }),
  'prev_key prev_ek prev_encryption_key': text((draft, value) => {
    draft.previousEncryptionKey = value;
  }),
  cipher: cipherField,
  extension_hint: text((draft, value) => {
    draft.extensionHint = value;
  }),
  limits: (node, draft, report) => {
    if (node.value.kind !== 'map') {
      return report.error(node, `Expected a map to define JetStreamLimits, got ${goType(node.value)}`);
    }
    draft.limits = {};
    readFields(limitFields, node.value, draft.limits, report);
  },
  tpm: (node, draft, report) => {
    if (node.value.kind === 'map') readFields(tpmFields, node.value, draft, report);
    else report.error(node, `Expected a map to define JetStreamLimits, got ${goType(node.value)}`);
  },
  unique_tag: text((draft, value) => {
    draft.uniqueTag = value.trim().toLowerCase();
  }),
  max_outstanding_catchup: storageSize(undefined, (draft, bytes) => {
    draft.maxCatchupBytes = bytes;
  }),
  max_buffered_size: storageSize(undefined, (draft, bytes) => {
    draft.maxBufferedBytes = bytes;
  }),
  max_buffered_msgs: count((draft, value) => {
    draft.maxBufferedMessages = value;
  }),
  request_queue_limit: count((draft, value) => {
    draft.requestQueueLimit = value;
  }),
  info_queue_limit: count((draft, value) => {
    draft.infoQueueLimit = value;
  }),
  meta_compact: (node, draft, report, key) => {
    if (node.value.kind !== 'integer' || node.value.value < 0n) absolute(node, key, report);
    else draft.metaCompact = Number(node.value.value);
  },
  meta_compact_size: (node, draft, report, key) => {
    const bytes = readStorageSize(node, key.toLowerCase(), report);
    if (bytes === undefined) return;
    if (bytes < 0) absolute(node, key, report);
    else draft.metaCompactBytes = bytes;
  },
  meta_compact_sync: boolean((draft, value) => {
    draft.metaCompactSync = value;
  }),
  max_concurrent_io: (node, draft, report, key) => {
    const value = node.value.kind === 'integer' ? Number(node.value.value) : Number.NaN;
    if (value >= MIN_CONCURRENT_IO && value <= MAX_CONCURRENT_IO) draft.maxConcurrentIo = value;
    else {
      const range = `between ${MIN_CONCURRENT_IO} and ${MAX_CONCURRENT_IO}`;
      report.error(node, `Expected an absolute size for ${quoted(key)} ${range}, got ${goText(node.value)}`);
    }
  },
});

type Limits = NonNullable<JetStreamSettings['limits']>;

/** An error here has no place: so it is in nats-server. */
const plainDuration = (set: (draft: Limits, ms: number) => void): FieldReader<Limits> => {
  return (node, draft, report, key) => {
    text<Limits>((target, value) => {
      const parsed = parseDuration(value);
      if (parsed.ok) set(target, parsed.ns / NS_PER_MS);
      else report.error(undefined, parsed.error);
    })(node, draft, report, key);
  };
};

const limitFields = defineFields<Limits>({
  max_ack_pending: integer((draft, value) => {
    draft.maxAckPending = value;
  }),
  max_ha_assets: integer((draft, value) => {
    draft.maxHaAssets = value;
  }),
  max_request_batch: integer((draft, value) => {
    draft.maxRequestBatch = value;
  }),
  duplicate_window: plainDuration((draft, ms) => {
    draft.duplicateWindowMs = ms;
  }),
  batch: (node, draft, report) => {
    if (node.value.kind === 'map') readFields(batchFields, node.value, draft, report);
    else report.error(node, `Expected a map to define batch limits, got ${goType(node.value)}`);
  },
});

const batchFields = defineFields<Limits>({
  max_inflight_per_stream: integer((draft, value) => {
    draft.maxBatchInflightPerStream = value;
  }),
  max_inflight_total: integer((draft, value) => {
    draft.maxBatchInflightTotal = value;
  }),
  max_msgs: integer((draft, value) => {
    draft.maxBatchMessages = value;
  }),
  timeout: plainDuration((draft, ms) => {
    draft.batchTimeoutMs = ms;
  }),
});

const tpmFields = defineFields<JetStreamSettings>({
  keys_file: text(() => undefined),
  encryption_password: text(() => undefined),
  srk_password: text(() => undefined),
  pcr: integer(() => undefined),
  cipher: cipherField,
});
