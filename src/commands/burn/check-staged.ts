/**
 * Reads the source of a burn before burning, so that no blank is spent on data that is damaged on the disk.
 */

import { ButcherError } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { showPath } from '../../format/path-text.ts'
import { type Finding, isDamage } from '../../verify/finding.ts'
import { folderReader } from '../../media/read-folder.ts'
import { imageReader } from '../../media/read-image.ts'
import { verifyDiscs } from '../../verify/verify.ts'
import type { DiscSource } from '../../set/disc-source.ts'
import type { OpenSet } from '../../set/open-set.ts'

/** Throws `damaged` if a file of the folder or image differs from the catalog and SHA256SUMS. */
export async function checkStaged(
  set: OpenSet,
  source: DiscSource,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<void> {
  const wrong: Finding[] = []
  const reader = source.folder === undefined ? imageReader(source.image) : folderReader(source.folder)
  await verifyDiscs({
    discs: [reader],
    catalog: { db: set.db, setId: set.setId },
    secrets: {},
    identify: () => source.row.number,
    onFile: (finding) => {
      if (isDamage(finding.status)) wrong.push(finding)
    },
    onLoss: () => {},
    report,
    signal,
  })
  const [first] = wrong
  if (first === undefined) return
  const more = wrong.length > 1 ? `, and ${wrong.length - 1} more` : ''
  throw new ButcherError(
    'damaged',
    `disc ${source.row.number} is not burned: ${showPath(first.name)} in ${showPath(reader.place)} is ${first.status}${more}`,
    { path: reader.place, hint: 'butcher verify tells more' },
  )
}
