import fs from 'node:fs'
import path from 'node:path'
import { writeTrialCatalog } from '../../catalog/catalog-copy.ts'
import { passes, queueTotals } from '../../catalog/work-queue.ts'
import { compressor } from '../../compress/compress.ts'
import { stagedCatalogBytes } from '../../disc/catalog-file.ts'
import { pageBound } from './disc-page.ts'
import type { OpenSet } from '../../set/open-set.ts'

/**
 * At most how many bytes the catalog takes on a disc when the queue is stored: a catalog with all the names and random
 * hashes is made and compressed, and 3 % and 8 KiB are added for what differs.
 * Of index.html as well, which the same catalog makes; 0 where that is more than `mostPageBytes`.
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
  const trial = path.join(set.scratch, 'trial.sqlite')
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
