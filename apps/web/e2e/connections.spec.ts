/** Connections: see who is there, find one, look at it, kick it, and see that it is gone. */
import type { NatsConnection } from '@nats-io/transport-node';
import { expect, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { createUser, logIn, open, publishEvery, Sluice } from './support/sluice.ts';

let sluice: Sluice;
let stop: () => void;
let victim: NatsConnection;

test.beforeAll(async () => {
  sluice = await Sluice.start();
  const publisher = await sluice.client({ name: 'checkout-api-1' });
  for (let index = 1; index <= 40; index++) {
    const worker = await sluice.client({ name: `gateway-${String(index).padStart(2, '0')}` });
    worker.subscribe(`devices.${index}.cmd`);
  }
  victim = await sluice.client({ name: 'billing-worker-3' });
  victim.subscribe('orders.>', { queue: 'billing' });
  victim.subscribe('payments.*.settled');
  stop = publishEvery(publisher, 20, () => publisher.publish('orders.eu.created', 'x'.repeat(300)));
});
test.afterAll(async () => {
  stop();
  await sluice.stop();
});
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

test('lists every connection with live figures, sorted by the server, in the URL', async ({ page }) => {
  await open(page, sluice, '/connections');
  const table = page.getByRole('table', { name: 'Connections' });
  await expect(table).toHaveAttribute('aria-rowcount', '43');
  await expect(page.getByText('42 of 42 shown')).toBeVisible();
  await page.getByRole('button', { name: 'Out msg/s' }).click();
  await expect(page).toHaveURL(/sort=outMsgsPerS/);
  const first = table.getByRole('row').nth(1);
  await expect(first).toContainText('billing-worker-3');
  await expect(page.getByRole('columnheader', { name: 'Out msg/s' })).toHaveAttribute('aria-sort', 'descending');
  await page.reload();
  await expect(first).toContainText('billing-worker-3');
  const rate = async (): Promise<number> => Number((await first.locator('.nv').last().textContent())?.replace(/,/g, '') ?? 0);
  await expect.poll(rate).toBeGreaterThan(20);
  await expectAccessible(page);
});

test('finds by text and by facet, and clears both', async ({ page }) => {
  await open(page, sluice, '/connections');
  await expect(page.getByText('42 of 42 shown')).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('gateway-0');
  await expect(page.getByText('9 of 42 shown')).toBeVisible();
  await expect(page).toHaveURL(/q=gateway-0/);
  await page.getByRole('button', { name: 'client', exact: true }).click();
  await page.getByRole('checkbox', { name: /nats\.js/ }).check();
  await expect(page).toHaveURL(/lang=nats\.js/);
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(page.getByText('42 of 42 shown')).toBeVisible();
});

test('walks the rows by keyboard and opens one with its subscriptions and permissions', async ({ page }) => {
  await open(page, sluice, '/connections?q=billing-worker-3');
  await expect(page.getByText('1 of 42 shown')).toBeVisible();
  await page.getByRole('row', { name: /billing-worker-3/ }).focus();
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('complementary', { name: /Connection \d+/ });
  await expect(drawer.getByRole('heading', { name: 'billing-worker-3' })).toBeVisible();
  await expect(drawer.getByRole('row', { name: /orders\.>\s*billing/ })).toBeVisible();
  await expect(drawer.getByRole('row', { name: /payments\.\*\.settled/ })).toBeVisible();
  await expect(drawer).toContainText('everything is allowed');
  await expect(drawer.locator('.recharts-line').first()).toBeAttached();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
});

test('kicks a client only after its name is typed, and says so', async ({ page }) => {
  const ended = victim.status();
  await open(page, sluice, '/connections?q=billing-worker-3');
  await page.getByRole('row', { name: /billing-worker-3/ }).click();
  const drawer = page.getByRole('complementary', { name: /Connection \d+/ });
  const cid = Number(/\d+/.exec((await drawer.getAttribute('aria-label')) ?? '')?.[0]);
  await drawer.getByRole('button', { name: 'Kick…' }).click();
  const confirm = drawer.getByRole('button', { name: 'Kick client' });
  await expect(drawer).toContainText('Drops 2 subscriptions');
  await expect(confirm).toBeDisabled();
  await page.keyboard.type('moves to another host');
  await drawer.getByLabel('Type its name').fill('billing-work');
  await expect(confirm).toBeDisabled();
  await expectAccessible(page);
  await drawer.getByLabel('Type its name').fill('billing-worker-3');
  await confirm.click();
  await expect(page.getByText(`Kicked billing-worker-3, cid ${cid}.`)).toBeVisible();
  for await (const status of ended) if (status.type === 'disconnect') break;
  await open(page, sluice, '/connections?preset=closed&q=billing-worker-3');
  await expect(page.getByRole('row', { name: new RegExp(`\\b${cid}\\b.*Kicked`, 'i') })).toBeVisible();
  await open(page, sluice, '/audit?action=connection.kick');
  await expect(page.getByRole('row', { name: /connection\.kick/ })).toContainText('moves to another host');
});

test('kicks several at once after their number is typed', async ({ page }) => {
  const names = ['batch-1', 'batch-2', 'batch-3'];
  for (const name of names) await sluice.client({ name });
  await open(page, sluice, '/connections?q=batch-');
  await expect(page.getByText('3 of')).toBeVisible();
  for (const name of names)
    await page
      .getByRole('row', { name: new RegExp(name) })
      .getByRole('checkbox')
      .check();
  await expect(page.getByText('3 selected')).toBeVisible();
  await page.getByRole('button', { name: 'Kick…' }).click();
  await page.getByLabel('Type the number').fill('3');
  await page.getByRole('button', { name: 'Kick 3 clients' }).click();
  await expect(page.getByText('Kicked 3 clients.')).toBeVisible();
  await page.getByRole('button', { name: 'Close the notice' }).click();
  await expect(page.getByText('Kicked 3 clients.')).toBeHidden();
});

test('pauses without losing its place and holds the order under the pointer', async ({ page }) => {
  await open(page, sluice, '/connections?sort=inMsgsPerS');
  const table = page.getByRole('table', { name: 'Connections' });
  await expect(table.getByRole('row').nth(1)).toContainText('checkout-api-1');
  await table.getByRole('row').nth(5).hover();
  await expect(page.getByText('order held under the pointer')).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText(/Figures are of \d\d:\d\d:\d\d/)).toBeVisible();
  await expect(page.getByText('paused', { exact: true })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('status').getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByText('live, 1 s')).toBeVisible();
});

test('shows a viewer everything but lets nobody be kicked', async ({ page }) => {
  const viewer = { username: 'only-looks', password: 'looks at everything' };
  await createUser(page, { ...viewer, role: 'viewer' });
  await page.context().clearCookies();
  await logIn(page, sluice, viewer);
  await open(page, sluice, '/connections?q=checkout-api-1');
  await page.getByRole('row', { name: /checkout-api-1/ }).click();
  const kick = page.getByRole('button', { name: 'Kick…' });
  await expect(kick).toHaveAttribute('title', 'Kicking needs the role operator');
  await kick.click({ force: true });
  await expect(page.getByLabel('Type its name')).toBeHidden();
});
