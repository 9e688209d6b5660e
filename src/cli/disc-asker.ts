/** Asks for a disc that is needed, or waits for it. */

import type { NeededDisc } from '../set/needed-disc.ts'
import type { RestoreOptions } from '../commands/restore/restore-options.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { askLine, typedPlace } from './ask.ts'
import { jsonText } from './json-lines.ts'
import type { Output } from './output.ts'
import type { Reporter } from './reporter.ts'
import { jsonDisc } from './restore-plan-text.ts'
import { showCounted } from './show.ts'

/** `disc 3 (BUTCHER_00112233_0003, at: shelf B)` */
export const discText = ({ disc, label, location }: NeededDisc): string =>
  showPath(`disc ${disc} (${label}${location === null ? '' : `, at: ${location}`})`)

const question = '  insert it and press Enter, or type its path, or s to skip it: '

/** Asks on the terminal. The answer may also come by itself, when the disc appears in a watched place. */
export const discAsker =
  (reporter: Reporter, signal: AbortSignal): NonNullable<RestoreOptions['requestDisc']> =>
  async (needed, found, again) => {
    reporter.pause()
    if (!again) reporter.tell(`needed: ${neededText(needed)}`)
    const answer = (await askLine(question, AbortSignal.any([signal, found])))?.trim()
    return answer === undefined || answer.toLowerCase() === 's' ? undefined : typedPlace(answer)
  }

/** Asks nobody: reports the disc that is needed, and leaves the rest to a watcher. */
export const discWaiter =
  (reporter: Reporter, output: Output): NonNullable<RestoreOptions['requestDisc']> =>
  async (needed, found) => {
    reporter.pause()
    if (reporter.json) {
      output.line(jsonText({ type: 'needed', ...jsonDisc(needed) }))
      await output.flushWhileRead()
    }
    reporter.tell(`waiting for ${neededText(needed)}`)
    return new Promise((resolve) => found.addEventListener('abort', () => resolve(undefined), { once: true }))
  }

const neededText = (needed: NeededDisc): string =>
  `${discText(needed)}, ${showCounted(needed.chunks, 'chunk')}, ${showSize(needed.bytes)}`
