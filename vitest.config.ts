import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: {
    // The tests' imports and those of packages must end in one copy of graphql, or its own instanceof checks fail.
    alias: [
      {
        find: /^graphql$/,
        replacement: fileURLToPath(new URL('node_modules/graphql/index.js', import.meta.url)),
      },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    hookTimeout: 60_000,
    testTimeout: 60_000,
    // One more than most machines that run them have cores for: some files mostly wait, for leases and for lost databases.
    maxWorkers: 3,
  },
})
