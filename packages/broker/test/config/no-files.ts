/** Sources that have neither files nor environment. */
import type { ConfigSources } from '@sluice/protocol/config';

export const noFiles: ConfigSources = {
  readFile: (path) => ({ ok: false, error: `open ${path}: no such file or directory` }),
  lookupEnv: () => undefined,
};
