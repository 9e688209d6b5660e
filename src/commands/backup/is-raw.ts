/** Whether a source is raw. Only then the code for disks and images is loaded. */

import fs from 'node:fs'
import { ButcherError } from '../../errors.ts'
import { pathForSystem, showPath } from '../../format/path-text.ts'

export interface RawOptions {
  readonly asPartition?: boolean
  readonly dryRun?: boolean
}

/** Whether the source is a disk, or is to be taken as a partition. */
export const isRaw = (source: string, { asPartition }: RawOptions): boolean =>
  asPartition === true ||
  fs.statSync(pathForSystem(source), { throwIfNoEntry: false })?.isBlockDevice() === true

/** Throws `source`: a raw source that cannot be read to its end is not stored. */
export function throwUnread(file: string, why: string): never {
  const message = why.includes(file) ? why : `cannot read ${file}: ${why}`
  throw new ButcherError('source', showPath(message), {
    path: file,
    hint: 'nothing of this run counts as changed; run the same command again to continue',
  })
}
