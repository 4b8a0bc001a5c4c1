/** What the API takes, at the edges; the API's own tests hold the answers to their schemas. */
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { PAGE_LIMIT_MAX, roleAllows, roles } from '../../src/console/index.ts';
import {
  configChangeSchema,
  connectionsQuerySchema,
  createUserSchema,
  liveClientMessageSchema,
  messagesQuerySchema,
  publishRequestSchema,
  putSchema,
  streamParamsSchema,
} from '../../src/console/schemas/index.ts';

describe('roles', () => {
  it('rise: each may do what the ones before it may', () => {
    const table = roles.map((held) => roles.map((needed) => roleAllows(held, needed)));
    expect(table).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  });
});

describe('requests', () => {
  const publish = { subject: 'a', encoding: 'utf8', payload: '' };

  it.each([
    ['the largest page', connectionsQuerySchema, { limit: PAGE_LIMIT_MAX }, true],
    ['a page too large', connectionsQuerySchema, { limit: PAGE_LIMIT_MAX + 1 }, false],
    ['a page of nothing', connectionsQuerySchema, { limit: 0 }, false],
    ['a password of 12', createUserSchema, { username: 'a', role: 'viewer', password: 'x'.repeat(12) }, true],
    ['a password of 11', createUserSchema, { username: 'a', role: 'viewer', password: 'x'.repeat(11) }, false],
    ['a password of 257', createUserSchema, { username: 'a', role: 'viewer', password: 'x'.repeat(257) }, false],
    ['a name with a slash', createUserSchema, { username: 'a/b', role: 'viewer', password: 'x'.repeat(12) }, false],
    ['an unknown role', createUserSchema, { username: 'a', role: 'root', password: 'x'.repeat(12) }, false],
    ['64 headers', publishRequestSchema, { ...publish, headers: Array(64).fill(['A', 'b']) }, true],
    ['65 headers', publishRequestSchema, { ...publish, headers: Array(65).fill(['A', 'b']) }, false],
    ['a user to run as', publishRequestSchema, { ...publish, runAs: { kind: 'user', username: 'a', password: '' } }, true],
    ['a user without a password', publishRequestSchema, { ...publish, runAs: { kind: 'user', username: 'a' } }, false],
    ['a change of nothing', configChangeSchema, { revision: 0 }, true],
    ['a change without a revision', configChangeSchema, { settings: {} }, false],
    ['a setting that is no scalar', configChangeSchema, { revision: 0, settings: { a: [] } }, false],
    ['an acknowledgement', liveClientMessageSchema, { type: 'ack', id: 1, seq: 1 }, true],
    ['an id beyond 32 bits', liveClientMessageSchema, { type: 'ack', id: 2 ** 32, seq: 1 }, false],
    ['a stream with a dot in its name', streamParamsSchema, { stream: 'a.b' }, false],
    ['a stream with a slash in its name', streamParamsSchema, { stream: 'a/b' }, false],
    ['a stream with a wildcard in its name', streamParamsSchema, { stream: 'a>' }, false],
    ['a stream of MQTT', streamParamsSchema, { stream: '$MQTT_msgs' }, true],
    ['501 messages', messagesQuerySchema, { limit: 501 }, false],
    ['sequence 0', messagesQuerySchema, { seq: 0 }, false],
    ['a sequence beyond 2^53', messagesQuerySchema, { seq: 2 ** 53 }, false],
    ['a key that must be new', putSchema, { key: 'a.b', encoding: 'utf8', payload: '', expectedRevision: 0 }, true],
    ['a key with a blank', putSchema, { key: 'a b', encoding: 'utf8', payload: '' }, false],
    ['a watch of a bucket', liveClientMessageSchema, { type: 'subscribe', id: 1, topic: 'kv', kv: { bucket: 'a' } }, true],
    ['a watch of a path', liveClientMessageSchema, { type: 'subscribe', id: 1, topic: 'kv', kv: { bucket: 'a.b' } }, false],
    [
      'a tap of 33 subjects',
      liveClientMessageSchema,
      { type: 'subscribe', id: 1, topic: 'tap', tap: { subjects: Array(33).fill('a') } },
      false,
    ],
  ])('are taken or refused as they should with %s', (_name, schema, value, isTaken) => {
    expect(Compile(schema).Check(value)).toBe(isTaken);
  });
});
