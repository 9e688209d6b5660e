import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/page/week/*.test.ts'],
    setupFiles: ['test/support/own-temp.ts'],
    pool: 'forks',
    bail: 1,
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
  },
})
