/** Boxes of auth callouts, compared with the official package both ways. */
import { randomBytes } from 'node:crypto';
import { createCurve, type KeyPair } from '@nats-io/nkeys';
import { encodePublicNkey } from '@sluice/protocol';
import { describe, expect, it } from 'vitest';
import { openBox, sealBox } from '../../src/auth/callout/sealed-box.ts';
import { makeServerIdentity } from '../../src/identity.ts';

const random = { bytes: (count: number) => randomBytes(count), uint32: () => 0 };
const server = makeServerIdentity(random);

describe('a sealed box', () => {
  it('is opened by the official package, whatever its length', () => {
    const peer = createCurve();
    for (const length of [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000, 5000]) {
      const content = randomBytes(length);
      const box = sealBox(content, peer.getPublicKey(), server.curveKey, random);
      expect(box).toBeDefined();
      if (length > 0) expect(Buffer.from(peer.open(box ?? content, server.xkey) ?? [])).toEqual(content);
    }
  });

  it('that the official package made is opened', () => {
    const peer: KeyPair = createCurve();
    for (const length of [1, 16, 32, 33, 64, 4096]) {
      const content = randomBytes(length);
      const box = peer.seal(content, server.xkey);
      const opened = openBox(box, peer.getPublicKey(), server.curveKey);
      expect(opened.ok && opened.content.equals(content)).toBe(true);
    }
  });

  it('stays shut when a byte of it was changed, for another sender, and for anything that is no box', () => {
    const peer = createCurve();
    const box = Buffer.from(peer.seal(Buffer.from('secret'), server.xkey));
    const open = (bytes: Uint8Array, from = peer.getPublicKey()) => openBox(bytes, from, server.curveKey);
    for (let index = 0; index < box.length; index++) {
      const changed = Buffer.from(box);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(open(changed).ok).toBe(false);
    }
    expect(open(box, createCurve().getPublicKey())).toEqual({ ok: false, error: 'nkeys: could not decrypt input' });
    expect(open(box.subarray(0, 20))).toEqual({ ok: false, error: 'nkeys: encrypted input is not valid' });
    expect(open(Buffer.alloc(60))).toEqual({ ok: false, error: 'nkeys: encrypted input wrong version' });
    expect(open(box, 'zork')).toEqual({ ok: false, error: 'nkeys: not a valid sender public curve key' });
  });

  it('is not made for a key that is none, or that gives everybody the same secret', () => {
    expect(sealBox(Buffer.from('x'), server.id, server.curveKey, random)).toBeUndefined();
    expect(sealBox(Buffer.from('x'), encodePublicNkey('curve', new Uint8Array(32)), server.curveKey, random)).toBeUndefined();
  });
});
