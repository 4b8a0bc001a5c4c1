/** No page may have a violation of WCAG 2 A and AA, in either theme. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Checks what is on screen now, in light and in dark. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    // Without motion no colour is caught while it fades from one theme to the other.
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', theme);
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']).analyze();
    const found = violations.map(
      ({ id, nodes }) =>
        `${theme} ${id}: ${nodes.map((node) => `${node.target.join(' ')} (${node.any[0]?.message ?? node.html})`).join(', ')}`,
    );
    expect(found).toEqual([]);
  }
}
