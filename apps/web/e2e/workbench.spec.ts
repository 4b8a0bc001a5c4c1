/** The workbench with a real broker: publish, request, repeat, and permissions exercised for real. */
import type { NatsConnection } from '@nats-io/transport-node';
import { expect, type Page, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { createUser, logIn, open, Sluice } from './support/sluice.ts';

const CONFIG = `
authorization {
  users = [
    { user: svc, password: "svc secret" }
    { user: checkout, password: "checkout secret", permissions: { publish: { allow: ["orders.>"], deny: ["orders.internal.>"] } } }
  ]
}
`;

let sluice: Sluice;
let service: NatsConnection;

test.beforeAll(async () => {
  sluice = await Sluice.start({ config: CONFIG });
  service = await sluice.client({ name: 'svc', user: 'svc', pass: 'svc secret' });
});
test.afterAll(async () => {
  await sluice.stop();
});
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

async function runAs(page: Page, user: string): Promise<void> {
  await page.getByRole('radiogroup', { name: 'Run as' }).getByRole('radio', { name: 'User' }).click();
  await page.getByLabel('User', { exact: true }).fill(user);
  await page.getByLabel('Password').fill(`${user} secret`);
}

const result = (page: Page) => page.getByRole('region', { name: 'Result' });

test('publishes with headers and variables as a chosen user', async ({ page }) => {
  const received: { text: string; id: string }[] = [];
  service.subscribe('orders.>', {
    callback: (_error, message) => void received.push({ text: message.string(), id: message.headers?.get('Id') ?? '' }),
  });
  await service.flush();
  await open(page, sluice, '/workbench?subject=orders.eu.created');
  await runAs(page, 'checkout');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByLabel('Name of header 1').fill('Id');
  await page.getByLabel('Value of header 1').fill('{{uuid}}');
  await page.getByRole('textbox', { name: 'Payload' }).fill('{"at":"{{now}}"}');
  await page.keyboard.press('Control+Enter');
  await expect(result(page)).toContainText('Published');
  await expect.poll(() => received.length).toBe(1);
  expect(received[0]?.text).toMatch(/^\{"at":"20\d\d-.*Z"\}$/);
  expect(received[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
  await page.getByRole('tab', { name: /History/ }).click();
  await expect(page.getByRole('complementary', { name: 'Saved messages' })).toContainText('publish as checkout');
  await expectAccessible(page);
});

test('shows what the server refused, in its words and with the rule', async ({ page }) => {
  await open(page, sluice, '/workbench?subject=orders.internal.price');
  await runAs(page, 'checkout');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await expect(result(page)).toContainText('Denied for checkout');
  await expect(result(page)).toContainText(/permissions violation/i);
  await expect(result(page)).toContainText('orders.internal.>');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await expect(result(page)).toContainText('No connection as checkout');
});

test('requests, shows several replies with their latency, and names no responders', async ({ page }) => {
  service.subscribe('svc.time', {
    callback: (_error, message) => {
      for (const place of [1, 2, 3]) message.respond(JSON.stringify({ place }));
    },
  });
  await service.flush();
  await open(page, sluice, '/workbench?mode=request&subject=svc.time&replies=3');
  await runAs(page, 'svc');
  await page.getByRole('button', { name: 'Request', exact: true }).click();
  await expect(result(page)).toContainText('3 replies');
  await expect(page.getByRole('list', { name: 'Replies' }).getByRole('button')).toHaveCount(3);
  await page.getByRole('list', { name: 'Replies' }).getByRole('button').nth(1).click();
  await expect(page.getByRole('region', { name: 'Payload as JSON' })).toContainText('"place": 2');
  await expectAccessible(page);
  await page.getByRole('textbox', { name: 'Subject' }).fill('svc.nobody');
  await page.getByRole('button', { name: 'Request', exact: true }).click();
  await expect(result(page)).toContainText('No responders');
});

test('repeats at a rate, is stopped, and every message is another', async ({ page }) => {
  const received: string[] = [];
  service.subscribe('orders.tick', { callback: (_error, message) => void received.push(message.string()) });
  await service.flush();
  await open(page, sluice, '/workbench?subject=orders.tick&payload=%7B%7Bseq%7D%7D&repeat=1000:50');
  await runAs(page, 'checkout');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect.poll(() => received.length).toBeGreaterThan(20);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(result(page)).toContainText('Stopped');
  const count = received.length;
  await page.waitForTimeout(500);
  expect(received.length - count).toBeLessThan(10);
  expect(received.slice(0, 5)).toEqual(['1', '2', '3', '4', '5']);
});

test('keeps templates on the server and passwords nowhere', async ({ page }) => {
  await open(page, sluice, '/workbench?subject=orders.saved&payload=hello');
  await runAs(page, 'checkout');
  await page.getByLabel('Name of the template').fill('greeting');
  await page.getByRole('button', { name: 'Save template' }).click();
  await page.getByRole('button', { name: 'Clear' }).first().click();
  await expect(page.getByRole('textbox', { name: 'Payload' })).toHaveValue('');
  await expect(page.getByRole('button', { name: /greeting orders\.saved/ })).toBeVisible();
  // Another browser, as it were; and one that still holds a template of an earlier version.
  await page.evaluate(() => {
    localStorage.clear();
    const draft = { mode: 'publish', subject: 'orders.old', payload: 'from before' };
    localStorage.setItem('sluice.workbench.templates', JSON.stringify([{ name: 'legacy', draft }]));
  });
  await page.reload();
  await expect(page.getByRole('button', { name: /legacy orders\.old/ })).toBeVisible();
  await expect.poll(() => page.evaluate(() => localStorage.getItem('sluice.workbench.templates'))).toBe('[]');
  await page.getByRole('button', { name: 'Delete template legacy' }).click();
  await expect(page.getByRole('button', { name: /legacy orders\.old/ })).toBeHidden();
  await page.getByRole('button', { name: /greeting orders\.saved/ }).click();
  await expect(page.getByRole('textbox', { name: 'Payload' })).toHaveValue('hello');
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + location.href);
  expect(kept).not.toContain('checkout secret');
});

test('is closed to viewers, who may still tap', async ({ page }) => {
  const viewer = { username: 'vera', password: 'a viewer reads only', role: 'viewer' };
  await createUser(page, viewer);
  await page.context().clearCookies();
  await logIn(page, sluice, viewer);
  await open(page, sluice, '/workbench');
  await expect(page.getByText('A viewer may not publish')).toBeVisible();
  await open(page, sluice, '/tap?subjects=orders.>');
  await expect(page.getByText('Listening', { exact: true })).toBeVisible();
  service.publish('orders.seen', '{}');
  await page.getByRole('option').filter({ hasText: 'orders.seen' }).click();
  await expect(page.getByRole('button', { name: 'Edit and resend' })).toHaveAttribute('aria-disabled', 'true');
});
