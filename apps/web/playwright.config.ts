/**
 * Browser tests: a real Chromium against a real server. One worker, because page, server and clients already fill two cores. The
 * browser is looked for at run time, by the same search as the bootstrap's.
 */
import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';
import { chromiumArguments, findChromium } from '../../scripts/find-chromium.mjs';

const executablePath = findChromium();

const config: PlaywrightTestConfig = defineConfig({
  testDir: './e2e',
  outputDir: './test-results',
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    browserName: 'chromium',
    headless: true,
    viewport: { width: 1440, height: 900 },
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: { ...(executablePath === undefined ? {} : { executablePath }), args: chromiumArguments() },
  },
});

export default config;
