/** One reason why a reload is refused. */
import type { ServerSettings } from '../config/index.ts';

/** Why the second of two configurations cannot follow the first, or undefined. */
export type Refusal = (before: ServerSettings, after: ServerSettings) => string | undefined;

/** A setting that stays as it is; `show` makes what Go prints of it. */
export function fixed(name: string, show: (settings: ServerSettings) => string): Refusal {
  return (before, after) => {
    const [old, next] = [show(before), show(after)];
    return old === next ? undefined : `config reload not supported for ${name}: old=${old}, new=${next}`;
  };
}
