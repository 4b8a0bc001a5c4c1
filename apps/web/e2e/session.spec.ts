/** Getting in: the one-time link, the login form and its refusals, the way back, the way out. */
import { expect, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { ADMIN, Sluice } from './support/sluice.ts';

test.describe('a server with an administrator', () => {
  let sluice: Sluice;
  test.beforeAll(async () => {
    sluice = await Sluice.start();
  });
  test.afterAll(() => sluice.stop());

  test('refuses a wrong password in words, then lets the right one in and back to the page that was asked for', async ({
    page,
  }) => {
    await page.goto(`${sluice.consoleUrl}/connections?preset=closed`);
    await expect(page).toHaveURL(/\/login\?next=/);
    await expectAccessible(page);
    await page.getByLabel('Name').fill(ADMIN.username);
    await page.keyboard.press('Tab');
    await page.keyboard.type('not the password');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('alert')).toHaveText('Wrong name or password.');
    await expectAccessible(page);
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/connections\?preset=closed/);
    await expect(page.getByRole('heading', { name: 'Connections' })).toBeVisible();
  });

  test('leads nowhere but to its own pages after the login', async ({ page }) => {
    await page.goto(`${sluice.consoleUrl}/login?next=//example.org/`);
    await page.getByLabel('Name').fill(ADMIN.username);
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(`${sluice.consoleUrl}/`);
  });

  test('logs out and shows no page afterwards', async ({ page }) => {
    await page.goto(`${sluice.consoleUrl}/login`);
    await page.getByLabel('Name').fill(ADMIN.username);
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'admin, admin' }).click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await expect(page).toHaveURL(/\/login/);
    await page.goto(`${sluice.consoleUrl}/config`);
    await expect(page).toHaveURL(/\/login\?next=/);
  });

  test('says how long to wait after too many wrong tries', async ({ page }) => {
    await page.goto(`${sluice.consoleUrl}/login`);
    await page.getByLabel('Name').fill('nobody');
    const button = page.getByRole('button', { name: /Sign in|Wait/ });
    await expect(async () => {
      await page.getByLabel('Password', { exact: true }).fill('wrong again and again');
      await page.keyboard.press('Enter');
      await expect(button).toHaveText(/Wait \d+ s/, { timeout: 1000 });
    }).toPass({ timeout: 30_000 });
    await expect(page.getByRole('alert')).toContainText('Too many failed attempts');
  });
});

test('creates the administrator by the one-time link, once', async ({ page }) => {
  const sluice = await Sluice.start({ isFresh: true });
  try {
    await page.goto(sluice.setupUrl);
    await page.getByLabel('Password', { exact: true }).fill('too short');
    await expect(page.getByText('3 more characters, please')).toBeVisible();
    await expectAccessible(page);
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    await page.getByLabel('Password again').fill(ADMIN.password);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: 'Connect a client' })).toBeVisible();
    await page.context().clearCookies();
    await page.goto(sluice.setupUrl);
    await page.reload();
    await expect(page.getByRole('heading', { name: 'The administrator exists' })).toBeVisible();
  } finally {
    await sluice.stop();
  }
});
