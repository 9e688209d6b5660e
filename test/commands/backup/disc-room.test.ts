import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { catalogBound } from '../../../src/commands/backup/catalog-bound.ts'
import { discBytes } from '../../../src/disc/capacity.ts'
import { noise } from '../../support/sample-trees.ts'
import { checkDiscs, discFolders, runBackup, scratchFolder } from '../../support/backup-set.ts'

vi.mock('../../../src/commands/backup/catalog-bound.ts', { spy: true })

const scratch = scratchFolder()
afterAll(scratch.remove)
const source = path.join(scratch.folder, 'source')
fs.mkdirSync(source)
for (let i = 0; i < 100; i++) fs.writeFileSync(path.join(source, `file-${i}`), noise(20_000, i + 1))

test.each([
  { medium: 'bd25', isMade: false },
  { medium: '15MB', isMade: false },
  { medium: '4MB', isMade: true },
])('a catalog is made to know its size where the disc may be filled: $medium', async ({ medium, isMade }) => {
  vi.mocked(catalogBound).mockClear()
  const destination = path.join(scratch.folder, medium)
  await runBackup({ source, destination, medium })
  expect(vi.mocked(catalogBound)).toHaveBeenCalledTimes(isMade ? 1 : 0)
  const discs = discFolders(destination)
  checkDiscs(discs, medium)
  const db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
  const noted = db.prepare('SELECT bytes FROM disc').pluck().get() as number
  db.close()
  const taken = discBytes(discs[0] as string)
  expect(noted).toBeGreaterThanOrEqual(taken)
  expect(noted).toBeLessThan(taken + 300_000)
})
