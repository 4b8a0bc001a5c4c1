/** The short `authorization` block of WebSocket and MQTT listeners. Source: nats-server server/opts.go parseSimpleAuth. */
import { defineFields, text } from './fields.ts';

export interface SimpleAuth {
  user?: string;
  password?: string;
  token?: string;
  timeoutMs?: number;
}

export const simpleAuthFields = defineFields<SimpleAuth>({
  'user username': text((draft, value) => {
    draft.user = value;
  }),
  'pass password': text((draft, value) => {
    draft.password = value;
  }),
  token: text((draft, value) => {
    draft.token = value;
  }),
  // A timeout of another type counts as one second: so it is in nats-server.
  timeout: (node, draft) => {
    const { value } = node;
    draft.timeoutMs = value.kind === 'integer' || value.kind === 'float' ? Number(value.value) * 1000 : 1000;
  },
});
