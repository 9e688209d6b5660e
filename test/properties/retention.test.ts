import path from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { scratchFolder } from '../support/backup-set.ts'
import { builtPackage } from '../support/built.ts'
import { buildFaults } from '../support/faults/faults.ts'
import { takesAllRows } from '../support/rows.ts'
import { done, playRetention, worst } from './retention.ts'
import { history } from './retention-arbitraries.ts'

const { RETENTION_HISTORIES, RETENTION_SEED, RETENTION_PATH } = process.env
const scratch = scratchFolder()
afterAll(scratch.remove)

/** Few, and always the same, in the suite; scripts/retention.sh asks for more, with another seed. */
const numRuns = Number(RETENTION_HISTORIES ?? (takesAllRows ? 5 : 1))

test(
  'after any history of backups, forgets, prunes and kills, every backup that is left comes back',
  { timeout: 24 * 3_600_000 },
  async () => {
    let played = 0
    const faulty = buildFaults(scratch.folder, [
      process.execPath,
      path.join(builtPackage(), 'bin/butcher.js'),
    ])
    const play = fc.asyncProperty(history, async (one) => {
      await playRetention(one, faulty)
      if (RETENTION_HISTORIES !== undefined) console.log(`${++played} histories`, done)
    })
    const told = await fc.check(play, {
      numRuns,
      seed: Number(RETENTION_SEED ?? 700),
      // A smaller history takes long to find, and the seed with the path repeats this one.
      endOnFailure: true,
      ...(RETENTION_PATH === undefined ? {} : { path: RETENTION_PATH }),
    })
    if (RETENTION_HISTORIES !== undefined)
      console.log(`${told.numRuns} histories, seed ${told.seed}`, done, worst)
    if (told.failed) throw new Error(fc.defaultReportMessage(told), { cause: told.errorInstance })
    expect(told.numRuns).toBe(numRuns)
  },
)
