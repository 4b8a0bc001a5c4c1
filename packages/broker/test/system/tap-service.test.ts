/** Taps over NATS: opened by a system user, delivered in batches, kept by credits, seen by nobody else. */
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { decodeTapBatch, type TapCounters, type TapMessageBytes, type TapOpened } from '@sluice/protocol';
import { describe, expect, it } from 'vitest';
import { MAX_TAPS } from '../../src/system/tap/tap-service.ts';
import { collect, useSystem } from '../support/use-system.ts';

const system = useSystem();
const { ask } = system;

interface Reader {
  readonly tapId: string;
  readonly seen: readonly Msg[];
  first(count: number): Promise<Msg[]>;
  messages(): TapMessageBytes[];
  lastHeader(): ReturnType<typeof decodeTapBatch>['header'] | undefined;
}

let inboxes = 0;

async function open(sys: NatsConnection, request: Record<string, unknown>): Promise<Reader> {
  const deliver_subject = `_INBOX.tap.${++inboxes}`;
  const batches = collect(sys, deliver_subject);
  await sys.flush();
  const answer = await ask('TAP.OPEN', { account: 'A', batch_ms: 20, deliver_subject, ...request });
  expect(answer.error).toBeUndefined();
  const { tap_id } = answer.data as unknown as TapOpened;
  const decoded = () => batches.seen.map((message) => decodeTapBatch(message.data));
  return {
    tapId: tap_id,
    seen: batches.seen,
    first: batches.first,
    messages: () => decoded().flatMap((batch) => batch.messages),
    lastHeader: () => decoded().at(-1)?.header,
  };
}

async function untilShown(reader: Reader, count: number): Promise<void> {
  for (let turn = 1; reader.messages().length < count; turn++) await reader.first(turn);
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

async function close(reader: Reader): Promise<TapCounters> {
  return (await ask('TAP.CLOSE', { tap_id: reader.tapId })).data as unknown as TapCounters;
}

describe('a tap over NATS', () => {
  it('shows what is published in its account and nothing of other accounts', async () => {
    const sys = await system.client('sys');
    const [a, b] = await Promise.all([system.client('a'), system.client('b')]);
    const reader = await open(sys, { subjects: ['>'] });
    b.publish('orders.b', 'not here');
    await b.flush();
    a.publish('orders.a', 'here', { reply: 'back' });
    await untilShown(reader, 1);
    const [message] = reader.messages();
    expect([text(message?.subject), text(message?.reply), text(message?.payload)]).toEqual(['orders.a', 'back', 'here']);
    expect(message?.cid).toBe(a.info?.client_id);
    expect(await close(reader)).toMatchObject({ matched: 1, shown: 1, sampled_out: 0, dropped: 0, matched_bytes: 4 });
  });

  it('is no interest: a request that nobody answers still says so', async () => {
    const reader = await open(await system.client('sys'), { subjects: ['>'] });
    const a = await system.client('a');
    await expect(a.request('nobody.home', 'x', { timeout: 5000 })).rejects.toThrow('no responders');
    await untilShown(reader, 1);
    expect(text(reader.messages()[0]?.subject)).toBe('nobody.home');
    await close(reader);
  });

  it('sees a message once although several of its patterns match', async () => {
    const reader = await open(await system.client('sys'), { subjects: ['a.*', '*.b', 'a.b'] });
    const a = await system.client('a');
    a.publish('a.b', '1');
    a.publish('a.c', '2');
    a.publish('c.b', '3');
    a.publish('c.c', '4');
    await a.flush();
    await untilShown(reader, 3);
    expect(reader.messages().map((message) => text(message.payload))).toEqual(['1', '2', '3']);
    expect(await close(reader)).toMatchObject({ matched: 3 });
  });

  it('sees messages to subscribers too, whether cached or not', async () => {
    const reader = await open(await system.client('sys'), { subjects: ['busy'] });
    const a = await system.client('a');
    const got = collect(a, 'busy');
    await a.flush();
    for (let index = 0; index < 500; index++) a.publish('busy', `${index}`);
    await got.first(500);
    await untilShown(reader, 500);
    expect(reader.messages().map((message) => text(message.payload))).toEqual(
      Array.from({ length: 500 }, (_, index) => `${index}`),
    );
    await close(reader);
  });

  it('stops without credit, drops what finds no room, and goes on when the reader acknowledges', async () => {
    const sys = await system.client('sys');
    const reader = await open(sys, { subjects: ['s'], credits: 1, max_payload: 1_000_000 });
    const a = await system.client('a');
    a.publish('s', 'first');
    await reader.first(1);
    const large = new Uint8Array(900_000);
    for (let index = 0; index < 5; index++) a.publish('s', large);
    await a.flush();
    const waiting = (await ask('TAP.CREDIT', { tap_id: reader.tapId, batch_seq: 0 })).data as unknown as TapCounters;
    expect(waiting).toMatchObject({ shown: 1, dropped: 3 });
    expect(reader.seen.length).toBe(1);
    await ask('TAP.CREDIT', { tap_id: reader.tapId, batch_seq: 1 });
    await reader.first(2);
    expect(reader.lastHeader()).toMatchObject({ batchSeq: 2, matched: 6, shown: 3, dropped: 3, count: 2 });
    await close(reader);
  });

  it('tells the counters although nothing is shown', async () => {
    const reader = await open(await system.client('sys'), { subjects: ['s'], sampling: { mode: 'every', n: 1000 } });
    const a = await system.client('a');
    a.publish('s', 'x');
    await reader.first(1);
    expect(reader.lastHeader()).toMatchObject({ count: 0, matched: 1, sampledOut: 1, shown: 0 });
    await close(reader);
  });

  it('takes other subjects and sampling while it is open', async () => {
    const reader = await open(await system.client('sys'), { subjects: ['old'] });
    const a = await system.client('a');
    a.publish('old', '1');
    await untilShown(reader, 1);
    const updated = await ask('TAP.UPDATE', { tap_id: reader.tapId, subjects: ['new'], filter: { contains: 'yes' } });
    expect(updated.data).toMatchObject({ matched: 1, shown: 1 });
    a.publish('old', 'yes');
    a.publish('new', 'no');
    a.publish('new', 'yes');
    await untilShown(reader, 2);
    expect(reader.messages().map((message) => text(message.payload))).toEqual(['1', 'yes']);
    await close(reader);
  });

  it('leaves its own traffic out of a tap on the system account', async () => {
    const sys = await system.client('sys');
    // Everything that a tap causes, and not the events that the server sends at times of its own.
    const reader = await open(sys, { account: '$SYS', subjects: ['real.>', '_INBOX.>', '$SYS.REQ.>'] });
    sys.publish('real.traffic', 'x');
    await untilShown(reader, 1);
    await ask('TAP.CREDIT', { tap_id: reader.tapId, batch_seq: 1 });
    sys.publish('real.traffic', 'y');
    await untilShown(reader, 2);
    const counters = await close(reader);
    expect(reader.messages().map((message) => text(message.subject))).toEqual(['real.traffic', 'real.traffic']);
    expect(counters.matched).toBe(2);
  });

  it('leaves the figures that are compared with nats-server alone', async () => {
    const tapped = system.broker.server.accounts.get('A');
    const before = tapped?.sublist.count;
    const reader = await open(await system.client('sys'), { subjects: ['>', 'x'] });
    expect(tapped?.sublist.count).toBe(before);
    expect((await ask('ACCOUNTZ', { account: 'A' })).data).toMatchObject({ account_detail: { subscriptions: before } });
    await close(reader);
  });

  it('refuses what it cannot do, with the name of the field', async () => {
    const refused = async (request: Record<string, unknown>) =>
      (await ask('TAP.OPEN', { subjects: ['>'], deliver_subject: 'd', ...request })).error?.description;
    expect(await refused({ subjects: [] })).toBe('subjects must be a list of 1 to 32 subjects');
    expect(await refused({ subjects: ['a..b'] })).toBe('subjects holds "a..b", which is no valid subject');
    expect(await refused({ deliver_subject: 'a.*' })).toBe('deliver_subject must be a subject without wildcards');
    expect(await refused({ batch_ms: 5 })).toBe('batch_ms must be a whole number from 20 to 1000');
    expect(await refused({ credits: 65 })).toBe('credits must be a whole number from 1 to 64');
    expect(await refused({ max_payload: -1 })).toBe('max_payload must be a whole number from 0 to 67108864');
    expect(await refused({ sampling: { mode: 'some' } })).toBe('sampling.mode must be all, rate or every');
    expect(await refused({ sampling: { mode: 'rate' } })).toBe('sampling.per_second must be a whole number from 1 to 1000000');
    expect(await refused({ account: 'NONE' })).toBe('account "NONE" does not exist');
    expect((await ask('TAP.OPEN', 'no json')).error?.description).toBe('the request is no JSON');
    expect((await ask('TAP.CLOSE', { tap_id: 'gone' })).error?.code).toBe(400);
  });

  it('opens so many taps and no more', async () => {
    const sys = await system.client('sys');
    const readers = await Promise.all(Array.from({ length: MAX_TAPS }, () => open(sys, { subjects: ['s'] })));
    const refused = await ask('TAP.OPEN', { subjects: ['s'], deliver_subject: 'd', account: 'A' });
    expect(refused.error?.description).toBe(`${MAX_TAPS} taps are open already`);
    for (const reader of readers) await close(reader);
    expect((await ask('STATSZ', { sluice: true })).statsz).toMatchObject({ sluice: { open_taps: 0 } });
  });

  it('is not there for users of other accounts', async () => {
    const a = await system.client('a');
    const subject = `$SYS.REQ.SERVER.${system.broker.id}.TAP.OPEN`;
    await expect(a.request(subject, '{}', { timeout: 5000 })).rejects.toThrow('no responders');
  });
});
