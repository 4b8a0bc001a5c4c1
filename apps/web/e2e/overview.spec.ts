/** The overview: teaches before any traffic, counts what really flows, and never looks live when it is not. */
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { logIn, open, publishEvery, Sluice } from './support/sluice.ts';

test('teaches the first steps, publishes a test message, then shows the overview', async ({ page }) => {
  const sluice = await Sluice.start();
  try {
    await logIn(page, sluice);
    await open(page, sluice, '/');
    await expect(page.getByRole('heading', { name: 'Connect a client' })).toBeVisible();
    await page.getByRole('tab', { name: 'CLI' }).focus();
    for (const language of ['Go', 'JavaScript', 'Python', 'Java', 'Rust', 'C#']) {
      await page.keyboard.press('ArrowRight');
      await expect(page.getByRole('tabpanel', { name: language, exact: true })).toContainText(sluice.natsUrl);
    }
    await expect(page).toHaveURL(/lang=dotnet/);
    await expectAccessible(page);

    const client = await sluice.client({ name: 'first' });
    const received = new Promise<string>((resolve) => {
      client.subscribe('demo.>', { max: 1, callback: (_error, message) => resolve(`${message.subject} ${message.string()}`) });
    });
    await client.flush();
    await expect(page.getByText('1 client connected.')).toBeVisible();
    await page.getByRole('button', { name: 'Publish test message' }).click();
    expect(await received).toBe('demo.hello {"from":"the console"}');
    await expect(page.getByRole('link', { name: 'Open the tap on it' })).toBeVisible();
    await page.getByRole('button', { name: 'Show the overview' }).click();
    await expect(page.getByRole('heading', { name: 'Needs attention' })).toBeVisible();
  } finally {
    await sluice.stop();
  }
});

test.describe('with traffic', () => {
  let sluice: Sluice;
  let stop: () => void;
  test.beforeAll(async () => {
    sluice = await Sluice.start();
    const publisher = await sluice.client({ name: 'checkout-api-1' });
    for (const name of ['billing-worker-1', 'billing-worker-2']) (await sluice.client({ name })).subscribe('orders.>');
    stop = publishEvery(publisher, 10, () => publisher.publish('orders.eu.created', 'x'.repeat(200)));
  });
  test.afterAll(async () => {
    stop();
    await sluice.stop();
  });
  test.beforeEach(async ({ page }) => {
    await logIn(page, sluice);
    await open(page, sluice, '/');
  });

  test('counts connections and rates, and names talkers, subjects and events', async ({ page }) => {
    const tile = (name: string) => page.locator('section.tile', { has: page.getByRole('heading', { name }) });
    await expect(tile('Connections').locator('.kpi')).toHaveText('3');
    // Only those of clients: the server's own are not among them.
    await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Subscriptions 2' })).toBeVisible();
    await expect(tile('JetStream').locator('.kpi')).toHaveText('0 B stored');
    const inAndOut = async (): Promise<number[]> =>
      (await tile('Messages').locator('.kpi').allTextContents()).map((text) => Number.parseFloat(text));
    await expect.poll(async () => (await inAndOut())[0]).toBeGreaterThan(40);
    const [inRate = 0, outRate = 0] = await inAndOut();
    expect(outRate / inRate).toBeGreaterThan(1.7);
    expect(outRate / inRate).toBeLessThan(2.3);
    const subjects = page.getByRole('table', { name: 'Hottest subjects' });
    await expect(subjects.getByRole('row', { name: /orders\.eu\.created/ })).toBeVisible();
    const talkers = page.getByRole('table', { name: 'Top talkers' });
    await expect(talkers.getByRole('link', { name: 'checkout-api-1' })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Recent events' })).toContainText('billing-worker-2 connected');
    await expect(page.locator('.verdict')).toContainText('live');
    await expectAccessible(page);
  });

  test('keeps the order of the talkers in the URL, and every number leads to its list', async ({ page }) => {
    await page.getByRole('radio', { name: 'B/s' }).click();
    await expect(page).toHaveURL(/talkers=bytes/);
    await page.reload();
    await expect(page.getByRole('radio', { name: 'B/s' })).toBeChecked();
    await page.getByRole('link', { name: 'checkout-api-1' }).first().click();
    await expect(page.getByRole('complementary', { name: /Connection \d+/ })).toContainText('checkout-api-1');
  });

  test('needs no more than 250 KB of compressed script, and none that the content policy refuses', async ({ page }) => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) complaints.push(message.text());
    });
    await page.reload();
    await expect(page.getByRole('link', { name: 'checkout-api-1' }).first()).toBeVisible();
    const scripts = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map((entry) => entry.name)
        .filter((name) => name.endsWith('.js')),
    );
    expect(scripts.length).toBeGreaterThan(3);
    const bodies = await Promise.all(scripts.map(async (url) => (await page.request.get(url)).body()));
    const totalBytes = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
    expect(totalBytes).toBeGreaterThan(50_000);
    expect(totalBytes).toBeLessThan(250_000);
    expect(complaints).toEqual([]);
  });

  test('goes everywhere by keyboard', async ({ page }) => {
    await expect(page.getByRole('heading', { name: 'Top talkers' })).toBeVisible();
    for (const [letter, heading] of [
      ['c', 'Connections'],
      ['f', 'Config'],
      ['a', 'Audit'],
      [',', 'Settings'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(letter);
      await expect(page.getByRole('heading', { name: heading, exact: true, level: 1 })).toBeVisible();
    }
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeHidden();
    await page.keyboard.press('Control+k');
    await page.getByLabel('Search or jump to', { exact: true }).fill('billing');
    await expectAccessible(page);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/connections\?q=billing/);
  });
});

test('says at once when the server is gone, with the age of the figures', async ({ page }) => {
  const sluice = await Sluice.start();
  const client = await sluice.client({ name: 'only' });
  client.publish('a.b', 'c');
  await client.flush();
  await logIn(page, sluice);
  await open(page, sluice, '/');
  await expect(page.locator('.verdict')).toContainText('live');
  await sluice.stop();
  await expect(page.getByText(/Live data stopped .* ago/)).toBeVisible();
  await expect(page.locator('.verdict')).toContainText('stopped');
  await expectAccessible(page);
});
