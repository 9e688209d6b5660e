/** Asks on the terminal for the place of a disc that is not among the given places. */

import path from 'node:path'
import type { RecoverOptions } from '../commands/spare/spare-options.ts'
import { chunkFolder, discFolder } from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { namesIn } from '../media/disc-files.ts'
import { askLine, typedPlace } from './ask.ts'
import { discText } from './disc-asker.ts'
import type { Reporter } from './reporter.ts'
import { showCounted } from './show.ts'

const question = '  insert it and press Enter, or type its path, or s to skip it: '

/**
 * Asks until a disc is at a place that had none, or another one, or until the user skips the disc. Enter
 * looks at `places` again: a drive may hold another disc by now.
 */
export function placeAsker(
  places: readonly string[],
  reporter: Reporter,
  signal: AbortSignal,
): NonNullable<RecoverOptions['requestDisc']> {
  const seen = new Map(places.map((place) => [place, contentsOf(place)]))
  return async (needed) => {
    reporter.pause()
    reporter.tell(
      `needed: ${discText(needed)}, ${showCounted(needed.chunks, 'chunk')}, ${showSize(needed.bytes)}`,
    )
    for (;;) {
      const typed = (await askLine(question, signal))?.trim()
      if (typed === undefined || typed.toLowerCase() === 's') return undefined
      const answer = typedPlace(typed)
      if (answer !== '') {
        const found = [path.join(answer, discFolder(needed.disc)), answer].find(hasChunks)
        if (found !== undefined) return found
        reporter.tell(`  there is no disc at ${showPath(answer)}`)
        continue
      }
      const staged = places.map((place) => path.join(place, discFolder(needed.disc))).find(hasChunks)
      const changed = places.find((place) => hasChunks(place) && contentsOf(place) !== seen.get(place))
      if (changed !== undefined) seen.set(changed, contentsOf(changed))
      const found = staged ?? changed
      if (found !== undefined) return found
      reporter.tell(`  it is not at ${places.map(showPath).join(', ')}`)
    }
  }
}

const hasChunks = (folder: string): boolean => contentsOf(folder) !== undefined

/** The names of its chunks, which tell one disc from another. */
function contentsOf(disc: string): string | undefined {
  try {
    return namesIn(path.join(disc, chunkFolder)).join()
  } catch {
    return undefined
  }
}
