/** Object stores through the console, over our own broker, and read by the official client: what one stores the other reads. */
import { createHash, randomBytes } from 'node:crypto';
import { Objm } from '@nats-io/obj';
import type {
  AuditPage,
  ObjectBucketDetail,
  ObjectBucketsPage,
  ObjectRow,
  ObjectsPage,
  ObjectVerification,
} from '@sluice/protocol/console';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachment } from '../../src/routes/api/objects-content.ts';
import { JetStreamConsole } from './console-with-jetstream.ts';

let at: JetStreamConsole;
beforeAll(async () => {
  at = await JetStreamConsole.start();
  await at.ask('POST', '/api/objects', { bucket: 'files', description: 'of the shop' });
});
afterAll(() => at?.stop());

const nameQuery = (name: string): string => `name=${encodeURIComponent(name)}`;
const digestOf = (bytes: Uint8Array): string => `SHA-256=${createHash('sha256').update(bytes).digest('base64url')}=`;

function upload(name: string, body: Uint8Array, type = 'application/octet-stream'): Promise<Response> {
  return at.browser.upload(`/api/objects/files/upload?${nameQuery(name)}`, body, type);
}
async function stored(name: string, body: Uint8Array): Promise<ObjectRow> {
  const response = await upload(name, body);
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text) as ObjectRow;
}

describe('an object', () => {
  it('is read by the official client', async () => {
    const bytes = randomBytes(300_000);
    await stored('for/clients.bin', bytes);
    const store = await new Objm(at.client).open('files');
    expect(Buffer.from((await store.getBlob('for/clients.bin')) ?? []).equals(bytes)).toBe(true);
  });

  it('is uploaded in chunks and downloaded as it was', async () => {
    const bytes = randomBytes(700_001);
    const row = await stored('reports/März.bin', bytes);
    expect(row).toMatchObject({
      name: 'reports/März.bin',
      sizeBytes: 700_001,
      chunks: 6,
      chunkBytes: 131_072,
      digest: digestOf(bytes),
    });
    const response = await at.browser.send('GET', `/api/objects/files/download?${nameQuery('reports/März.bin')}`);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-length')).toBe('700001');
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="M_rz.bin"; filename*=UTF-8''M%C3%A4rz.bin`);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('that the official client stored is listed, shown and verified', async () => {
    const store = await new Objm(at.client).open('files');
    const bytes = randomBytes(300_000);
    await store.putBlob({ name: 'Größe', description: '' }, new TextEncoder().encode('narrow'));
    expect(await at.ask<ObjectRow>('GET', `/api/objects/files/info?${nameQuery('Größe')}`)).toMatchObject({
      name: 'Größe',
      sizeBytes: 6,
    });
    await store.putBlob({ name: 'by-client', description: 'from elsewhere', metadata: { a: 'b' } }, bytes);
    const info = await at.ask<ObjectRow>('GET', '/api/objects/files/info?name=by-client');
    expect(info).toMatchObject({ description: 'from elsewhere', metadata: { a: 'b' }, sizeBytes: 300_000, isDeleted: false });
    const verified = await at.ask<ObjectVerification>('POST', '/api/objects/files/verify', { name: 'by-client' });
    expect(verified).toMatchObject({ isIntact: true, sizeBytes: 300_000, digest: digestOf(bytes) });
    const list = await at.ask<ObjectsPage>('GET', '/api/objects/files/list?q=BY-CLI');
    expect(list).toMatchObject({ total: 1, items: [{ name: 'by-client' }] });
  });

  it('takes the place of the one before, and of its chunks', async () => {
    await stored('twice', randomBytes(200_000));
    await stored('twice', Buffer.from('short'));
    const { state } = await at.api<{ state: { subjects: Record<string, number> } }>('STREAM.INFO.OBJ_files', {
      subjects_filter: '$O.files.C.>',
    });
    const chunks = Object.values(state.subjects).reduce((sum, count) => sum + count, 0);
    const list = await at.ask<ObjectsPage>('GET', '/api/objects/files/list');
    expect(chunks).toBe(list.items.reduce((sum, { chunks }) => sum + chunks, 0));
    expect((await at.browser.send('GET', '/api/objects/files/download?name=twice')).status).toBe(200);
  });

  it('may be empty', async () => {
    expect(await stored('empty', new Uint8Array())).toMatchObject({
      sizeBytes: 0,
      chunks: 0,
      digest: digestOf(new Uint8Array()),
    });
    const response = await at.browser.send('GET', '/api/objects/files/download?name=empty');
    expect((await response.arrayBuffer()).byteLength).toBe(0);
  });

  it('that is damaged does not come whole', async () => {
    const bytes = randomBytes(400_000);
    await stored('damaged', bytes);
    const info = await at.api<{ state: { last_seq: number } }>('STREAM.INFO.OBJ_files');
    // The last message is the metadata, the one before it the last chunk.
    const chunk = info.state.last_seq - 1;
    expect(await at.api('STREAM.MSG.DELETE.OBJ_files', { seq: chunk })).toMatchObject({ success: true });
    const verified = await at.ask<ObjectVerification>('POST', '/api/objects/files/verify', { name: 'damaged' });
    expect(verified).toMatchObject({ isIntact: false, expectedSizeBytes: 400_000, expectedDigest: digestOf(bytes) });
    const response = await at.browser.send('GET', '/api/objects/files/download?name=damaged');
    await expect(response.arrayBuffer()).rejects.toThrow();
  });

  it('is deleted, and its bytes with it', async () => {
    await stored('gone', randomBytes(10));
    await at.do('POST', '/api/objects/files/delete', { name: 'gone' });
    expect(await at.ask<ObjectRow>('GET', '/api/objects/files/info?name=gone')).toMatchObject({ isDeleted: true, sizeBytes: 0 });
    expect(await at.refusal('GET', '/api/objects/files/download?name=gone')).toMatchObject({ status: 404 });
    expect(await at.refusal('POST', '/api/objects/files/delete', { name: 'never' })).toMatchObject({ status: 404 });
    const audit = await at.browser.json<AuditPage>('GET', '/api/audit?action=objects.delete');
    expect(audit.items[0]).toMatchObject({ target: 'files / gone' });
  });

  it('that does not fit leaves nothing behind', async () => {
    await at.ask('POST', '/api/streams', {
      config: {
        name: 'OBJ_small',
        subjects: ['$O.small.C.>', '$O.small.M.>'],
        discard: 'new',
        max_bytes: 200_000,
        allow_direct: true,
        allow_rollup_hdrs: true,
      },
    });
    const { base, cookie } = at.browser;
    const response = await fetch(`${base}/api/objects/small/upload?name=big`, {
      method: 'PUT',
      headers: { origin: base, cookie, 'x-csrf-token': at.browser.csrf, 'content-type': 'application/octet-stream' },
      body: new Uint8Array(randomBytes(600_000)),
    });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ error: { details: { jetstream: { errCode: 10077 } } } });
    expect(await at.api('STREAM.INFO.OBJ_small')).toMatchObject({ state: { messages: 0 } });
  });

  it('comes as bytes or not at all', async () => {
    expect((await upload('json', Buffer.from('{}'), 'application/json')).status).toBe(400);
  });
});

describe('an object store', () => {
  it('is the stream that every client would make', async () => {
    const detail = await at.ask<ObjectBucketDetail>('GET', '/api/objects/files');
    expect(detail.config).toMatchObject({ name: 'OBJ_files', subjects: ['$O.files.C.>', '$O.files.M.>'], allow_direct: true });
    expect(detail.row.objects).toBeGreaterThan(3);
    const page = await at.ask<ObjectBucketsPage>('GET', '/api/objects?q=files');
    expect(page.items).toMatchObject([{ name: 'files', description: 'of the shop', objects: null }]);
  });

  it('is deleted with its name typed', async () => {
    await at.ask('POST', '/api/objects', { bucket: 'gone' });
    expect(await at.refusal('DELETE', '/api/objects/gone', { confirm: '' })).toMatchObject({ status: 400 });
    await at.do('DELETE', '/api/objects/gone', { confirm: 'gone' });
    expect(await at.refusal('GET', '/api/objects/gone')).toMatchObject({ status: 404 });
  });
});

describe('the name of a download', () => {
  it.each([
    ['a.txt', `attachment; filename="a.txt"; filename*=UTF-8''a.txt`],
    ['../../etc/passwd', `attachment; filename="passwd"; filename*=UTF-8''passwd`],
    ['a"\r\nX: y', `attachment; filename="a___X_ y"; filename*=UTF-8''a%22%0D%0AX%3A%20y`],
    ['.bashrc', `attachment; filename="_bashrc"; filename*=UTF-8''.bashrc`],
  ])('cannot leave the header: %j', (name, expected) => {
    expect(attachment(name)).toBe(expected);
  });
});
