/** Settings and audit: people, roles, one's own account, how it looks; and the log of all of it. */
import { expect, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { ADMIN, createUser, logIn, open, Sluice } from './support/sluice.ts';

let sluice: Sluice;
test.beforeAll(async () => {
  sluice = await Sluice.start();
});
test.afterAll(() => sluice.stop());
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

test('adds a console user who can log in, changes the role, removes the user; the audit log tells', async ({ page, browser }) => {
  await open(page, sluice, '/settings');
  await page.getByRole('button', { name: 'Add a user' }).click();
  const pane = page.getByRole('complementary', { name: 'New user' });
  await pane.getByLabel('Name').fill('m.keller');
  await pane.getByLabel('Role').selectOption('operator');
  await pane.getByLabel('Password').fill('short');
  await expect(pane.getByRole('alert')).toHaveText('7 more characters, please');
  await expectAccessible(page);
  await pane.getByLabel('Password').fill('a long enough one');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Added m.keller as operator')).toBeVisible();
  const row = page.getByRole('row', { name: /m\.keller/ });
  await expect(row).toContainText('operator');

  const other = await browser.newContext();
  const theirs = await other.newPage();
  await logIn(theirs, sluice, { username: 'm.keller', password: 'a long enough one' });
  await open(theirs, sluice, '/settings?tab=users');
  await expect(theirs.getByText('Console users are for administrators')).toBeVisible();
  await expectAccessible(theirs);

  await row.click();
  const edit = page.getByRole('complementary', { name: 'User m.keller' });
  await edit.getByLabel('Role').selectOption('viewer');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('viewer');
  await open(theirs, sluice, '/audit');
  await expect(theirs).toHaveURL(/\/login/);
  await other.close();

  await row.click();
  await edit.getByRole('button', { name: 'Remove…' }).click();
  await edit.getByLabel('Type its name').fill('m.keller');
  await edit.getByRole('button', { name: 'Remove user' }).click();
  await expect(page.getByText('Removed m.keller')).toBeVisible();

  await open(page, sluice, '/audit?q=m.keller');
  for (const action of ['user.create', 'user.update', 'user.delete']) {
    await expect(page.getByRole('row', { name: new RegExp(action.replace('.', '\\.')) }).first()).toBeVisible();
  }
  await expect(page.getByText(/chain intact/)).toBeVisible();
  await page.getByRole('row', { name: /user\.create/ }).click();
  await expect(page.getByRole('complementary', { name: /Entry \d+/ })).toContainText('"role": "operator"');
  await expectAccessible(page);
});

test('takes no change over one that somebody else made meanwhile', async ({ page, browser }) => {
  await createUser(page, { username: 'shared', password: 'a long enough one', role: 'viewer' });
  await open(page, sluice, '/settings?user=shared');
  const mine = page.getByRole('complementary', { name: 'User shared' });
  await mine.getByLabel('Role').selectOption('operator');
  const other = await browser.newContext();
  const theirs = await other.newPage();
  await logIn(theirs, sluice);
  await open(theirs, sluice, '/settings?user=shared');
  await theirs.getByRole('complementary').getByRole('button', { name: 'Disable' }).click();
  await expect(theirs.getByText('Disabled shared')).toBeVisible();
  await other.close();
  await mine.getByRole('button', { name: 'Save' }).click();
  await expect(mine.getByRole('alert')).toHaveText('somebody changed this user meanwhile; look at it again');
});

test('cannot remove the one who is logged in', async ({ page }) => {
  await open(page, sluice, '/settings?user=admin');
  const pane = page.getByRole('complementary', { name: 'User admin' });
  await expect(pane.getByRole('button', { name: 'Remove…' })).toHaveAttribute('title', 'You cannot remove yourself');
});

test('changes the own password and ends other sessions', async ({ page, browser }) => {
  const other = await browser.newContext();
  const theirs = await other.newPage();
  await logIn(theirs, sluice);
  await open(page, sluice, '/settings?tab=account');
  await expect(page.getByRole('table', { name: 'Sessions' }).getByText('this one')).toBeVisible();
  await page.getByLabel('Present password').fill('not this');
  await page.getByLabel('New password', { exact: true }).fill('another long password');
  await page.getByLabel('New password again').fill('another long password');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('alert')).toContainText('not your present password');
  await expectAccessible(page);
  await page.getByLabel('Present password').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Your password is changed')).toBeVisible();
  await open(theirs, sluice, '/config');
  await expect(theirs).toHaveURL(/\/login/);
  await other.close();
  await page.getByLabel('Present password').fill('another long password');
  await page.getByLabel('New password', { exact: true }).fill(ADMIN.password);
  await page.getByLabel('New password again').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByLabel('Present password')).toHaveValue('');
});

test('keeps theme and time zone in the browser', async ({ page }) => {
  await open(page, sluice, '/settings?tab=appearance');
  await page.getByRole('radiogroup', { name: 'Theme' }).getByRole('radio', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await page.getByRole('radiogroup', { name: 'Time zone of all pages' }).getByRole('radio', { name: /Local/ }).click();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await expect(
    page.getByRole('radiogroup', { name: 'Time zone', exact: true }).getByRole('radio', { name: 'Local' }),
  ).toBeChecked();
  await page.getByRole('radiogroup', { name: 'Theme' }).getByRole('radio', { name: 'As the system' }).click();
  await expectAccessible(page);
});
