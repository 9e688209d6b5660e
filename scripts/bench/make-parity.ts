/** node make-parity.ts FOLDER NAME BLOCK_BYTES BLOCKS: parity of one file by the built butcher. */

import os from 'node:os'
import path from 'node:path'
import type * as CreateSet from '../../src/parity/create-set.ts'

const [folder = '', name = '', blockBytes, recoveryBlocks] = process.argv.slice(2)
const built = new URL('../../dist/parity/create-set.js', import.meta.url).href
const { createSet } = (await import(built)) as typeof CreateSet
await createSet(
  path.join(folder, 'set.par2'),
  folder,
  [name],
  { blockBytes: Number(blockBytes), recoveryBlocks: Number(recoveryBlocks) },
  { jobs: os.availableParallelism() },
)
