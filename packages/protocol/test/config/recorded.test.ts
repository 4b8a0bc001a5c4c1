/** The parser says what nats-server says, on files that were put to the real server. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson, parseConfig } from '../../src/config/index.ts';
import { recordedDigests, recordedErrors } from './recorded.ts';

describe('the parser', () => {
  it.each(recordedErrors)('refuses %j with %j', (text, message) => {
    const result = parseConfig(text, { file: 'c.conf' });
    expect(result.ok ? 'parsed' : result.error.message).toBe(message);
  });

  it.each(recordedDigests)('gives %j the digest %s', (text, digest) => {
    const result = parseConfig(text, { file: 'c.conf' });
    if (!result.ok) throw new Error(result.error.message);
    const json = canonicalJson(result.document.root);
    expect(createHash('sha256').update(`${json}\n`).digest('hex')).toBe(digest);
  });
});
