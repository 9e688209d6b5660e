import path from 'node:path'
import { defineConfig } from 'vitest/config'

// The tests start the program and its worker threads hundreds of times: compiled once, they start in half the time.
process.env['NODE_COMPILE_CACHE'] ??= path.join(import.meta.dirname, 'node_modules/.cache/compile')

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**'], // npm run test:index
    setupFiles: ['test/support/own-temp.ts'],
    pool: 'forks',
    // The default leaves one core idle, which of two is half of them.
    maxWorkers: '100%',
    // For what never ends: on a machine with ten other jobs a test may take minutes.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
  },
})
