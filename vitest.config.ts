import { defineConfig } from 'vitest/config'

/**
 * Three projects. `unit`: no I/O, beside the code. `process`: forks, listens, writes files, one file at a time.
 * `system`: the whole service, browsers, Prometheus, k6, one file at a time.
 */
const resolve = { conditions: ['forkpool-source'] }
const ssr = { resolve: { conditions: ['forkpool-source'], externalConditions: ['forkpool-source'] } }

export default defineConfig({
  test: {
    projects: [
      { resolve, ssr, test: { name: 'unit', include: ['{packages,apps}/*/src/**/*.test.ts'] } },
      {
        resolve,
        ssr,
        test: {
          name: 'process',
          include: ['{packages,apps}/*/test/**/*.test.ts', 'examples/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'system',
          include: ['apps/dashboard/e2e/**/*.test.ts', '{infra,load-tests,fault-tests,bench,tools}/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
