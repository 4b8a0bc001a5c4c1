/** Types of find-chromium.mjs, for the TypeScript that imports it. */

/** Path of a usable Chromium, or undefined. Throws when CHROMIUM_PATH names something that is none. */
export function findChromium(): string | undefined;

/** Switches for a headless Chromium under test; gives up the sandbox only as root or in CI. */
export function chromiumArguments(): string[];
