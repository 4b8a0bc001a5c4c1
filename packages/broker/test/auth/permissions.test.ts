/** Publish and subscribe rules: allow, deny, queues, replies, and the filter on deliveries. */
import { hashBytes } from '@sluice/protocol/wire';
import { describe, expect, it } from 'vitest';
import { ClientPermissions } from '../../src/auth/permissions.ts';
import type { Permissions } from '../../src/options.ts';
import { ManualClock } from '../support/manual-clock.ts';

const clock = new ManualClock();

function permissionsOf(permissions: Permissions): ClientPermissions {
  return new ClientPermissions(permissions, clock);
}

function mayPublish(permissions: ClientPermissions, subject: string): boolean {
  const bytes = Buffer.from(`##${subject}##`);
  return permissions.mayPublish(bytes, 2, bytes.length - 2, hashBytes(bytes, 2, bytes.length - 2));
}

function isDelivered(permissions: ClientPermissions, pattern: string, subject: string, queue = ''): boolean {
  const { isAllowed, denied, limitedTo } = permissions.checkSubscribe(pattern, queue);
  const bytes = Buffer.from(subject);
  const isCovered = (patterns: readonly string[]): boolean =>
    ClientPermissions.covers(patterns, { bytes, subjectStart: 0, subjectEnd: bytes.length });
  return isAllowed && (limitedTo === null || isCovered(limitedTo)) && (denied === null || !isCovered(denied));
}

function noteReply(permissions: ClientPermissions, reply: string): void {
  const bytes = Buffer.from(`##${reply}##`);
  permissions.noteReply(bytes, 2, bytes.length - 2);
}

describe('publish rules', () => {
  it('allow everything when no list is given', () => {
    expect(mayPublish(permissionsOf({}), 'a.b')).toBe(true);
    expect(mayPublish(permissionsOf({ publish: { allow: [], deny: [] } }), 'a.b')).toBe(true);
  });

  it('let deny win over allow', () => {
    const permissions = permissionsOf({ publish: { allow: ['a.>'], deny: ['a.secret.*'] } });
    expect(mayPublish(permissions, 'a.b')).toBe(true);
    expect(mayPublish(permissions, 'a.secret.x')).toBe(false);
    expect(mayPublish(permissions, 'a.secret.x.y')).toBe(true);
    expect(mayPublish(permissions, 'b')).toBe(false);
  });

  it('take wildcards in a published subject literally', () => {
    const permissions = permissionsOf({ publish: { allow: ['foo.bar', 'lit.*'], deny: [] } });
    expect(mayPublish(permissions, 'foo.*')).toBe(false);
    expect(mayPublish(permissions, '>')).toBe(false);
    expect(mayPublish(permissions, 'lit.>')).toBe(true);
  });

  it('take a star or greater-than inside a token literally', () => {
    const permissions = permissionsOf({ publish: { allow: ['foo*', 'bar.x>', 'mid.>.x'], deny: [] } });
    expect(mayPublish(permissions, 'foo*')).toBe(true);
    expect(mayPublish(permissions, 'foo1')).toBe(false);
    expect(mayPublish(permissions, 'bar.x>')).toBe(true);
    expect(mayPublish(permissions, 'bar.xy')).toBe(false);
    expect(mayPublish(permissions, 'mid.a.x')).toBe(false);
  });

  it('compare subjects byte by byte, also beyond ASCII', () => {
    const permissions = permissionsOf({ publish: { allow: ['größe.*'], deny: [] } });
    expect(mayPublish(permissions, 'größe.1')).toBe(true);
    expect(mayPublish(permissions, 'grösse.1')).toBe(false);
  });

  it('answer the same when asked again, from the cache', () => {
    const permissions = permissionsOf({ publish: { allow: ['a.*'], deny: ['a.b'] } });
    for (let round = 0; round < 3; round++) {
      expect(mayPublish(permissions, 'a.c')).toBe(true);
      expect(mayPublish(permissions, 'a.b')).toBe(false);
    }
  });

  it('do not mix up two subjects whose hashes are equal', () => {
    const permissions = permissionsOf({ publish: { allow: ['yes'], deny: [] } });
    const yes = Buffer.from('yes');
    const no = Buffer.from('nop');
    expect(permissions.mayPublish(yes, 0, 3, 7)).toBe(true);
    expect(permissions.mayPublish(no, 0, 3, 7)).toBe(false);
    expect(permissions.mayPublish(yes, 0, 3, 7)).toBe(true);
  });
});

describe('subscribe rules', () => {
  it('refuse a subject that no allow rule covers as a whole', () => {
    const permissions = permissionsOf({ subscribe: { allow: ['foo.*', 'bar.>'], deny: [] } });
    for (const subject of ['foo.a', 'foo.*', 'bar.a', 'bar.*', 'bar.>', 'bar.*.x.>']) {
      expect(permissions.checkSubscribe(subject, '').isAllowed, subject).toBe(true);
    }
    for (const subject of ['foo', 'foo.a.b', '*', '>', '*.a', 'bar', 'foo.*.>']) {
      expect(permissions.checkSubscribe(subject, '').isAllowed, subject).toBe(false);
    }
  });

  it('take > for a token, as nats-server does, and deliver what is allowed and no more', () => {
    const permissions = permissionsOf({ subscribe: { allow: ['foo.*', 'bar.x', 'jobs.* workers'], deny: ['foo.no', 'open.*'] } });
    expect(permissions.checkSubscribe('foo.>', '')).toEqual({ isAllowed: true, denied: ['foo.no'], limitedTo: ['foo.*'] });
    const delivered = ['foo.a', 'foo.no', 'foo.a.b', 'bar.x'].map((subject) => isDelivered(permissions, 'foo.>', subject));
    expect(delivered).toEqual([true, false, false, false]);
    expect(permissions.checkSubscribe('jobs.>', 'workers').limitedTo).toEqual(['jobs.*']);
    expect(permissions.checkSubscribe('jobs.>', '').isAllowed).toBe(false);
    const open = permissionsOf({ subscribe: { allow: [], deny: ['open.*'] } });
    expect(open.checkSubscribe('open.>', '').isAllowed).toBe(false);
    expect(open.checkSubscribe('open.*.x', '')).toEqual({ isAllowed: true, denied: null, limitedTo: null });
  });

  it('refuse what a deny rule covers and filter what it only overlaps', () => {
    const permissions = permissionsOf({ subscribe: { allow: [], deny: ['a.secret', 'b.>'] } });
    expect(permissions.checkSubscribe('a.secret', '')).toEqual({ isAllowed: false, denied: null, limitedTo: null });
    expect(permissions.checkSubscribe('b.*', '').isAllowed).toBe(false);
    expect(permissions.checkSubscribe('c.>', '')).toEqual({ isAllowed: true, denied: null, limitedTo: null });
    expect(permissions.checkSubscribe('>', '')).toEqual({ isAllowed: true, denied: ['a.secret', 'b.>'], limitedTo: null });
    expect(isDelivered(permissions, '>', 'a.open')).toBe(true);
    expect(isDelivered(permissions, '*.*', 'a.secret')).toBe(false);
    expect(isDelivered(permissions, '>', 'b.x.y')).toBe(false);
  });

  it('allow a queue-qualified subject to that queue alone', () => {
    const permissions = permissionsOf({ subscribe: { allow: ['jobs.> workers.*'], deny: [] } });
    expect(permissions.checkSubscribe('jobs.a', 'workers.1').isAllowed).toBe(true);
    expect(permissions.checkSubscribe('jobs.a', 'workers').isAllowed).toBe(false);
    expect(permissions.checkSubscribe('jobs.a', 'others.1').isAllowed).toBe(false);
    expect(permissions.checkSubscribe('jobs.a', '').isAllowed).toBe(false);
  });

  it('allow any queue on a plain entry unless another entry names queues for the subject', () => {
    const permissions = permissionsOf({ subscribe: { allow: ['open', 'x', 'x q1'], deny: [] } });
    expect(permissions.checkSubscribe('open', 'any').isAllowed).toBe(true);
    expect(permissions.checkSubscribe('x', '').isAllowed).toBe(true);
    expect(permissions.checkSubscribe('x', 'q1').isAllowed).toBe(true);
    expect(permissions.checkSubscribe('x', 'q2').isAllowed).toBe(false);
  });

  it('name a queue that looks like a wildcard by its own spelling', () => {
    const permissions = permissionsOf({ subscribe: { allow: ['x v1.*'], deny: [] } });
    expect(permissions.checkSubscribe('x', 'v1.*').isAllowed).toBe(true);
  });

  it('deny a queue only where the rule names it, and filter it where a wildcard overlaps', () => {
    const permissions = permissionsOf({ subscribe: { allow: [], deny: ['w.b q1', 'zed', 'zed q1'] } });
    expect(permissions.checkSubscribe('w.b', '').isAllowed).toBe(true);
    expect(permissions.checkSubscribe('w.b', 'q1').isAllowed).toBe(false);
    expect(permissions.checkSubscribe('w.b', 'q2').isAllowed).toBe(true);
    expect(isDelivered(permissions, 'w.*', 'w.b', 'q1')).toBe(false);
    expect(isDelivered(permissions, 'w.*', 'w.b', 'q2')).toBe(true);
    expect(isDelivered(permissions, 'w.*', 'w.b')).toBe(true);
    for (const queue of ['', 'q1', 'q2']) expect(permissions.checkSubscribe('zed', queue).isAllowed).toBe(false);
  });
});

describe('allow_responses', () => {
  it('publishes nothing but replies when no publish list is given', () => {
    const permissions = permissionsOf({ allowResponses: { maxCount: 1, expiresMs: 0 } });
    expect(permissions.grantsReplies).toBe(true);
    expect(mayPublish(permissions, 'foo')).toBe(false);
    noteReply(permissions, '_INBOX.1');
    expect(mayPublish(permissions, '_INBOX.2')).toBe(false);
    expect(mayPublish(permissions, '_INBOX.1')).toBe(true);
    expect(mayPublish(permissions, '_INBOX.1')).toBe(false);
  });

  it('counts up to its maximum, and without end for -1', () => {
    const three = permissionsOf({ allowResponses: { maxCount: 3, expiresMs: 0 } });
    noteReply(three, 'r');
    expect([1, 2, 3, 4].map(() => mayPublish(three, 'r'))).toEqual([true, true, true, false]);
    const endless = permissionsOf({ allowResponses: { maxCount: -1, expiresMs: 0 } });
    noteReply(endless, 'r');
    for (let count = 0; count < 100; count++) expect(mayPublish(endless, 'r')).toBe(true);
  });

  it('is used up by another request with the same reply', () => {
    const one = permissionsOf({ allowResponses: { maxCount: 1, expiresMs: 0 } });
    const three = permissionsOf({ allowResponses: { maxCount: 3, expiresMs: 0 } });
    for (const permissions of [one, three]) for (let count = 0; count < 2; count++) noteReply(permissions, 'r');
    expect(mayPublish(one, 'r')).toBe(false);
    expect([1, 2, 3].map(() => mayPublish(three, 'r'))).toEqual([true, true, false]);
  });

  it('expires', () => {
    const permissions = permissionsOf({ allowResponses: { maxCount: -1, expiresMs: 1000 } });
    noteReply(permissions, 'r');
    clock.advance(999);
    expect(mayPublish(permissions, 'r')).toBe(true);
    clock.advance(2);
    expect(mayPublish(permissions, 'r')).toBe(false);
  });

  it('grants a reply that a deny rule covers, as nats-server does', () => {
    const permissions = permissionsOf({
      publish: { allow: ['ok'], deny: ['_INBOX.>'] },
      allowResponses: { maxCount: 1, expiresMs: 0 },
    });
    expect(mayPublish(permissions, 'ok')).toBe(true);
    expect(mayPublish(permissions, '_INBOX.x')).toBe(false);
    noteReply(permissions, '_INBOX.x');
    expect(mayPublish(permissions, '_INBOX.x')).toBe(true);
  });

  it('holds a bounded number of grants and gives the oldest up', () => {
    const permissions = permissionsOf({ allowResponses: { maxCount: 1, expiresMs: 0 } });
    for (let index = 0; index < 200_000; index++) noteReply(permissions, `r.${index}`);
    expect(mayPublish(permissions, 'r.0')).toBe(false);
    expect(mayPublish(permissions, 'r.199999')).toBe(true);
  });

  it('belongs to one connection: grants are not shared between clients of a user', () => {
    const rules: Permissions = { allowResponses: { maxCount: 1, expiresMs: 0 } };
    const one = permissionsOf(rules);
    const other = permissionsOf(rules);
    noteReply(one, 'r');
    expect(mayPublish(other, 'r')).toBe(false);
    expect(mayPublish(one, 'r')).toBe(true);
  });
});
