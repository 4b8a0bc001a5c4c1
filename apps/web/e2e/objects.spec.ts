/** Object stores with a real broker: create, upload with progress, digest, download, delete. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Objm } from '@nats-io/obj';
import { expect, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { type StoredData, storedData } from './support/jetstream.ts';
import { logIn, open, Sluice } from './support/sluice.ts';

const CONTENTS = Buffer.alloc(700_000, 'sluice ');

let sluice: Sluice;
let data: StoredData;

test.beforeAll(async () => {
  sluice = await Sluice.start();
  data = await storedData(sluice);
});
test.afterAll(async () => {
  await sluice.stop();
});
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

test('creates a store, uploads into it, and downloads the same bytes', async ({ page }) => {
  await open(page, sluice, '/objects');
  await expect(page.getByText('No object store yet')).toBeVisible();
  await page.getByRole('button', { name: 'New', exact: true }).click();
  const form = page.getByRole('complementary', { name: 'New object store' });
  await form.getByRole('textbox', { name: 'Name' }).fill('files');
  await form.getByRole('button', { name: 'Create bucket' }).click();
  await expect(page.getByText('No object yet')).toBeVisible();

  await page.locator('input[type=file]').setInputFiles([
    { name: 'report.bin', mimeType: 'application/octet-stream', buffer: CONTENTS },
    { name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) },
  ]);
  await expect(page.getByRole('list', { name: 'Uploads' }).getByText('stored, 700 KB')).toBeVisible();
  await expect(page.getByRole('list', { name: 'Uploads' }).getByText('stored, 0 B')).toBeVisible();
  await expectAccessible(page);

  await page.getByRole('table', { name: 'Objects of files' }).getByRole('row').filter({ hasText: 'report.bin' }).click();
  const pane = page.getByRole('complementary', { name: 'Object report.bin' });
  const sha256 = createHash('sha256').update(CONTENTS).digest('hex');
  await expect(pane.getByRole('region', { name: 'Digest' })).toContainText(sha256);
  await pane.getByRole('button', { name: 'Verify' }).click();
  await expect(pane.getByRole('status')).toBeVisible();
  await expectAccessible(page);

  const download = page.waitForEvent('download');
  await pane.getByRole('link', { name: 'Download' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('report.bin');
  expect(await readFile(await file.path())).toEqual(CONTENTS);

  const store = await new Objm(data.js).open('files');
  expect((await store.info('report.bin'))?.size).toBe(CONTENTS.length);
});

test('replaces an object only when somebody says so', async ({ page }) => {
  await open(page, sluice, '/objects?bucket=files');
  const file = (text: string) => ({ name: 'report.bin', mimeType: 'application/octet-stream', buffer: Buffer.from(text) });
  await page.locator('input[type=file]').setInputFiles([file('shorter')]);
  const uploads = page.getByRole('list', { name: 'Uploads' });
  await expect(uploads.getByText('there is one of that name, 700 KB')).toBeVisible();
  await expectAccessible(page);
  const store = await new Objm(data.js).open('files');
  expect((await store.info('report.bin'))?.size).toBe(CONTENTS.length);
  await uploads.getByRole('button', { name: 'Replace report.bin' }).click();
  await expect(uploads.getByText('stored, 7 B')).toBeVisible();
  expect((await store.info('report.bin'))?.size).toBe(7);
});

test('deletes an object by its typed name', async ({ page }) => {
  await open(page, sluice, '/objects?bucket=files&object=empty.txt');
  const pane = page.getByRole('complementary', { name: 'Object empty.txt' });
  await pane.getByRole('button', { name: 'Delete…' }).click();
  await pane.getByRole('textbox', { name: 'Type its name' }).fill('empty.txt');
  await pane.getByRole('button', { name: 'Delete object' }).click();
  await expect(pane).toHaveCount(0);
  const store = await new Objm(data.js).open('files');
  expect((await store.info('empty.txt'))?.deleted ?? true).toBe(true);
});
