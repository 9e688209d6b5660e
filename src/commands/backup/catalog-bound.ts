import fs from 'node:fs'
import path from 'node:path'
import { writeTrialCatalog } from '../../catalog/catalog-copy.ts'
import { passes, queueTotals } from '../../catalog/work-queue.ts'
import { compressor } from '../../compress/compress.ts'
import { stagedCatalogBytes } from '../../disc/catalog-file.ts'
import { pageBound } from '../../set/disc-page.ts'
import type { OpenSet } from '../../set/open-set.ts'

/**
 * An upper bound for the catalog's bytes on a disc when the queue is stored. It makes and compresses a
 * catalog with all names and random hashes, and adds 3 % and 8 KiB for differences. The same catalog gives
 * the bound for index.html; 0 if that is more than `mostPageBytes`.
 */
export async function catalogBound(
  set: OpenSet,
  backup: number,
  jobs: number,
  chunkBytes: number,
  mostPageBytes: number,
): Promise<{ readonly catalogBytes: number; readonly pageBytes: number }> {
  const { items, bytes } = queueTotals(set.db, passes.files)
  const chunks = Math.ceil((bytes * 1.02) / chunkBytes) * 2 + Math.ceil(items / 50_000) + 4
  const trial = path.join(set.tempDir, 'trial.sqlite')
  writeTrialCatalog(set.db, trial, backup, chunks)
  const bzip2 = compressor('bz2', jobs)
  try {
    const catalogBytes = Math.ceil((await stagedCatalogBytes(trial, bzip2, set.keys)) * 1.03) + 8192
    return { catalogBytes, pageBytes: await pageBound(set, trial, mostPageBytes) }
  } finally {
    await bzip2.close()
    fs.rmSync(trial, { force: true })
  }
}
