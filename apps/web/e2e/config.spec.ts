/** Config: read it, change a limit, see what would happen and what happened; users with permissions that clients feel. */
import type { NatsConnection } from '@nats-io/transport-node';
import { expect, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { createUser, logIn, open, Sluice } from './support/sluice.ts';

let sluice: Sluice;
let client: NatsConnection;

test.beforeAll(async () => {
  sluice = await Sluice.start();
  client = await sluice.client({ name: 'publisher' });
});
test.afterAll(() => sluice.stop());
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

test('changes a limit: wrong values are refused as typed, the change is shown, applied and enforced', async ({ page }) => {
  await open(page, sluice, '/config');
  await page.getByRole('button', { name: 'Change max_payload, now 1MB' }).focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/key=max_payload/);
  const input = page.getByLabel('max_payload', { exact: true });
  await input.fill('many');
  await expect(page.getByRole('alert')).toHaveText('A size, such as 512KB or 8MB');
  await expect(page.getByRole('button', { name: 'Keep' })).toBeDisabled();
  await expectAccessible(page);
  await input.fill('64KB');
  await page.keyboard.press('Enter');

  const changes = page.getByRole('complementary', { name: 'Changes' });
  await expect(changes.getByRole('listitem')).toContainText('max_payload');
  await expect(changes.getByRole('listitem')).toContainText(/live|reload/);
  await expectAccessible(page);
  await changes.getByRole('button', { name: 'Apply 1 change' }).click();
  await expect(changes.getByRole('heading', { name: 'Applied' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Change max_payload, now 64KB' })).toBeVisible();
  await expectAccessible(page);

  const late = await sluice.client({ name: 'late' });
  expect(late.info?.max_payload).toBe(65_536);
  await open(page, sluice, '/audit?action=config.apply');
  await expect(page.getByRole('row', { name: /config\.apply/ })).toBeVisible();
});

test('takes a pending change back', async ({ page }) => {
  await open(page, sluice, '/config?key=max_connections');
  await page.getByLabel('max_connections', { exact: true }).fill('500');
  await page.keyboard.press('Enter');
  await expect(page.getByText('1 change').first()).toBeVisible();
  await page.getByRole('button', { name: 'Take back the change of max_connections' }).click();
  await expect(page.getByText('Click a value to change it')).toBeVisible();
});

test('adds a NATS user whose permissions a client feels, and counts whom it drops', async ({ page }) => {
  await open(page, sluice, '/config?view=users');
  await page.getByRole('button', { name: 'Add a user' }).click();
  const pane = page.getByRole('complementary', { name: 'New NATS user' });
  await pane.getByLabel('Name').fill('billing');
  await pane.getByLabel('Password').fill('billing secret');
  await pane.getByLabel('Restrict what this user may publish and subscribe').check();
  await pane.getByLabel('May publish', { exact: true }).fill('invoices.>\nnot a subject');
  await expect(pane.getByRole('alert')).toContainText('“not a subject” is not a subject');
  await expectAccessible(page);
  await pane.getByLabel('May publish', { exact: true }).fill('invoices.>');
  await pane.getByRole('button', { name: 'Add to the changes' }).click();
  const changes = page.getByRole('complementary', { name: 'Changes' });
  await expect(changes).toContainText('billing');
  await expect(page.getByRole('row', { name: /billing/ })).toContainText('added');
  await changes.getByRole('button', { name: /^Apply/ }).click();
  const typed = changes.getByLabel('Type the number');
  if (await typed.isVisible()) {
    await typed.fill(/\d+/.exec((await changes.getByText(/^Apply and drop/).textContent()) ?? '')?.[0] ?? '');
    await changes.getByRole('button', { name: 'Apply', exact: true }).click();
  }
  await expect(changes.getByRole('heading', { name: 'Applied' })).toBeVisible();

  const billing = await sluice.client({ name: 'billing-1', user: 'billing', pass: 'billing secret' });
  const refusal = (async () => {
    for await (const status of billing.status()) if (status.type === 'error') return String(status.error);
    return 'no error';
  })();
  billing.publish('orders.eu.created', 'no');
  await billing.flush();
  expect(await refusal).toMatch(/permissions violation for publish to "orders.eu.created"/i);
});

test('lets a viewer read and not change', async ({ page }) => {
  const viewer = { username: 'reads-only', password: 'reads everything here' };
  await createUser(page, { ...viewer, role: 'viewer' });
  await page.context().clearCookies();
  await logIn(page, sluice, viewer);
  await open(page, sluice, '/config');
  await expect(page.getByText('You may read, not change')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Change max_payload/ })).toHaveCount(0);
  await expect(page.getByRole('row', { name: /max_payload/ })).toBeVisible();
  expect(client.isClosed()).toBe(false);
});
