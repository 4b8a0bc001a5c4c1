/** The tap with a real broker: messages as they pass, counters that add up under load, a pause that loses nothing. */
import { readFile } from 'node:fs/promises';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { expect, type Page, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { logIn, open, publishEvery, Sluice } from './support/sluice.ts';

let sluice: Sluice;
let client: NatsConnection;

test.beforeAll(async () => {
  sluice = await Sluice.start();
  client = await sluice.client({ name: 'checkout-api-2' });
});
test.afterAll(async () => {
  await sluice.stop();
});
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

interface Counters {
  matched: number;
  shown: number;
  sampledOut: number;
  dropped: number;
}

/** The four figures as they stand on screen, read in one go. */
async function counters(page: Page): Promise<Counters> {
  const texts = await page
    .getByTestId('tap-counters')
    .evaluate((line) =>
      ['matched', 'shown', 'sampled-out', 'dropped'].map(
        (name) => line.querySelector(`[data-counter="${name}"] b`)?.textContent ?? '',
      ),
    );
  const [matched, shown, sampledOut, dropped] = texts.map((text) => Number(text.replaceAll(',', '')));
  return { matched: matched ?? NaN, shown: shown ?? NaN, sampledOut: sampledOut ?? NaN, dropped: dropped ?? NaN };
}

function expectBalanced({ matched, shown, sampledOut, dropped }: Counters): void {
  expect(matched).toBe(shown + sampledOut + dropped);
}

/** The tap is open once the server said so. */
async function openTap(page: Page, query: string): Promise<void> {
  await open(page, sluice, `/tap?${query}`);
  await expect(page.getByText('Listening', { exact: true })).toBeVisible();
}

const rows = (page: Page) => page.getByRole('listbox', { name: 'Messages' }).getByRole('option');

test('shows messages as they pass, newest on top, and one in full with what changed', async ({ page }) => {
  await openTap(page, 'subjects=orders.>');
  const region = headers();
  region.append('Region', 'eu-central-1');
  client.publish('orders.eu.created', '{"id":"ord_1","total":64.90,"big":18446744073709551615}', { headers: region });
  client.publish('payments.settled', '{"not":"tapped"}');
  client.publish('orders.eu.created', '{"id":"ord_2","total":212.40,"big":18446744073709551615}', { headers: region });
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toContainText('ord_2');
  await rows(page).first().click();
  const detail = page.getByRole('complementary', { name: 'Message' });
  await expect(detail.getByRole('region', { name: 'Payload as JSON' })).toContainText('"big": 18446744073709551615');
  await expect(detail.getByRole('region', { name: 'Headers' })).toContainText('eu-central-1');
  await detail.getByRole('tab', { name: 'Diff' }).click();
  await expect(detail.getByRole('region', { name: 'Payload as Diff' })).toContainText('+147.50');
  await detail.getByRole('tab', { name: 'Hex' }).click();
  await expect(detail.getByRole('region', { name: 'Payload as Hex' })).toContainText('7b 22 69 64');
  await expect(page).toHaveURL(/tab=hex/);
  await expectAccessible(page);
});

test('counts every message while 200,000 are published as fast as the client can', async ({ page }) => {
  test.setTimeout(120_000);
  for (const sampling of ['all', 'rate:2000', 'every:100']) {
    const subject = `load.${sampling.replace(':', '-')}`;
    await openTap(page, `subjects=${subject}&sampling=${sampling}`);
    const payload = new Uint8Array(128).fill(0x61);
    for (let count = 0; count < 200_000; count++) {
      client.publish(subject, payload);
      if (count % 10_000 !== 0) continue;
      await client.flush();
      expectBalanced(await counters(page));
    }
    await client.flush();
    await expect.poll(async () => (await counters(page)).matched, { timeout: 20_000 }).toBe(200_000);
    const final = await counters(page);
    expectBalanced(final);
    if (sampling === 'all') expect(final.sampledOut).toBe(0);
    else expect(final.sampledOut).toBeGreaterThan(0);
    if (sampling === 'every:100') expect(final.shown + final.dropped / 100).toBeLessThanOrEqual(2001);
  }
});

test('pauses by the space bar, goes on recording, and loses nothing', async ({ page }) => {
  await openTap(page, 'subjects=pause.>');
  client.publish('pause.a', 'one');
  await expect(rows(page)).toHaveCount(1);
  await page.keyboard.press('Space');
  const strip = page.getByRole('region', { name: 'Paused' });
  await expect(strip).toBeVisible();
  for (let count = 0; count < 25; count++) client.publish('pause.a', `held ${count}`);
  await expect(strip).toContainText('25 buffered');
  await expect(strip).toContainText('0 discarded');
  await expect(rows(page)).toHaveCount(1);
  expect(await counters(page)).toMatchObject({ matched: 26, shown: 26 });
  await page.keyboard.press('Space');
  await expect(strip).toBeHidden();
  await expect(rows(page)).toHaveCount(26);
  await expect(rows(page).first()).toContainText('held 24');
});

test('filters by expression, leaves subjects out, and keeps all of it in the URL', async ({ page }) => {
  await openTap(page, 'subjects=shop.>');
  await page.getByLabel('Add subject').fill('!shop.internal.>');
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Filter' }).fill('json.total > 100 && subject matches "shop.*.paid"');
  await expect(page).toHaveURL(/filter=/);
  await expect(page).toHaveURL(/exclude=shop.internal/);
  // The server answers the change before the next message can be judged by it.
  await page.waitForTimeout(500);
  client.publish('shop.internal.paid', '{"total":500}');
  client.publish('shop.eu.paid', '{"total":50}');
  client.publish('shop.eu.paid', '{"total":150}');
  client.publish('shop.eu.created', '{"total":250}');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).first()).toContainText('150');
  await expect.poll(() => counters(page)).toMatchObject({ matched: 3, shown: 3 });
  await page.reload();
  await expect(page.getByRole('textbox', { name: 'Filter' })).toHaveValue('json.total > 100 && subject matches "shop.*.paid"');
  await page.getByRole('textbox', { name: 'Filter' }).fill('json.total >');
  await expect(page.getByText(/expected a text in quotes/)).toBeVisible();
});

test('exports the list as NDJSON that gives every byte and header back', async ({ page }) => {
  await openTap(page, 'subjects=export.>&sampling=all');
  const both = headers();
  both.append('Try', '1');
  both.append('Try', '2');
  client.publish('export.a', new Uint8Array([0, 255, 10]), { headers: both });
  client.publish('export.b', 'text');
  await expect(rows(page)).toHaveCount(2);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export NDJSON' }).click(),
  ]);
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
  const [first, second] = lines.map((line) => JSON.parse(line));
  expect(lines).toHaveLength(2);
  expect([...Buffer.from(first.payload, 'base64')]).toEqual([0, 255, 10]);
  expect(first).toMatchObject({
    subject: 'export.a',
    headers: [
      ['Try', '1'],
      ['Try', '2'],
    ],
  });
  expect(Buffer.from(second.payload, 'base64').toString()).toBe('text');
});

test('opens a payload of 900 KB without a frozen frame', async ({ page }) => {
  await openTap(page, 'subjects=big.>&payload=16777216');
  const items = Array.from(
    { length: 9000 },
    (_, index) => `{"sku":"4410-${index}","qty":${index},"note":"so that the line breaks, and some more","id":9007199254740993}`,
  );
  client.publish('big.order', `[${items.join(',')}]`);
  await expect(rows(page)).toHaveCount(1);
  await page.evaluate(() => {
    const longest = { ms: 0 };
    Object.assign(window, { longest });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) longest.ms = Math.max(longest.ms, entry.duration);
    }).observe({ entryTypes: ['longtask'] });
  });
  await rows(page).first().click();
  const json = page.getByRole('region', { name: 'Payload as JSON' });
  await expect(json).toContainText('"id": 9007199254740993');
  await json.evaluate((element) => {
    element.scrollTop = element.scrollHeight;
  });
  await expect(json).toContainText(']');
  await expect(json).toContainText('"4410-8999"');
  // The goal is 50 ms; a busy test machine gets some room.
  expect(await page.evaluate(() => Number(Reflect.get(Reflect.get(window, 'longest'), 'ms')))).toBeLessThan(120);
});

test('sends a message again by way of the workbench', async ({ page }) => {
  await openTap(page, 'subjects=resend.>');
  const received: string[] = [];
  client.subscribe('resend.>', { callback: (_error, message) => void received.push(message.string()) });
  client.publish('resend.me', '{"id":"ord_9"}');
  await expect(rows(page)).toHaveCount(1);
  await rows(page).first().click();
  await page.getByRole('button', { name: 'Edit and resend' }).click();
  await expect(page.getByRole('textbox', { name: 'Payload' })).toHaveValue('{"id":"ord_9"}');
  await page.getByRole('textbox', { name: 'Payload' }).fill('{"id":"ord_9","fixed":true}');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('Published');
  await expect.poll(() => received).toEqual(['{"id":"ord_9"}', '{"id":"ord_9","fixed":true}']);
});

test('is used by keyboard alone: move, open, close, back to the newest', async ({ page }) => {
  await openTap(page, 'subjects=keys.>');
  const stop = publishEvery(client, 20, (count) => client.publish('keys.a', `message ${count}`));
  await expect.poll(() => rows(page).count()).toBeGreaterThan(5);
  const selected = page.locator('[role="option"][aria-selected="true"]');
  await page.keyboard.press('j');
  await expect(selected).toHaveCount(1);
  const first = await selected.textContent();
  await page.keyboard.press('j');
  await expect.poll(() => selected.textContent()).not.toBe(first);
  const text = await selected.textContent();
  await expect(page.getByText(/newer, back to newest/)).toBeVisible();
  await page.keyboard.press('k');
  await expect.poll(() => selected.textContent()).not.toBe(text);
  await expect(page.getByRole('complementary', { name: 'Message' })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('tab', { name: 'Text' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary', { name: 'Message' })).toBeHidden();
  await expect(page.getByText(/newer, back to newest/)).toBeHidden();
  stop();
});

test('teaches the first step when it has no subject', async ({ page }) => {
  await open(page, sluice, '/tap');
  await expect(page.getByRole('heading', { name: 'Tap shows messages as they pass' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: '>', exact: true }).click();
  await expect(page).toHaveURL(/subjects=/);
  await expect(page.getByTestId('tap-counters')).toBeVisible();
});
