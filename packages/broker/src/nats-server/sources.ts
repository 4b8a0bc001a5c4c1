/** Files and environment of this process, as the configuration reads them; errors are worded as Go words them. */
import { readFileSync, statSync } from 'node:fs';
import { configBounds } from '@sluice/protocol';
import type { ConfigSources } from '@sluice/protocol/config';
import { openErrorText } from '../env/node/nats-log.ts';

export const processSources: ConfigSources = {
  readFile: (path) => {
    try {
      const stats = statSync(path);
      if (stats.isDirectory()) return { ok: false, error: `read ${path}: is a directory` };
      if (stats.size > configBounds.maxFileChars) return { ok: false, error: `read ${path}: file too large` };
      return { ok: true, text: readFileSync(path, 'utf8') };
    } catch (error) {
      return { ok: false, error: openErrorText(path, error) };
    }
  },
  lookupEnv: (name) => process.env[name],
};
