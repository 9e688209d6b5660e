import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/page/*.test.ts'],
    setupFiles: ['test/support/own-temp.ts'],
    pool: 'forks',
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
  },
})
