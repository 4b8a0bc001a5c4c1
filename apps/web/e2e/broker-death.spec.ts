/** The broker dies under an open console: the strip says so, nothing looks live meanwhile, and everything comes back by itself. */
import { expect, test } from '@playwright/test';
import { logIn, open, publishEvery, Sluice } from './support/sluice.ts';

test.describe('a broker that is killed under an open console', () => {
  let sluice: Sluice;
  let stop: () => void;
  test.beforeAll(async () => {
    sluice = await Sluice.start();
    const publisher = await sluice.client({ name: 'checkout-api-1' });
    (await sluice.client({ name: 'billing-worker-1' })).subscribe('orders.>');
    stop = publishEvery(publisher, 10, () => publisher.publish('orders.eu.created', 'x'.repeat(200)));
  });
  test.afterAll(async () => {
    stop();
    await sluice.stop();
  });

  test('is told of, dims the values, and the overview comes back by itself', async ({ page }) => {
    await logIn(page, sluice);
    await open(page, sluice, '/');
    const connections = page.locator('section.tile', { has: page.getByRole('heading', { name: 'Connections' }) }).locator('.kpi');
    await expect(connections).toHaveText('2');
    await expect(page.locator('.verdict')).toContainText('live');
    await expect(page.locator('.stale')).toHaveCount(0);
    // It is up again within about a second: who looks only afterwards misses it.
    const told = page.getByText(/The broker was ended by SIGKILL .* ago/).waitFor();
    const dimmed = page.locator('.stale .kpi').first().waitFor();
    sluice.signalBroker();
    await Promise.all([told, dimmed]);

    await expect(page.getByText(/was ended by SIGKILL/)).toBeHidden();
    await expect(page.locator('.stale')).toHaveCount(0);
    await expect(page.locator('.verdict')).toContainText('live');
    // The clients have connected again by themselves, and what they send counts.
    await expect(connections).toHaveText('2');
    const messages = page
      .locator('section.tile', { has: page.getByRole('heading', { name: 'Messages' }) })
      .locator('.kpi')
      .first();
    await expect.poll(async () => Number.parseFloat((await messages.textContent()) ?? '')).toBeGreaterThan(40);
    await expect(page.getByRole('region', { name: 'Needs attention' })).toContainText('The broker was restarted after it ended');
  });

  test('leaves an open list of connections that fills again', async ({ page }) => {
    await logIn(page, sluice);
    await open(page, sluice, '/connections');
    const row = page.getByRole('row', { name: /billing-worker-1/ });
    await expect(row).toBeVisible();
    const dimmed = page.locator('.stale').first().waitFor();
    sluice.signalBroker();
    await dimmed;
    await expect(page.locator('.stale')).toHaveCount(0);
    await expect(row).toBeVisible();
    await expect(page.getByRole('row', { name: /checkout-api-1/ })).toBeVisible();
  });

  test('stands still, and the page keeps what it shows until it goes on', async ({ page }) => {
    await logIn(page, sluice);
    await open(page, sluice, '/key-value');
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('kept');
    await page.getByRole('button', { name: 'Create bucket' }).click();
    await page.getByRole('link', { name: 'Streams' }).click();
    const row = page.getByRole('row', { name: /KV_kept/ });
    await expect(row).toBeVisible();
    sluice.signalBroker('SIGSTOP');
    try {
      // For seconds, not since the broker was started.
      await expect(page.getByText(/^The broker has not answered the console for \d s/)).toBeVisible({ timeout: 40_000 });
      await expect(row).toBeVisible();
      await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Consumers' })).toBeVisible();
      await expect(page.locator('.stale').first()).toBeVisible();
    } finally {
      sluice.signalBroker('SIGCONT');
    }
    await expect(page.getByText(/has not answered the console/)).toBeHidden({ timeout: 20_000 });
    await expect(row).toBeVisible();
  });
});
