import { defineConfig, type ViteUserConfig } from 'vitest/config';

const project = (name: string, extra: object = {}): object => ({
  // Hooks start real servers: on a busy machine that takes longer than the ten seconds of the default.
  test: { name, include: [`test/${name}/**/*.test.ts`], hookTimeout: 180_000, ...extra },
});

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      project('unit'),
      project('config', { testTimeout: 60_000 }),
      project('property', { testTimeout: 120_000 }),
      // The twins of kernels that have no test of their own: the same properties, with the kernels off.
      {
        test: {
          name: 'twins',
          include: ['test/property/sample-json.test.ts', 'test/property/put-entries.test.ts'],
          env: { HALOGI_KERNELS: 'off' },
          testTimeout: 120_000,
        },
      },
      project('contract', { testTimeout: 60_000 }),
      project('formats'),
      project('scripts', { testTimeout: 60_000 }),
      project('http', { testTimeout: 60_000 }),
      project('clients', { testTimeout: 120_000 }),
      project('grafana', { testTimeout: 120_000 }),
      project('rules', { testTimeout: 120_000 }),
      project('crash', { testTimeout: 300_000, fileParallelism: false, pool: 'forks' }),
    ],
  },
});

export default config;
