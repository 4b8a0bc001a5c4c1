/** What is measured: one row of the table each. `messages` is for one round and is multiplied by `--scale`. */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {'throughput' | 'request'} kind
 * @property {number} messages
 * @property {number} [sizeBytes]
 * @property {number} [receivers]
 * @property {boolean} [isQueue]
 * @property {number} [subjects] more than one: published to in random order
 * @property {number} [underWay] requests that wait for their answer at once
 * @property {object} [sampling] of the tap that is open meanwhile; such rows run on Sluice only
 * @property {string} [comparedWith] row of the same server that the ratio is against
 */

/** @type {readonly Row[]} */
export const rows = [
  { name: 'pub-16', kind: 'throughput', messages: 2e7, sizeBytes: 16 },
  { name: 'pub-128', kind: 'throughput', messages: 1.2e7, sizeBytes: 128 },
  { name: 'pub-1k', kind: 'throughput', messages: 3e6, sizeBytes: 1024 },
  { name: 'pubsub-16', kind: 'throughput', messages: 6e6, sizeBytes: 16, receivers: 1 },
  { name: 'pubsub-128', kind: 'throughput', messages: 3e6, sizeBytes: 128, receivers: 1 },
  { name: 'pubsub-1k', kind: 'throughput', messages: 1e6, sizeBytes: 1024, receivers: 1 },
  { name: 'mixed-128', kind: 'throughput', messages: 2e6, sizeBytes: 128, receivers: 1, subjects: 100 },
  { name: 'fan8-128', kind: 'throughput', messages: 8e5, sizeBytes: 128, receivers: 8 },
  { name: 'queue4-128', kind: 'throughput', messages: 2.5e6, sizeBytes: 128, receivers: 4, isQueue: true },
  { name: 'req-1', kind: 'request', messages: 2e4, underWay: 1 },
  { name: 'req-64', kind: 'request', messages: 2e5, underWay: 64 },
  {
    name: 'tap-rate',
    kind: 'throughput',
    messages: 6e6,
    sizeBytes: 128,
    receivers: 1,
    sampling: { mode: 'rate', per_second: 1000 },
    comparedWith: 'pubsub-128',
  },
  {
    name: 'tap-all',
    kind: 'throughput',
    messages: 6e6,
    sizeBytes: 128,
    receivers: 1,
    sampling: { mode: 'all' },
    comparedWith: 'pubsub-128',
  },
];
