import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { include: ['test/browser/*.test.ts'], setupFiles: ['test/support/own-temp.ts'], pool: 'forks' },
})
