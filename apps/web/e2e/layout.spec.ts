/** Pages at the widths they are made for, with names as long as the server takes them: nothing leaves the screen. */
import { AckPolicy } from '@nats-io/jetstream';
import { expect, type Page, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { storedData } from './support/jetstream.ts';
import { logIn, open, Sluice } from './support/sluice.ts';

const LONG_STREAM = 'S'.repeat(200);
const LONG_CONSUMER = 'C'.repeat(200);
const LONG_SUBJECT = `deep.${'token.'.repeat(30)}end`;
const sizes = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
];

let sluice: Sluice;

test.beforeAll(async () => {
  sluice = await Sluice.start();
  const { js, manager } = await storedData(sluice);
  await manager.streams.add({ name: LONG_STREAM, subjects: [LONG_SUBJECT, 'ünï.日本語.>'], description: 'd'.repeat(300) });
  await manager.streams.add({ name: 'COPY', mirror: { name: LONG_STREAM } });
  await manager.consumers.add(LONG_STREAM, { durable_name: LONG_CONSUMER, ack_policy: AckPolicy.Explicit });
  for (let number = 1; number <= 20; number++) await js.publish(LONG_SUBJECT, JSON.stringify({ number, text: 'x'.repeat(500) }));
  const client = await sluice.client({ name: 'n'.repeat(200) });
  client.subscribe('ünï.日本語.>', { callback: () => undefined });
});
test.afterAll(async () => {
  await sluice.stop();
});
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

/** Fails when the page itself scrolls sideways or a control of its head is cut off. */
async function expectInside(page: Page, what: string): Promise<void> {
  const cut = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const controls = [...document.querySelectorAll('.head button, .head a, .tool button, .foot button, .dfoot button')];
    const outside = controls.filter((control) => control.getBoundingClientRect().right > clientWidth + 1);
    return [...(scrollWidth > clientWidth ? ['the page'] : []), ...outside.map((control) => control.textContent ?? '')];
  });
  expect(cut, what).toEqual([]);
}

for (const size of sizes) {
  test(`keeps everything on a screen of ${size.width} pixels`, async ({ page }) => {
    await page.setViewportSize(size);
    const stream = `/streams/${LONG_STREAM}`;
    const paths = ['/', '/connections', `/subjects?subject=${LONG_SUBJECT}`, '/subscriptions', '/tap', '/streams', stream];
    const more = [`${stream}?open=3`, `${stream}?tab=consumers&consumer=${LONG_CONSUMER}`, `${stream}?tab=config&edit=true`];
    const rest = ['/consumers', '/key-value', '/objects', '/workbench', '/auth-failures', '/config', '/audit', '/settings'];
    for (const path of [...paths, ...more, ...rest]) {
      await open(page, sluice, path);
      await expect(page.locator('main, .main').first()).toBeVisible();
      await expect(page.locator('.sk')).toHaveCount(0);
      await expectInside(page, path);
    }
  });
}

test('names a stream and its origin beside one another', async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 768 });
  await open(page, sluice, '/streams');
  const row = page.getByRole('table', { name: 'Streams' }).getByRole('row').filter({ hasText: 'COPY' });
  await expect(row.getByRole('link', { name: 'COPY' })).toBeVisible();
  await expect(row).toContainText('mirror of SSS');
  await expectAccessible(page);
});

test('leads from a finding to its place on a narrow screen, however long the name in it', async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 768 });
  await open(page, sluice, '/');
  const finding = page.getByRole('link', { name: /CCC.* of SSS.*: 20 messages not delivered, nobody pulls/ });
  await expect(finding).toBeVisible();
  await finding.click();
  await expect(page).toHaveURL(/\/consumers\?/);
  await expect(page.getByRole('complementary', { name: `Consumer ${LONG_CONSUMER}` })).toBeVisible();
  await expectAccessible(page);
});
