import path from 'node:path'
import { defineConfig } from 'vitest/config'

// The tests start the program and its worker threads hundreds of times: compiled once, they start in half the time.
process.env['NODE_COMPILE_CACHE'] ??= path.join(import.meta.dirname, 'node_modules/.cache/compile')

/** Walks through whole lives, of half a minute each: `npm run test:long` runs them, so that the default suite stays short. */
export const longTests = [
  'test/cli/stop-programs.test.ts',
  'test/commands/backup/backup-passphrase.test.ts',
  'test/commands/backup/backup-stop.test.ts',
  'test/commands/burn/follow.test.ts',
  'test/commands/burn/good-copies.test.ts',
  'test/commands/restore/restore-goes-on.test.ts',
  'test/docs/shell-blocks.test.ts',
  'test/set/discs-without-small-files.test.ts',
]

/** Loop devices and mounts need root. As another user these files do not run, and the closing line says so. */
export const rootTests = [
  'test/commands/device/backup-device.test.ts',
  'test/commands/device/restore-device.test.ts',
]
export const leftOut = process.getuid?.() === 0 ? [] : rootTests

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', ...longTests, ...leftOut], // npm run test:index, test:long
    setupFiles: ['test/support/own-temp.ts'],
    pool: 'forks',
    // The default leaves one core idle, which of two is half of them.
    maxWorkers: '100%',
    // For what never ends: on a machine with ten other jobs a test may take minutes.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
  },
})
