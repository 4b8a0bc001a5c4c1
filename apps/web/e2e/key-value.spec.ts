/** Key-value buckets with a real broker: create, write with compare-and-set, history, revert, tree, live watch. */
import { type KV, Kvm } from '@nats-io/kv';
import { expect, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { type StoredData, storedData } from './support/jetstream.ts';
import { logIn, open, Sluice } from './support/sluice.ts';

let sluice: Sluice;
let data: StoredData;
let settings: KV;

test.beforeAll(async () => {
  sluice = await Sluice.start();
  data = await storedData(sluice);
  settings = await new Kvm(data.js).create('settings', { history: 10 });
  await settings.put('theme', 'light');
  await settings.put('theme', 'dark');
  for (const country of ['eu', 'us', 'uk']) await settings.put(`shop.${country}.vat`, JSON.stringify({ percent: 20, country }));
});
test.afterAll(async () => {
  await sluice.stop();
});
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

test('creates a bucket and a key', async ({ page }) => {
  await open(page, sluice, '/key-value');
  await page.getByRole('button', { name: 'New', exact: true }).click();
  const form = page.getByRole('complementary', { name: 'New bucket' });
  await form.getByRole('textbox', { name: 'Name' }).fill('flags');
  await form.getByRole('textbox', { name: 'Revisions kept per key' }).fill('7');
  await expect(form.getByText('nats kv add flags --history=7')).toBeVisible();
  await expectAccessible(page);
  await form.getByRole('button', { name: 'Create bucket' }).click();
  await expect(page).toHaveURL(/bucket=flags/);
  await expect(page.getByText('No key yet')).toBeVisible();

  await page.getByRole('button', { name: 'New key' }).click();
  const editor = page.getByRole('complementary', { name: 'New key' });
  await editor.getByRole('textbox', { name: 'Key' }).fill('not a key');
  await expect(editor.getByText('Letters, digits and - / _ = . only')).toBeVisible();
  await editor.getByRole('textbox', { name: 'Key' }).fill('search.v2');
  await editor.getByRole('textbox', { name: 'Value' }).fill('{"on":true}');
  await editor.getByRole('button', { name: 'Create key' }).click();
  await expect(page.getByRole('complementary', { name: 'Key search.v2' })).toContainText('"on": true');
  const flags = await new Kvm(data.js).open('flags');
  expect((await flags.get('search.v2'))?.string()).toBe('{"on":true}');
});

test('a write that lost shows both values and writes nothing until told to', async ({ page }) => {
  await open(page, sluice, '/key-value?bucket=settings&key=theme');
  const pane = page.getByRole('complementary', { name: 'Key theme' });
  await pane.getByRole('button', { name: 'Edit' }).click();
  await pane.getByRole('textbox', { name: 'Value' }).fill('mine');
  await settings.put('theme', 'theirs');
  await pane.getByRole('button', { name: /^Save over revision/ }).click();
  await expect(pane.getByText(/Nothing was written: somebody else wrote revision/)).toBeVisible();
  const difference = pane.getByRole('region', { name: 'Payload as Diff' });
  await expect(difference).toContainText('theirs');
  await expect(difference).toContainText('mine');
  await expectAccessible(page);
  expect((await settings.get('theme'))?.string()).toBe('theirs');
  await pane.getByRole('button', { name: /^Put mine over revision/ }).click();
  await expect.poll(async () => (await settings.get('theme'))?.string()).toBe('mine');
});

test('shows the history with differences and brings a value back', async ({ page }) => {
  await settings.put('shop.eu.vat', JSON.stringify({ percent: 21, country: 'eu' }));
  await open(page, sluice, '/key-value?bucket=settings');
  await page.getByRole('table', { name: 'Keys of settings' }).getByRole('row').filter({ hasText: 'shop.eu.vat' }).click();
  const pane = page.getByRole('complementary', { name: 'Key shop.eu.vat' });
  await pane.getByRole('tab', { name: /^History/ }).click();
  await expect(pane.getByRole('region', { name: 'Payload as Diff' })).toContainText('// +1');
  await expectAccessible(page);
  await pane.getByRole('list', { name: 'Revisions' }).getByRole('button').nth(1).click();
  await expect(page).toHaveURL(/rev=\d+/);
  await pane.getByRole('button', { name: /^Bring back revision/ }).click();
  await expect.poll(async () => (await settings.get('shop.eu.vat'))?.json()).toEqual({ percent: 20, country: 'eu' });
});

test('folds keys into a tree that the keyboard opens', async ({ page }) => {
  await open(page, sluice, '/key-value?bucket=settings&view=tree');
  const tree = page.getByRole('table', { name: 'Keys of settings as a tree' });
  await expect(tree).toContainText('3 keys');
  await expect(tree).not.toContainText('vat');
  await tree.getByRole('row').filter({ hasText: 'shop' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(tree).toContainText('vat');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/key=shop\.\w+\.vat/);
});

test('watches changes as they come', async ({ page }) => {
  await open(page, sluice, '/key-value?bucket=settings&view=watch');
  await expect(page.getByText('Every put, delete and purge from now on appears here.')).toBeVisible();
  await settings.put('live.first', 'one');
  const table = page.getByRole('table', { name: 'Changes of settings' });
  await expect(table).toContainText('live.first');
  await page.getByRole('button', { name: 'Pause' }).click();
  await settings.put('live.second', 'two');
  await settings.delete('live.first');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(table).toContainText('live.second');
  await expect(table).toContainText('deleted');
  await expect(page.getByText('3 changes seen')).toBeVisible();
  await expectAccessible(page);
});

test('deletes a key and a bucket by their typed names', async ({ page }) => {
  await open(page, sluice, '/key-value?bucket=settings&key=theme');
  const pane = page.getByRole('complementary', { name: 'Key theme' });
  await pane.getByRole('button', { name: 'Delete…' }).click();
  await pane.getByRole('textbox', { name: 'Type the key' }).fill('theme');
  await pane.getByRole('button', { name: 'Delete key' }).click();
  await expect(pane.getByText('Its history can bring it back.')).toBeVisible();
  expect((await settings.get('theme'))?.operation).toBe('DEL');

  await page.getByRole('button', { name: 'Delete bucket settings' }).click();
  await page.getByRole('textbox', { name: 'Type its name' }).fill('settings');
  await page.getByRole('button', { name: 'Delete bucket', exact: true }).click();
  await expect(page.getByRole('navigation', { name: 'Key-value buckets' })).not.toContainText('settings');
});
