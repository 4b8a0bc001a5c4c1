/**
 * Feature flags of nats-server 2.15. One of them changes what a client of a single server sees, `js_ack_fc_v2`; the others are about how
 * servers of a cluster write their logs, and are shown as they were set. Source: nats-server server/feature_flags.go, and 2.15.1 live.
 */

/** The defaults. */
const DEFAULTS: Readonly<Record<string, boolean>> = {
  js_ack_fc_v2: false,
  js_api_reply_v2: false,
  js_raft_delete_range: true,
  js_snapshot_sources: false,
};

/** What is in force: what was set over the defaults. Flags that nobody knows are left out. */
export function mergedFeatureFlags(set: Readonly<Record<string, boolean>> = {}): Record<string, boolean> {
  return Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, set[name] ?? value]));
}

/** The lines of a start about flags that were set. */
export function featureFlagLines(set: Readonly<Record<string, boolean>> = {}): string[] {
  const names = Object.keys(set).sort();
  if (names.length === 0) return [];
  const configured = names.filter((name) => name in DEFAULTS).map((name) => `${name} (${wordFor(name, set[name] === true)})`);
  const unsupported = names.filter((name) => !(name in DEFAULTS));
  return [
    '  Feature flags:',
    `    Configured:    ${configured.length === 0 ? 'none' : configured.join(', ')}`,
    ...(unsupported.length === 0 ? [] : [`    Unsupported:   ${unsupported.join(', ')}`]),
  ];
}

function wordFor(name: string, isOn: boolean): string {
  if (DEFAULTS[name] === true) return isOn ? 'enabled' : 'opt-out';
  return isOn ? 'opt-in' : 'disabled';
}
