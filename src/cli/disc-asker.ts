/** Asks on the terminal for a disc that is needed. */

import fs from 'node:fs'
import path from 'node:path'
import type { NeededDisc, RestoreOptions } from '../commands/restore-options.ts'
import { chunkFolder, discFolder } from '../format/layout.ts'
import { pathForSystem, showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { askLine } from './ask.ts'
import type { Reporter } from './reporter.ts'
import { showCounted } from './show.ts'

/** `disc 3 (BUTCHER_00112233_0003, at: shelf B)` */
export const discText = ({ disc, label, location }: NeededDisc): string =>
  showPath(`disc ${disc} (${label}${location === null ? '' : `, at: ${location}`})`)

/**
 * Asks until a place is named that has chunks, or the disc is passed over. Enter looks again at `places`, where another
 * disc may be mounted by now.
 */
export function discAsker(
  places: readonly string[],
  reporter: Reporter,
  signal: AbortSignal,
): NonNullable<RestoreOptions['requestDisc']> {
  return async (needed) => {
    reporter.pause()
    reporter.tell(
      `needed: ${discText(needed)}, ${showCounted(needed.chunks, 'chunk')}, ${showSize(needed.bytes)}`,
    )
    for (;;) {
      const answer = await askLine(
        '  put it in and press Enter, or type where it is, or s to go on without it: ',
        signal,
      )
      const typed = answer?.trim()
      if (typed === undefined || typed.toLowerCase() === 's') return undefined
      const found = (typed === '' ? places : [typed]).flatMap((place) => discsAt(place, needed.disc))[0]
      if (found !== undefined) return found
      reporter.tell(
        typed === '' ? '  it is at none of the places named' : `  there is no disc at ${showPath(typed)}`,
      )
    }
  }
}

/** The folders at `place` that may be the disc: one of its name, else the place itself where it looks like a disc. */
function discsAt(place: string, disc: number): string[] {
  return [path.join(place, discFolder(disc)), place].filter((folder) =>
    fs.existsSync(pathForSystem(path.join(folder, chunkFolder))),
  )
}
