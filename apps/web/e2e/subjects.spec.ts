/** Subjects with a real broker: what is published and subscribed, one subject in full, search. */
import type { NatsConnection } from '@nats-io/transport-node';
import { expect, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { logIn, open, publishEvery, Sluice } from './support/sluice.ts';

let sluice: Sluice;
let publisher: NatsConnection;
let stop: () => void = () => undefined;

test.beforeAll(async () => {
  sluice = await Sluice.start();
  publisher = await sluice.client({ name: 'checkout-api' });
  const workers = await Promise.all([1, 2].map((number) => sluice.client({ name: `billing-worker-${number}` })));
  for (const worker of workers) worker.subscribe('orders.>', { queue: 'billing' });
  const search = await sluice.client({ name: 'search-indexer' });
  search.subscribe('orders.*.created');
  search.subscribe('quiet.subject');
  stop = publishEvery(publisher, 20, (count) => {
    publisher.publish('orders.eu.created', `{"id":"ord_${count}","total":${count}.50}`);
    if (count % 4 === 0) publisher.publish('orders.us.paid', '{}');
    if (count % 10 === 0) publisher.publish('payments.settled', '{}');
  });
});
test.afterAll(async () => {
  stop();
  await sluice.stop();
});
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

test('shows the tree of subjects with rates, and one in full', async ({ page }) => {
  await open(page, sluice, '/subjects');
  const tree = page.getByRole('tree', { name: 'Subjects, busiest first' });
  const item = (name: string) =>
    tree.getByRole('treeitem').filter({ has: page.locator('.mono', { hasText: new RegExp(`^${name}$`) }) });
  await expect(item('orders')).toBeVisible();
  await expect(item('quiet')).toBeVisible();
  await tree.focus();
  await page.keyboard.press('Home');
  await expect(page).toHaveURL(/subject=orders/);
  await page.keyboard.press('ArrowRight');
  await item('eu').click();
  await tree.focus();
  await page.keyboard.press('ArrowRight');
  await expect(item('created')).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(/subject=orders.eu.created/);
  await expect.poll(async () => Number(/[\d.]+/.exec((await item('created').textContent()) ?? '')?.[0] ?? 0)).toBeGreaterThan(10);

  const pane = page.getByRole('complementary', { name: 'Subject orders.eu.created' });
  await expect(pane.getByRole('region', { name: 'Payload as JSON' })).toContainText('"id": "ord_');
  await pane.getByRole('tab', { name: 'Diff' }).click();
  await expect(pane.getByRole('region', { name: 'Payload as Diff' })).toContainText('"total":');
  await expect(pane.getByText('checkout-api')).toBeVisible();
  await expect(pane.getByRole('row', { name: /billing/ })).toContainText('2');
  await expect(pane).toContainText('1 of 2 members');
  await expect(pane).toContainText('search-indexer');
  await expectAccessible(page);

  await pane.getByRole('link', { name: 'Tap' }).click();
  await expect(page).toHaveURL(/\/tap\?subjects=orders.eu.created/);
});

test('finds subjects by wildcard and hides system subjects until asked', async ({ page }) => {
  await open(page, sluice, '/subjects');
  await page.getByRole('searchbox', { name: 'Search subjects' }).fill('orders.*.created');
  const tree = page.getByRole('tree');
  await expect(tree.getByRole('treeitem').first()).toContainText('orders.eu.created');
  await expect(tree.getByRole('treeitem').filter({ hasText: 'payments' })).toHaveCount(0);
  await page.getByRole('searchbox', { name: 'Search subjects' }).fill('nothing.like.this');
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(tree.getByRole('treeitem').first()).toBeVisible();
  await expect(tree).not.toContainText('_INBOX');
  await page.getByRole('switch', { name: 'Hide system subjects' }).click();
  await expect(page).toHaveURL(/system=true/);
});
