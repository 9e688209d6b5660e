/** A backup with `--index` continues the set of its destination, or fails. */

import path from 'node:path'
import { areBranches } from '../catalog/branches.ts'
import { ButcherError } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { branchError } from './branch-error.ts'
import type { Destination } from './destination.ts'
import {
  newestStagedCatalog,
  readHistory,
  readStagedCatalog,
  type StagedOptions,
} from './newest-staged-catalog.ts'

/**
 * If the destination holds a set, the index must be of that set and continue its catalog. Otherwise chunks of
 * two sets, or two chunks with one number, would mix.
 */
export async function refuseOtherIndex(
  destination: Destination,
  options: StagedOptions & { readonly index: string },
  given: string,
  tempDir: string,
): Promise<void> {
  const own = destination.catalog ?? (await newestStagedCatalog(destination, options, tempDir))
  const { index } = options
  if (own === undefined || path.resolve(index) === own) return
  const ownCatalog = await readStagedCatalog(own, options, tempDir)
  if (ownCatalog === undefined) return // damaged: the index is to replace it
  const givenCatalog = readHistory(given, index)
  const isOther = ownCatalog.setId !== givenCatalog.setId
  if (!isOther && areBranches(ownCatalog.history, givenCatalog.history)) {
    throw branchError([ownCatalog, givenCatalog], 'leave --index out, or give another destination')
  }
  if (isOther || ownCatalog.revision > givenCatalog.revision) {
    const what = isOther ? 'of another set than' : 'older than'
    throw new ButcherError('catalog', `${showPath(index)} is ${what} ${showPath(own)}`, {
      path: index,
      hint: 'leave --index out, or give another destination',
    })
  }
}
