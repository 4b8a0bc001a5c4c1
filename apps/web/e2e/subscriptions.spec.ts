/** Subscriptions with a real broker: the groupings, and who would receive a subject. */
import { expect, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { logIn, open, Sluice } from './support/sluice.ts';

let sluice: Sluice;

test.beforeAll(async () => {
  sluice = await Sluice.start();
  for (const number of [1, 2, 3]) {
    const worker = await sluice.client({ name: `billing-worker-${number}` });
    worker.subscribe('orders.>', { queue: 'billing' });
    await worker.flush();
  }
  const audit = await sluice.client({ name: 'audit-archiver' });
  audit.subscribe('>');
  audit.subscribe('orders.*.created');
  await audit.flush();
});
test.afterAll(async () => {
  await sluice.stop();
});
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

test('groups subscriptions by subject, by queue group and by client', async ({ page }) => {
  await open(page, sluice, '/subscriptions');
  await expect(page.getByRole('row', { name: /orders\.>/ })).toContainText('billing');
  await page.getByRole('radio', { name: 'By queue group' }).click();
  await expect(page.getByRole('row', { name: /billing/ })).toContainText('3');
  await page.getByRole('row', { name: /billing/ }).click();
  await expect(page).toHaveURL(/view=all/);
  await expect(page.getByRole('row', { name: /billing-worker-\d/ })).toHaveCount(3);
  await page.getByRole('radio', { name: 'By client' }).click();
  await expect(page.getByRole('row', { name: /audit-archiver/ })).toContainText('2');
  await page.getByRole('searchbox', { name: 'Search subscriptions' }).fill('worker-2');
  await expect(page.getByRole('row', { name: /billing-worker/ })).toHaveCount(1);
  await expectAccessible(page);
});

test('says who would receive a subject, and that nobody would', async ({ page }) => {
  await open(page, sluice, '/subscriptions');
  const tester = page.getByRole('complementary', { name: 'Who would receive' });
  await tester.getByLabel('Subject to try').fill('orders.eu.created');
  await expect(tester).toContainText('3 deliveries');
  await expect(tester).toContainText('1 of 3 members');
  await expect(tester).toContainText('audit-archiver');
  await expect(page).toHaveURL(/interest=orders.eu.created/);
  await expectAccessible(page);
});
