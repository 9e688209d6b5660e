import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { soakFlips } from '../../support/flips.ts'
import { makeFlipsSet } from '../../support/flips-set.ts'
import { rows } from '../../support/rows.ts'
import { passphrase, scratchFolder } from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

/** Longer still is `npm run test:soak`. */
const kinds = [
  ['plain', {}, 20],
  ['encrypted', { passphrase }, 8],
] as const

test.each(rows(kinds, [0]))(
  'random damage to every kind of file is found, and nothing wrong is restored: %s',
  async (name, secrets, trials) => {
    const set = await makeFlipsSet(
      path.join(scratch.folder, name),
      (secrets as { passphrase?: string }).passphrase,
    )
    const options = {
      ...set,
      ...secrets,
      trials,
      restoreEvery: 3,
      seed: 7,
      scratch: path.join(scratch.folder, 'back'),
    }
    expect(await soakFlips(options)).toMatchObject({ trials, unfound: [], wrong: [] })
  },
)
