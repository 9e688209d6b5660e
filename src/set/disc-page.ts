/**
 * The index.html on discs: its size limit, and its content. The page is optional. A disc has none if it would
 * take more than 0.5 % of the disc or 32 MB, or if there is no room left. Nothing else depends on it.
 */

import fs from 'node:fs'
import path from 'node:path'
import { openTrialCatalog } from '../catalog/catalog-copy.ts'
import type { Report } from '../events.ts'
import { pageFile } from '../format/layout.ts'
import { showSize } from '../format/size-text.ts'
import { frameBytes } from '../index-page/write-page.ts'
import { writeIndexPage } from './write-index-page.ts'
import type { OpenSet } from './open-set.ts'

export interface PageOptions {
  readonly set: OpenSet
  /** For files that have no name on a disc yet. */
  readonly stagingDir: string
  /** Whether discs get an index.html. */
  readonly indexPage: boolean
  readonly report: Report
  readonly signal: AbortSignal | undefined
}

export interface StagedPage {
  readonly file: string
  readonly sha256: string
  readonly bytes: number
}

const mostBytes = 32_000_000
const mostShare = 0.005
/** A missing page is reported only if the files make it this large, not if the medium is tiny. */
const toldFromBytes = 500_000

export const hasPages = (
  { encrypted }: Pick<OpenSet, 'encrypted'>,
  { indexPage }: { readonly indexPage?: boolean },
): boolean => !encrypted && indexPage !== false

/** `capacityBytes` may be unlimited: `Infinity` or null. */
export const pageLimit = (capacityBytes: number | null): number =>
  Math.min(mostBytes, Math.floor((capacityBytes ?? Infinity) * mostShare))

/**
 * An upper bound for the bytes of index.html, from the trial catalog `trial`. The page differs only in the
 * disc numbers. 0 if that is more than `mostPageBytes`.
 */
export async function pageBound(set: OpenSet, trial: string, mostPageBytes: number): Promise<number> {
  if (mostPageBytes < frameBytes()) return 0
  const db = openTrialCatalog(trial)
  const file = path.join(set.tempDir, `trial-${pageFile}`)
  try {
    const page = await writeIndexPage(db, set.setId, file, { maxBytes: mostPageBytes })
    fs.rmSync(file, { force: true })
    const bound = page === undefined ? Infinity : Math.ceil(page.bytes * 1.05) + 4096
    return bound <= mostPageBytes ? bound : 0
  } finally {
    db.close()
  }
}

/** Writes the page to the work folder if any disc of `capacities` may have it. */
export async function draftPage(
  { set, stagingDir, indexPage, report, signal }: PageOptions,
  capacities: readonly (number | null)[],
): Promise<StagedPage | undefined> {
  if (!hasPages(set, { indexPage })) return undefined
  const maxBytes = Math.max(0, ...capacities.map(pageLimit))
  if (maxBytes < frameBytes()) return undefined
  const file = path.join(stagingDir, pageFile)
  const page = await writeIndexPage(set.db, set.setId, file, { maxBytes, signal })
  if (page) return { file, ...page }
  if (maxBytes >= toldFromBytes) {
    const message = `the discs have no ${pageFile}: it would be larger than ${showSize(maxBytes)}; butcher index makes one elsewhere`
    report({ type: 'note', message })
  }
  return undefined
}
