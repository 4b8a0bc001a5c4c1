/** Objects: digests as people compare them, files on their way. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fileProblem } from '../../../src/features/objects/api/upload.ts';
import { digestHex } from '../../../src/features/objects/model/digest.ts';
import { parseObjectsSearch } from '../../../src/features/objects/model/objects-search.ts';
import {
  nextUpload,
  progressOf,
  type UploadItem,
  withReplacing,
  withState,
} from '../../../src/features/objects/model/upload-list.ts';

const item = (id: number, sizeBytes = 100): UploadItem => ({
  id,
  name: `file ${id}`,
  sizeBytes,
  mayReplace: false,
  state: { kind: 'waiting' },
});

describe('a digest', () => {
  it('is shown as sha256sum prints it', () => {
    for (const text of ['', 'a', 'sluice', '\u0000\u00ff?>']) {
      const hash = createHash('sha256').update(text);
      const digest = hash.digest();
      const urlSafe = digest.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
      expect(digestHex(`SHA-256=${urlSafe}`)).toBe(digest.toString('hex'));
    }
  });

  it('is null where it is none', () => {
    for (const text of ['', 'MD5=abc', 'SHA-256=', 'SHA-256=short', `SHA-256=${'*'.repeat(44)}`]) {
      expect(digestHex(text), text).toBeNull();
    }
  });
});

describe('uploads', () => {
  it('go one after another', () => {
    const both = [item(1), item(2)];
    expect(nextUpload(both)?.id).toBe(1);
    const sending = withState(both, 1, { kind: 'sending', sentBytes: 40 });
    expect(nextUpload(sending)).toBeUndefined();
    const failed = withState(sending, 1, { kind: 'failed', message: 'lost' });
    expect(nextUpload(failed)?.id).toBe(2);
    expect(withState(both, 9, { kind: 'done', digest: null })).toEqual(both);
  });

  it('wait where there is an object of that name until it may go', () => {
    const both = [item(1), item(2)];
    expect(nextUpload(withState(both, 1, { kind: 'checking' }))).toBeUndefined();
    const asked = withState(both, 1, { kind: 'exists', sizeBytes: 5 });
    expect(nextUpload(asked)?.id).toBe(2);
    expect(nextUpload(withReplacing(asked, 1))).toMatchObject({ id: 1, mayReplace: true });
    expect(withReplacing(both, 1)).toEqual(both);
  });

  it('tell how far they are', () => {
    expect(progressOf(item(1))).toBe(0);
    expect(progressOf({ ...item(1), state: { kind: 'sending', sentBytes: 40 } })).toBe(0.4);
    expect(progressOf({ ...item(1, 0), state: { kind: 'sending', sentBytes: 0 } })).toBe(1);
    expect(progressOf({ ...item(1), state: { kind: 'done', digest: null } })).toBe(1);
  });

  it('refuse what is larger than the console takes', () => {
    expect(fileProblem({ size: 4_294_967_296 })).toBeNull();
    expect(fileProblem({ size: 4_294_967_297 })).toContain('up to');
  });
});

describe('the URL of the page', () => {
  it('names bucket and object', () => {
    expect(parseObjectsSearch({ bucket: 'files', object: 'a/b.pdf', order: 'desc' })).toMatchObject({
      bucket: 'files',
      object: 'a/b.pdf',
      order: 'desc',
      pane: null,
    });
  });
});
