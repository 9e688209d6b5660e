/**
 * 1,000 random damages to every kind of file of a disc, in a plain set and an encrypted one: `verify` has to
 * find each, and no restore may give back a wrong byte. FLIPS and SEED by environment.
 */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { soakFlips } from '../test/support/flips.ts'
import { makeFlipsSet } from '../test/support/flips-set.ts'

const trials = Number(process.env['FLIPS'] ?? 1000)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'soak-flips-'))
let failed = false
try {
  for (const passphrase of [undefined, 'correct horse']) {
    const name = passphrase === undefined ? 'plain' : 'encrypted'
    const { source, discs } = await makeFlipsSet(path.join(folder, name), passphrase)
    const started = Date.now()
    const outcome = await soakFlips({
      discs,
      source,
      scratch: path.join(folder, 'restored'),
      ...(passphrase === undefined ? {} : { passphrase }),
      trials: Math.ceil(trials / 2),
      restoreEvery: 4,
      seed,
    })
    failed ||= outcome.unfound.length > 0 || outcome.wrong.length > 0
    const seconds = (Date.now() - started) / 1000
    console.log(JSON.stringify({ set: name, seed, discs: discs.length, ...outcome, seconds }, null, 1))
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed ? 1 : 0
