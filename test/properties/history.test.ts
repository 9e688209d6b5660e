import * as fc from 'fast-check'
import { test } from 'vitest'
import { takesAllRows } from '../support/rows.ts'
import { life } from './arbitraries.ts'
import { live } from './live.ts'

const { PROPERTY_SECONDS, PROPERTY_SEED, PROPERTY_PATH } = process.env

/**
 * Few, and always the same, in the suite; scripts/property.sh asks for as many as its time allows, with
 * another seed.
 */
const bounds =
  PROPERTY_SECONDS === undefined
    ? { numRuns: takesAllRows ? 3 : 1 }
    : { numRuns: 1_000_000, interruptAfterTimeLimit: Number(PROPERTY_SECONDS) * 1000 }

test(
  'every backup of a random history comes back exactly, by butcher and by the independent reader',
  { timeout: 24 * 3_600_000 },
  async () => {
    const told = await fc.check(fc.asyncProperty(life, live), {
      ...bounds,
      seed: Number(PROPERTY_SEED ?? 11),
      ...(PROPERTY_PATH === undefined ? {} : { path: PROPERTY_PATH }),
    })
    if (PROPERTY_SECONDS !== undefined) console.log(`${told.numRuns} histories, seed ${told.seed}`)
    if (told.failed) throw new Error(fc.defaultReportMessage(told), { cause: told.errorInstance })
  },
)
