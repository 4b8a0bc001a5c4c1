/** Feature flags as nats-server 2.15 reports them, at its defaults: each switches a part of JetStream that is not here yet. */
export const featureFlags: Readonly<Record<string, boolean>> = {
  js_ack_fc_v2: false,
  js_api_reply_v2: false,
  js_raft_delete_range: true,
  js_snapshot_sources: false,
};
