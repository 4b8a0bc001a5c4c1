/** Streams with a real broker: create, read without consuming, edit, purge, delete; consumers by hand. */
import { AckPolicy, DeliverPolicy, RetentionPolicy } from '@nats-io/jetstream';
import { expect, type Page, test } from '@playwright/test';
import { expectAccessible } from './support/axe.ts';
import { type StoredData, storedData } from './support/jetstream.ts';
import { createUser, logIn, open, Sluice } from './support/sluice.ts';

const VIEWER = { username: 'looker', password: 'only looks at things', role: 'viewer' };

let sluice: Sluice;
let data: StoredData;

test.beforeAll(async () => {
  sluice = await Sluice.start();
  data = await storedData(sluice);
  const { js, manager } = data;
  await manager.streams.add({ name: 'ORDERS', subjects: ['orders.>'], max_bytes: 1_000_000 });
  await manager.streams.add({ name: 'JOBS', subjects: ['jobs.*'], retention: RetentionPolicy.Workqueue });
  await manager.streams.add({ name: 'NEWS', subjects: ['news.*'], retention: RetentionPolicy.Interest });
  await manager.consumers.add('NEWS', { durable_name: 'readers', ack_policy: AckPolicy.Explicit });
  await manager.consumers.add('ORDERS', { durable_name: 'billing', ack_policy: AckPolicy.Explicit, filter_subject: 'orders.eu' });
  for (let number = 1; number <= 30; number++) {
    await js.publish(number % 2 === 0 ? 'orders.us' : 'orders.eu', JSON.stringify({ id: number }));
    await js.publish('jobs.resize', `job ${number}`);
    await js.publish('news.today', `news ${number}`);
  }
  for (const seq of [10, 11, 12]) await manager.streams.deleteMessage('ORDERS', seq);
});
test.afterAll(async () => {
  await sluice.stop();
});
test.beforeEach(async ({ page }) => {
  await logIn(page, sluice);
});

function rowOf(page: Page, table: string, text: string) {
  return page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: text });
}

test('lists streams with what they hold and leads to one', async ({ page }) => {
  await open(page, sluice, '/');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Streams' }).click();
  await expect(rowOf(page, 'Streams', 'ORDERS')).toContainText('27');
  await expect(rowOf(page, 'Streams', 'ORDERS')).toContainText('fsync before ack');
  await page.getByRole('searchbox', { name: 'Search streams' }).fill('JOB');
  await expect(rowOf(page, 'Streams', 'ORDERS')).toHaveCount(0);
  await expect(page).toHaveURL(/q=JOB/);
  await expectAccessible(page);
  await rowOf(page, 'Streams', 'JOBS').click();
  await expect(page).toHaveURL(/\/streams\/JOBS/);
  await expect(page.getByRole('heading', { name: 'JOBS' })).toBeVisible();
});

test('creates a stream from a form whose JSON and command follow', async ({ page }) => {
  await open(page, sluice, '/streams');
  await page.getByRole('button', { name: 'New stream' }).click();
  await expect(page).toHaveURL(/create=true/);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('SHIPMENTS');
  await page.getByRole('textbox', { name: 'Subjects', exact: true }).fill('shipments.> parcels.*');
  await page.getByRole('textbox', { name: 'Age', exact: true }).fill('5');
  await expect(page.getByText('A duration such as 90s, 1h30m or 7d')).toBeVisible();
  await page.getByRole('textbox', { name: 'Age', exact: true }).fill('7d');
  const json = page.getByRole('textbox', { name: 'Configuration as JSON' });
  await expect(json).toHaveValue(/"max_age": 604800000000000/);
  await expect(page.getByText(/nats stream add SHIPMENTS --subjects='shipments.>,parcels.\*'.*--max-age=168h/)).toBeVisible();
  await json.fill((await json.inputValue()).replace('"name"', '"metadata": { "owner": "logistics" },\n  "name"'));
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Create stream' }).click();
  await expect(page).toHaveURL(/\/streams\/SHIPMENTS/);
  await expect(page.getByText('No message yet')).toBeVisible();
  const { config } = await data.manager.streams.info('SHIPMENTS');
  expect(config).toMatchObject({ subjects: ['shipments.>', 'parcels.*'], max_age: 604_800_000_000_000 });
  expect(config.metadata?.['owner']).toBe('logistics');
});

test('reads by sequence, shows what was deleted, filters, and opens one after another by keyboard', async ({ page }) => {
  await open(page, sluice, '/streams/ORDERS');
  const table = page.getByRole('table', { name: 'Messages of ORDERS' });
  await expect(table.getByRole('row').nth(1)).toHaveText(/^30/);
  await page.getByRole('radio', { name: 'Sequence' }).click();
  await page.getByRole('textbox', { name: 'Sequence' }).fill('8');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/seek=seq&seq=8/);
  await expect(table.getByRole('row').nth(1)).toHaveText(/^8/);
  await expect(table).toContainText('3 messages deleted, sequence 10 to 12');

  await table.getByRole('row').nth(1).focus();
  await page.keyboard.press('Enter');
  const pane = page.getByRole('complementary', { name: 'Message 8' });
  await expect(pane.getByRole('region', { name: 'Payload as JSON' })).toContainText('"id": 8');
  await pane.getByRole('button', { name: 'Next row' }).click();
  await expect(page.getByRole('complementary', { name: 'Message 9' })).toContainText('orders.eu');
  await expectAccessible(page);

  await page.getByRole('textbox', { name: 'Filter by subject' }).fill('orders.eu');
  await expect(page).toHaveURL(/subject=orders.eu/);
  await expect(table).not.toContainText('orders.us');
  await page.getByRole('radio', { name: 'Time' }).click();
  await page.getByRole('textbox', { name: 'Moment in UTC' }).fill('2020-01-01');
  await page.keyboard.press('Enter');
  await expect(table.getByRole('row').nth(1)).toContainText('orders.eu');
  await page.getByRole('textbox', { name: 'Moment in UTC' }).fill('2h ago');
  await page.keyboard.press('Enter');
  await expect(table.getByRole('row').nth(1)).toContainText('orders.eu');
  const at = Number(new URL(page.url()).searchParams.get('at'));
  expect(Math.abs(Date.now() - 7_200_000 - at)).toBeLessThan(60_000);
});

test('holds the newest messages still while one of them is open', async ({ page }) => {
  const { js } = data;
  await open(page, sluice, '/streams/NEWS');
  const table = page.getByRole('table', { name: 'Messages of NEWS' });
  await table.locator('tr[data-key="30"]').click();
  await expect(page.getByText('held while one is open')).toBeVisible();
  const ack = await js.publish('news.today', 'news of the moment');
  // Longer than the list takes to follow: the summary beside it has counted on meanwhile.
  await expect(page.getByRole('tab', { name: `Messages ${ack.seq}` })).toBeVisible();
  await expect(table.getByRole('row').nth(1)).toHaveText(/^30/);
  await page.getByRole('complementary', { name: 'Message 30' }).getByRole('button', { name: 'Close' }).click();
  await expect(table.getByRole('row').nth(1)).toHaveText(new RegExp(`^${ack.seq}`));
});

test('browsing consumes nothing, whatever the retention', async ({ page }) => {
  const { manager } = data;
  for (const name of ['ORDERS', 'JOBS', 'NEWS']) {
    const before = await manager.streams.info(name);
    await open(page, sluice, `/streams/${name}`);
    const table = page.getByRole('table', { name: `Messages of ${name}` });
    await table.locator('tr[data-key="29"]').click();
    await expect(page.getByRole('complementary', { name: /^Message \d+/ }).getByRole('tab', { name: 'Hex' })).toBeVisible();
    await page.getByRole('tab', { name: /^Subjects/ }).click();
    await expect(
      page
        .getByRole('table', { name: `Subjects of ${name}` })
        .getByRole('row')
        .nth(1),
    ).toBeVisible();
    const after = await manager.streams.info(name);
    expect(after.state.messages, name).toBe(before.state.messages);
    expect(after.state.consumer_count, name).toBe(before.state.consumer_count);
  }
  const readers = await manager.consumers.info('NEWS', 'readers');
  expect(readers.delivered.consumer_seq).toBe(0);
  expect(readers.num_pending).toBe(31);
});

test('edits with a diff that the server has checked, and marks what cannot change', async ({ page }) => {
  await open(page, sluice, '/streams/ORDERS?tab=config');
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await expect(page.getByRole('combobox', { name: 'Storage' })).toBeDisabled();
  await page.getByRole('textbox', { name: 'Bytes', exact: true }).fill('2 MB');
  const changes = page.getByRole('complementary', { name: 'Changes' });
  await expect(changes.locator('del')).toHaveText('1 MB');
  await expect(changes.locator('ins')).toHaveText('2 MB');
  await expect(changes.getByText('The server would take this.')).toBeVisible();
  await expect(changes.getByText('nats stream edit ORDERS --max-bytes=2000000')).toBeVisible();
  await expectAccessible(page);
  await changes.getByRole('button', { name: 'Apply' }).click();
  await expect(changes).toHaveCount(0);
  expect((await data.manager.streams.info('ORDERS')).config.max_bytes).toBe(2_000_000);
});

test('purges after a count and the typed name', async ({ page }) => {
  await open(page, sluice, '/streams/ORDERS?tab=subjects');
  await rowOf(page, 'Subjects of ORDERS', 'orders.us').getByRole('button', { name: 'Purge…' }).click();
  await expect(page).toHaveURL(/tab=operations/);
  await expect(page.getByRole('textbox', { name: 'Subjects' })).toHaveValue('orders.us');
  await page.getByRole('button', { name: 'Count what would go' }).click();
  const purge = page.getByRole('button', { name: 'Purge 13 messages' });
  await expect(purge).toBeDisabled();
  await page.getByRole('textbox', { name: 'Type its name' }).fill('ORDERS');
  await expectAccessible(page);
  await purge.click();
  await expect(page.getByText('13 messages removed from ORDERS.')).toBeVisible();
  expect((await data.manager.streams.info('ORDERS')).state.messages).toBe(14);
});

test('pulls one by hand and acknowledges it; pauses and resumes', async ({ page }) => {
  const { manager } = data;
  await open(page, sluice, '/consumers');
  await rowOf(page, 'Consumers', 'billing').click();
  const pane = page.getByRole('complementary', { name: 'Consumer billing' });
  await pane.getByRole('tab', { name: 'Pull by hand' }).click();
  await pane.getByRole('button', { name: 'Pull one message' }).click();
  await expect(pane.getByRole('region', { name: 'Payload as JSON' })).toContainText('"id": 1');
  await expectAccessible(page);
  await pane.getByRole('button', { name: 'Ack', exact: true }).click();
  await expect(pane.getByRole('button', { name: 'Pull one message' })).toBeVisible();
  await expect.poll(async () => (await manager.consumers.info('ORDERS', 'billing')).ack_floor.stream_seq).toBe(1);

  await pane.getByRole('tab', { name: 'State' }).click();
  await pane.getByRole('button', { name: 'Pause…' }).click();
  await pane.getByRole('textbox', { name: 'For' }).fill('10min');
  await pane.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(pane.getByText('Nothing is delivered until it is resumed.')).toBeVisible();
  expect((await manager.consumers.info('ORDERS', 'billing')).paused).toBe(true);
  await pane.getByRole('button', { name: 'Resume' }).click();
  await expect(pane.getByRole('button', { name: 'Pause…' })).toBeVisible();
});

test('resets and deletes a consumer by its typed name', async ({ page }) => {
  const { manager } = data;
  await manager.consumers.add('ORDERS', { durable_name: 'once', ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.New });
  await open(page, sluice, '/streams/ORDERS?tab=consumers&consumer=billing');
  const billing = page.getByRole('complementary', { name: 'Consumer billing' });
  await billing.getByRole('button', { name: 'Reset…' }).click();
  await billing.getByRole('textbox', { name: 'From sequence' }).fill('5');
  await billing.getByRole('textbox', { name: 'Type its name' }).fill('billing');
  await billing.getByRole('button', { name: 'Reset consumer' }).click();
  await expect(billing.getByRole('button', { name: 'Reset…' })).toBeVisible();
  expect((await manager.consumers.info('ORDERS', 'billing')).delivered.stream_seq).toBe(4);
  await rowOf(page, 'Consumers', 'once').click();
  const pane = page.getByRole('complementary', { name: 'Consumer once' });
  await pane.getByRole('button', { name: 'Delete…' }).click();
  await pane.getByRole('textbox', { name: 'Type its name' }).fill('once');
  await pane.getByRole('button', { name: 'Delete consumer' }).click();
  await expect(pane).toHaveCount(0);
  await expect(rowOf(page, 'Consumers', 'once')).toHaveCount(0);
});

test('says to a viewer what the role does not allow', async ({ page }) => {
  await createUser(page, VIEWER);
  await page.context().clearCookies();
  await logIn(page, sluice, VIEWER);
  await open(page, sluice, '/streams/JOBS?tab=operations');
  const count = page.getByRole('button', { name: 'Count what would go' });
  await expect(count).toHaveAttribute('aria-disabled', 'true');
  await expect(count).toHaveAttribute('title', 'Purging needs the role operator');
  await expect(page.getByRole('button', { name: 'Seal…' })).toHaveAttribute('title', 'Sealing needs the role admin');
  await expect(page.getByRole('button', { name: 'Delete…' })).toHaveAttribute('aria-disabled', 'true');
});

test('deletes a stream by its typed name', async ({ page }) => {
  await open(page, sluice, '/streams/JOBS?tab=operations');
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('textbox', { name: 'Type its name' }).fill('JOBS');
  await page.getByRole('button', { name: 'Delete stream' }).click();
  await expect(page).toHaveURL(/\/streams$/);
  await expect(rowOf(page, 'Streams', 'JOBS')).toHaveCount(0);
  await open(page, sluice, '/streams/JOBS');
  await expect(page.getByText('There is no stream JOBS')).toBeVisible();
});

test('teaches how to turn JetStream on where it is off', async ({ page }) => {
  const bare = await Sluice.start({ config: 'jetstream: disabled\n' });
  try {
    await logIn(page, bare);
    await open(page, bare, '/streams');
    await expect(page.getByRole('heading', { name: 'JetStream is off' })).toBeVisible();
    await expect(page.getByText('store_dir')).toBeVisible();
    await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Streams' })).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'New stream' })).toHaveCount(0);
    await expectAccessible(page);
    for (const path of ['/consumers', '/key-value', '/objects', '/streams/ORDERS']) {
      await open(page, bare, path);
      await expect(page.getByRole('heading', { name: 'JetStream is off' }), path).toBeVisible();
    }
  } finally {
    await bare.stop();
  }
});
