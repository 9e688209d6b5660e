/**
 * A prune that is killed between two of its steps: the next run continues, and every remaining backup comes
 * back.
 */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backup, forget, log, prune } from '../../../src/index.ts'
import { restored, scratchFolder } from '../../support/backup-set.ts'
import { troublesOf } from '../../support/check-set.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree } from '../../support/tree.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)
const at = (...names: string[]): string => path.join(scratch.folder, ...names)
const copy = (from: string, to: string): void =>
  fs.cpSync(from, to, { recursive: true, preserveTimestamps: true })
const backUp = (destination: string): Promise<unknown> =>
  backup({
    source: at('source'),
    destination,
    medium: 'unlimited',
    chunkSizeBytes: 50_000,
    compress: 'none',
    jobs: 1,
  })

/** `before` and `after` a prune. */
beforeAll(async () => {
  fs.mkdirSync(at('source'))
  for (let number = 1; number <= 3; number++) {
    fs.writeFileSync(at('source', 'file'), noise(60_000, number))
    await backUp(at('before'))
  }
  await forget({ destination: at('before'), keepLast: 1 })
  copy(at('before'), at('after'))
  await prune({ destination: at('after') })
})

const small = ['README.txt', 'restore.sh', 'index.html', 'catalog.sqlite.bz2', 'SHA256SUMS']
const checkpoint = 'disc-0001/chunks/00000007.tar.bz2'
/** The files that a killed prune has written already. */
const steps: readonly (readonly [string, readonly string[]])[] = [
  ['the checkpoint', [checkpoint]],
  ['the catalog', [checkpoint, 'catalog.sqlite']],
  [
    'half of the disc',
    [checkpoint, 'catalog.sqlite', 'disc-0001/README.txt', 'disc-0001/catalog.sqlite.bz2'],
  ],
  ['the disc', [checkpoint, 'catalog.sqlite', ...small.map((name) => `disc-0001/${name}`)]],
]

test.each(steps)('killed after it wrote %s: the next prune or backup continues', async (_, written) => {
  for (const next of [(destination: string) => prune({ destination }), backUp]) {
    const destination = at('killed')
    fs.rmSync(destination, { recursive: true, force: true })
    copy(at('before'), destination)
    for (const name of written)
      fs.cpSync(at('after', name), path.join(destination, name), { preserveTimestamps: true })
    await next(destination)
    expect(await troublesOf({ destination })).toEqual([])
    await backUp(destination)
    expect(await troublesOf({ destination })).toEqual([])
    expect((await log({ from: [destination] })).map((one) => one.backup)).not.toContain(1)
    expect(await restored({ from: [destination], into: at('out') })).toEqual(describeTree(at('source')))
  }
})
