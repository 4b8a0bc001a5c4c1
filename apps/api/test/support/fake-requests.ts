/** A connection to the broker that answers from a table, for measuring without a broker. */
import type { JsonRecord } from '../../src/nats/json-fields.ts';
import type { ServiceAnswer, SystemRequests, Traffic } from '../../src/nats/nats-context.ts';

export class FakeRequests implements SystemRequests {
  isConnected = true;
  serverId = 'S';
  ownCid = 1;
  serverIds: readonly string[] = ['S'];
  own: Traffic = { inMsgs: 0, outMsgs: 0, inBytes: 0, outBytes: 0 };
  /** Every question in order. */
  readonly asked: { service: string; body: JsonRecord }[] = [];
  answers: Record<string, (body: JsonRecord, serverId: string) => JsonRecord | undefined> = {};

  ownTraffic(): Traffic {
    return this.own;
  }

  async ask(service: string, body: unknown = {}, serverId = this.serverId): Promise<ServiceAnswer<JsonRecord>> {
    const fields = { ...(body as JsonRecord) };
    this.asked.push({ service, body: fields });
    const value = this.isConnected ? this.answers[service]?.(fields, serverId) : undefined;
    return value === undefined ? { ok: false, error: { kind: 'timeout', message: 'no answer' } } : { ok: true, value };
  }

  request(subject: string, body: unknown): Promise<ServiceAnswer<JsonRecord>> {
    return this.ask(subject, body);
  }
}
