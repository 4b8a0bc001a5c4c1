/** Which lines of a document are on screen, short or enormous. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_HEIGHT_PX, lineWindow, MAX_SCROLL_PX } from '../../src/components/payload-view/line-window.ts';

describe('the window of lines', () => {
  it('begins at the first line and ends at the last, however long the document is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000_000 }), fc.integer({ min: 40, max: 1200 }), (lineCount, viewportPx) => {
        const top = lineWindow(lineCount, 0, viewportPx);
        expect(top).toMatchObject({ start: 0, offsetPx: 0 });
        expect(top.scrollHeightPx).toBeLessThanOrEqual(MAX_SCROLL_PX);
        const bottom = lineWindow(lineCount, Math.max(0, top.scrollHeightPx - viewportPx), viewportPx);
        expect(bottom.start + bottom.count).toBeGreaterThanOrEqual(lineCount);
        expect(bottom.start).toBeLessThan(lineCount);
      }),
    );
  });

  it('moves pixel by pixel while the document fits the scroll area', () => {
    const window = lineWindow(1000, 10 * LINE_HEIGHT_PX + 7, 400);
    expect(window).toMatchObject({ start: 10, offsetPx: -7 });
  });

  it('never goes back when scrolled forward', () => {
    fc.assert(
      fc.property(fc.integer({ min: 500_000, max: 4_000_000 }), fc.nat({ max: MAX_SCROLL_PX - 1 }), (lineCount, topPx) => {
        expect(lineWindow(lineCount, topPx + 1, 600).start).toBeGreaterThanOrEqual(lineWindow(lineCount, topPx, 600).start);
      }),
    );
  });
});
