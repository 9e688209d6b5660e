/** Checks that the source folder is still the one that the run began with. */

import fs from 'node:fs'
import { ButcherError, systemText } from '../errors.ts'
import { pathForSystem, showPath } from '../format/path-text.ts'
import { folderKey } from './walk.ts'

/**
 * Returns a function that throws `source` if the folder was replaced or cannot be read. If a disk is
 * unplugged during a run, its files must not count as deleted.
 */
export function sourceGuard(source: string): () => void {
  const lost = (why: string, cause?: unknown): ButcherError =>
    new ButcherError('source', `the source ${showPath(source)} went away during the run: ${why}`, {
      path: source,
      hint: 'no file counts as deleted; make it available and run the same command again to continue',
      cause,
    })
  const place = pathForSystem(source)
  const begun = folderKey(fs.statSync(place, { bigint: true }))
  return () => {
    let key: string
    try {
      key = folderKey(fs.statSync(place, { bigint: true }))
      const folder = fs.opendirSync(place as string)
      try {
        folder.readSync()
      } finally {
        folder.closeSync()
      }
    } catch (error) {
      throw lost(systemText(error), error)
    }
    if (key !== begun) throw lost('another folder is in its place (was its file system unmounted?)')
  }
}
