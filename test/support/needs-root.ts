import { expect } from 'vitest'

/** Fails, with the reason, unless root runs the tests. `does` tells what the test does: `mounts a folder`. */
export const needsRoot = (does: string): void =>
  expect(process.geteuid?.(), `this test ${does}: run it as root`).toBe(0)
