import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@sluice/source', 'module', 'browser', 'development|production'] },
  ssr: { resolve: { conditions: ['@sluice/source', 'module', 'node', 'development|production'] } },
  test: { include: ['test/**/*.test.ts', 'test/**/*.test.tsx'] },
});
