/** The source of a run: a folder, a disk, or the partition of an image. */

import { ButcherError } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { isWithin } from '../../files/is-within.ts'
import { sourceGuard } from '../../ingest/source-root.ts'
import type { BackupOptions } from './backup-options.ts'
import { checkSource } from './ingest-source.ts'
import { isRaw, openRawSource, rawGuard, type RawSource, rawWalk } from './raw-source.ts'
import { SourceWalk, type Walk } from './source-walk.ts'

export interface RunSource {
  /** Absolute. */
  readonly source: string
  /** Throws `source` if it is no longer the one that the run began with. */
  readonly checkRoot: () => void
  readonly walk: Walk
  /** Undefined for a folder. */
  readonly raw: RawSource | undefined
}

/** Throws `source` if it cannot be read, `destination` if it is inside the destination `folder`. */
export async function openSource(options: BackupOptions, folder: string, report: Report): Promise<RunSource> {
  if (isRaw(options)) {
    const raw = await openRawSource(options, report)
    return { source: raw.file.path, checkRoot: rawGuard(raw), walk: rawWalk(raw), raw }
  }
  const source = checkSource(options.source)
  const checkRoot = sourceGuard(source)
  if (isWithin(folder, source)) {
    throw new ButcherError('destination', `the source ${source} is inside the destination ${folder}`, {
      path: folder,
      hint: 'give another destination',
    })
  }
  return { source, checkRoot, walk: new SourceWalk(source, folder, options.signal), raw: undefined }
}
