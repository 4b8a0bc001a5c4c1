/** Which lines are on screen. Pure, so that the arithmetic of very long documents is tested without a browser. */

/** Height of a line in pixels; the style sheet says the same. */
export const LINE_HEIGHT_PX = 20;
/** Browsers clamp elements at some 16 to 33 million pixels; longer documents are scrolled in proportion. */
export const MAX_SCROLL_PX = 8_000_000;

export interface LineWindow {
  /** Height of the scrolled area, in pixels. */
  scrollHeightPx: number;
  /** First line on screen. */
  start: number;
  count: number;
  /** How far the first line is pushed above the upper edge, in pixels, 0 or negative. */
  offsetPx: number;
}

/** The window for `lineCount` lines at `scrollTopPx` in a viewport of `viewportPx`. */
export function lineWindow(lineCount: number, scrollTopPx: number, viewportPx: number): LineWindow {
  const fullPx = lineCount * LINE_HEIGHT_PX;
  const scrollHeightPx = Math.min(fullPx, MAX_SCROLL_PX);
  const count = Math.ceil(viewportPx / LINE_HEIGHT_PX) + 1;
  if (fullPx <= MAX_SCROLL_PX) {
    const start = Math.max(0, Math.min(Math.floor(scrollTopPx / LINE_HEIGHT_PX), lineCount - 1));
    return { scrollHeightPx, start, count, offsetPx: Math.min(0, start * LINE_HEIGHT_PX - scrollTopPx) };
  }
  const lastStart = Math.max(0, lineCount - Math.floor(viewportPx / LINE_HEIGHT_PX));
  const share = Math.min(1, scrollTopPx / Math.max(1, scrollHeightPx - viewportPx));
  return { scrollHeightPx, start: Math.round(share * lastStart), count, offsetPx: 0 };
}
