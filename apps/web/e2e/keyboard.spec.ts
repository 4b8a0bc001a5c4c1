/** Lists by keyboard alone, the same on every page: Enter opens the row, Escape closes what is open, and the focus is where it was. */
import { AckPolicy } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { Objm } from '@nats-io/obj';
import { connect } from '@nats-io/transport-node';
import { expect, test } from '@playwright/test';
import { storedData } from './support/jetstream.ts';
import { logIn, open, Sluice } from './support/sluice.ts';

const CONFIG = `
no_auth_user: shop
jetstream {}
authorization { users: [{ user: shop, password: shop }] }
`;
const pages: readonly (readonly [path: string, table: string])[] = [
  ['/connections', 'Connections'],
  ['/streams/ORDERS', 'Messages of ORDERS'],
  ['/streams/ORDERS?tab=consumers', 'Consumers'],
  ['/consumers', 'Consumers'],
  ['/key-value?bucket=settings', 'Keys of settings'],
  ['/objects?bucket=files', 'Objects of files'],
  ['/auth-failures', 'Auth failures'],
  ['/config?view=users', 'NATS users'],
  ['/audit', 'Audit log'],
  ['/settings', 'Console users'],
];

let sluice: Sluice;

test.beforeAll(async () => {
  sluice = await Sluice.start({ config: CONFIG });
  const { js, manager } = await storedData(sluice);
  await manager.streams.add({ name: 'ORDERS', subjects: ['orders.>'] });
  await manager.consumers.add('ORDERS', { durable_name: 'billing', ack_policy: AckPolicy.Explicit });
  for (let number = 1; number <= 3; number++) await js.publish('orders.eu', `order ${number}`);
  await (await new Kvm(js).create('settings')).put('theme', 'dark');
  await (await new Objm(js).create('files')).putBlob({ name: 'report.txt' }, new Uint8Array(5));
  const refused = connect({ servers: sluice.natsUrl, user: 'shop', pass: 'wrong', reconnect: false });
  await expect(refused.then(() => 'let in')).rejects.toThrow(/authorization/i);
});
test.afterAll(async () => {
  await sluice.stop();
});
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

for (const [path, table] of pages) {
  test(`opens and closes a row of ${path}`, async ({ page }) => {
    await open(page, sluice, path);
    const row = page.getByRole('table', { name: table }).locator('tbody tr[data-key]').first();
    const key = await row.getAttribute('data-key');
    const close = page.getByRole('complementary').getByRole('button', { name: 'Close' });
    await row.focus();
    await page.keyboard.press('Enter');
    await expect(close).toBeVisible();
    // What lies over the page has the key to itself.
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeHidden();
    await expect(close).toBeVisible();
    await close.focus();
    await page.keyboard.press('Escape');
    await expect(close).toHaveCount(0);
    await expect(page.locator('tr:focus')).toHaveAttribute('data-key', key ?? 'none');
  });
}
