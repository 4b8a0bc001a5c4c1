/** The `mqtt` block. Source: nats-server server/opts.go parseMQTT. */
import type { MqttSettings } from './feature-settings.ts';
import { boolean, defineFields, duration, integer, listenAt, readFields, readInteger, text, wrongType } from './fields.ts';
import { type SimpleAuth, simpleAuthFields } from './simple-auth.ts';
import { readTls } from './tls.ts';

const MAX_UINT16 = 0xffff;

export const mqttFields = defineFields<MqttSettings>({
  ...listenAt(),
  tls: (node, draft, report) => {
    const tls = readTls(node, report);
    if (tls !== undefined) draft.tls = tls;
  },
  'authorization authentication': (node, draft, report) => {
    if (node.value.kind !== 'map') {
      return wrongType(node, 'map[string]interface {}', report);
    }
    const auth: SimpleAuth = {};
    readFields(simpleAuthFields, node.value, auth, report);
    const { timeoutMs, ...names } = auth;
    Object.assign(draft, names, timeoutMs === undefined ? {} : { authTimeoutMs: timeoutMs });
  },
  no_auth_user: text((draft, value) => {
    draft.noAuthUser = value;
  }),
  'ack_wait ackwait': duration('ack_wait', (draft, ms) => {
    draft.ackWaitMs = ms;
  }),
  'js_api_timeout api_timeout': duration('js_api_timeout', (draft, ms) => {
    draft.apiTimeoutMs = ms;
  }),
  'max_ack_pending max_pending max_inflight': (node, draft, report) => {
    const value = readInteger(node, report);
    if (value === undefined) return;
    if (value >= 0 && value <= MAX_UINT16) draft.maxAckPending = value;
    else report.error(node, `invalid value ${value}, should in [0..${MAX_UINT16}] range`);
  },
  js_domain: text((draft, value) => {
    draft.jsDomain = value;
  }),
  stream_replicas: integer((draft, value) => {
    draft.streamReplicas = value;
  }),
  consumer_replicas: (node, _draft, report, key) => {
    report.misuse(node, key, 'consumer replicas setting ignored in this server version');
  },
  consumer_memory_storage: boolean((draft, value) => {
    draft.isConsumerMemoryStorage = value;
  }),
  'consumer_inactive_threshold consumer_auto_cleanup': duration('consumer_inactive_threshold', (draft, ms) => {
    draft.consumerInactiveThresholdMs = ms;
  }),
  reject_qos2_publish: boolean((draft, value) => {
    draft.rejectQos2Publish = value;
  }),
  downgrade_qos2_subscribe: boolean((draft, value) => {
    draft.downgradeQos2Subscribe = value;
  }),
});
