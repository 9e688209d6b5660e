/** Describes how much of a file is unreadable, and where on the medium. */

import { showSize } from '../format/size-text.ts'
import type { Digest } from '../media/digest.ts'

export function badText({ bad }: Digest): string {
  const bytes = bad.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const ranges = bad.length === 1 ? '' : ` in ${bad.length} places`
  return `${showSize(bytes)}${ranges} cannot be read: ${bad[0]?.reason ?? ''}${sectorText(bad)}`
}

const rangesShown = 5

/** The bad places of the medium: ` (sectors 1000-1031, 2000)`. */
function sectorText(bad: Digest['bad']): string {
  const known = bad.flatMap(({ imageOffset, sizeBytes }) =>
    imageOffset === undefined ? [] : [[imageOffset / 2048, Math.ceil((imageOffset + sizeBytes) / 2048) - 1]],
  )
  if (known.length === 0) return ''
  const shown = known
    .slice(0, rangesShown)
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
  return ` (sectors ${shown.join(', ')}${known.length > rangesShown ? ', ...' : ''})`
}
