import fc from 'fast-check'
import { test } from 'vitest'
import { life } from './arbitraries.ts'
import { live } from './live.ts'

/** `npm run test:property` sets these; a number of runs with a seed of one's own is what a failure prints. */
const runs = Number(process.env['PROPERTY_RUNS'] ?? 6)
const seed = Number(process.env['PROPERTY_SEED'] ?? 20_261_120)
const path = process.env['PROPERTY_PATH']

test(
  'every backup of a random history comes back exactly, by butcher and by the independent reader',
  { timeout: 24 * 3_600_000 },
  async () => {
    await fc.assert(fc.asyncProperty(life, live), {
      numRuns: runs,
      seed,
      ...(path === undefined ? {} : { path }),
    })
  },
)
