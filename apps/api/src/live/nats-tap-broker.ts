/** The broker's tap service, asked over NATS as the system user. */
import { createInbox } from '@nats-io/transport-node';
import type { CapabilityProbe } from '../nats/capability-probe.ts';
import type { NatsContext } from '../nats/nats-context.ts';
import type { TapBroker } from './tap-topic.ts';

/** `ask` goes to the server that offers taps now: after a restart that is another id. */
export function natsTapBroker(nats: NatsContext, probe: CapabilityProbe): TapBroker {
  return {
    async ask(action, body) {
      const serverId = probe.serverWith('tap');
      if (serverId === undefined) return { ok: false, error: { kind: 'no_responders', message: 'the server offers no tap' } };
      return nats.ask(`TAP.${action}`, body, serverId);
    },
    deliverTo(onBatch) {
      const subject = createInbox();
      return { subject, stop: nats.subscribe(subject, (message) => onBatch(message.data)) };
    },
    isThere: () => nats.isConnected && probe.serverWith('tap') !== undefined,
  };
}
