/** The questions of an operator with a problem: each has its answer few clicks away, in the right account. */
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { logIn, open, publishEvery, Sluice } from './support/sluice.ts';

const CONFIG = `
jetstream {}
no_auth_user: depot
accounts {
  DEPOT { jetstream: enabled, users: [{ user: depot, password: depot }] }
  SHOP { jetstream: enabled, users: [{ user: shop, password: shop }] }
  FLEET { jetstream: enabled, users: [{ user: fleet, password: fleet }] }
}
`;

let sluice: Sluice;
let stopPublishing: () => void;

test.beforeAll(async () => {
  sluice = await Sluice.start({ config: CONFIG });
  const shop = await sluice.client({ name: 'checkout', user: 'shop', pass: 'shop' });
  const manager = await jetstreamManager(shop);
  await manager.streams.add({ name: 'ORDERS', subjects: ['orders.>'] });
  await manager.consumers.add('ORDERS', { durable_name: 'billing', ack_policy: AckPolicy.Explicit, max_ack_pending: 2 });
  const js = jetstream(shop);
  for (let number = 1; number <= 8; number++) await js.publish('orders.eu', `order ${number}`);
  const billing = await js.consumers.get('ORDERS', 'billing');
  for await (const _ of await billing.fetch({ max_messages: 2, expires: 2000 })) {
    // Taken, and never acknowledged.
  }
  stopPublishing = publishEvery(shop, 200, (count) => shop.publish('orders.us', `order ${count}`));
});
test.afterAll(async () => {
  stopPublishing();
  await sluice.stop();
});
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

test('why can this client not connect?', async ({ page }) => {
  const port = new URL(sluice.natsUrl).port;
  const tries = [
    { user: 'shop', pass: 'wrong', name: 'old-cron-job' },
    { user: 'nobody', pass: 'x', name: 'intruder' },
  ];
  for (const credentials of [...tries, ...tries]) {
    const outcome = connect({ servers: `127.0.0.1:${port}`, reconnect: false, ...credentials });
    await expect(outcome.then(() => 'let in')).rejects.toThrow(/authorization/i);
  }
  await open(page, sluice, '/');
  await page.getByRole('link', { name: 'Login of old-cron-job as shop from 127.0.0.1 was refused' }).first().click();
  await expect(page).toHaveURL(/\/auth-failures\?q=old-cron-job/);
  const table = page.getByRole('table', { name: 'Auth failures' });
  await expect(table.getByRole('row')).toHaveCount(2);
  await expect(table).toContainText('There is a user shop in account SHOP: the password is wrong.');
  await page.getByRole('searchbox', { name: 'Search auth failures' }).fill('');
  await expect(table.getByRole('row')).toHaveCount(3);
  await table.getByRole('row').filter({ hasText: 'intruder' }).click();
  const pane = page.getByRole('complementary', { name: 'Refused login of intruder' });
  await expect(pane).toContainText('The configuration has no user nobody.');
  await expect(pane).toContainText('unknown user or wrong password');
  await expectAccessible(page);
  await pane.getByRole('button', { name: 'Close' }).click();
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await expect(page).toHaveURL(/\/auth-failures$/);
});

test('why does my consumer lag?', async ({ page }) => {
  await open(page, sluice, '/');
  await expect(page.getByText(/^billing of ORDERS is stalled: 2 are not acknowledged/).first()).toBeVisible();
  await expect(page.getByText('1 stream, 1 consumer')).toBeVisible();
  await page.getByRole('link', { name: 'Open consumer' }).click();
  const pane = page.getByRole('complementary', { name: 'Consumer billing' });
  await expect(pane.getByText(/2 messages are delivered and not acknowledged, as many as max_ack_pending allows/)).toBeVisible();
  const row = page.getByRole('table', { name: 'Consumers' }).getByRole('row').filter({ hasText: 'billing' });
  await pane.getByRole('button', { name: 'Close' }).click();
  await expect(row).toContainText('stalled');
});

test('who published this?', async ({ page }) => {
  await open(page, sluice, '/streams/ORDERS?account=SHOP');
  await page.getByRole('table', { name: 'Messages of ORDERS' }).getByRole('row').filter({ hasText: 'orders.us' }).first().click();
  await page.getByRole('link', { name: 'orders.us, who publishes and who subscribes' }).click();
  await expect(page).toHaveURL(/\/subjects\?.*account=SHOP/);
  await page.getByRole('link', { name: 'checkout' }).click();
  await expect(page.getByRole('complementary').getByRole('heading', { name: 'checkout' })).toBeVisible();
});

test('the account is chosen once, and links keep it', async ({ page }) => {
  const rail = page.getByRole('navigation', { name: 'Main' });
  await open(page, sluice, '/subjects');
  // Nobody has chosen yet: where clients without credentials are.
  await expect(page.getByRole('combobox', { name: 'Account' })).toHaveValue('DEPOT');
  await rail.getByRole('link', { name: 'Streams' }).click();
  await expect(page.getByRole('combobox', { name: 'Account' })).toHaveValue('DEPOT');
  await rail.getByRole('link', { name: 'Subjects' }).click();
  await page.getByRole('combobox', { name: 'Account' }).selectOption('SHOP');
  await expect(page).toHaveURL(/account=SHOP/);
  await rail.getByRole('link', { name: 'Streams' }).click();
  await expect(page).toHaveURL(/\/streams\?account=SHOP/);
  await expect(page.getByRole('table', { name: 'Streams' })).toContainText('ORDERS');
  await rail.getByRole('link', { name: 'Overview' }).click();
  await page.keyboard.press('g');
  await page.keyboard.press('k');
  await expect(page).toHaveURL(/\/key-value\?account=SHOP/);
  await page.getByRole('combobox', { name: 'Account' }).selectOption('FLEET');
  await rail.getByRole('link', { name: 'Tap' }).click();
  await expect(page).toHaveURL(/\/tap\?account=FLEET/);
  await open(page, sluice, '/connections?q=checkout');
  await page.getByRole('table', { name: 'Connections' }).getByRole('row').filter({ hasText: 'checkout' }).click();
  await page.getByRole('link', { name: /^Tap / }).click();
  await expect(page).toHaveURL(/\/tap\?.*account=SHOP/);
});
