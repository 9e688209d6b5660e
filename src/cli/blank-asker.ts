/** Asks on the terminal for blanks, and before anything is erased. */

import type { BurnOptions } from '../commands/burn/burn-options.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { askLine } from './ask.ts'
import type { Reporter } from './reporter.ts'

export function blankAsker(
  reporter: Reporter,
  signal: AbortSignal,
): Required<Pick<BurnOptions, 'requestBlank' | 'requestReload' | 'confirmErase'>> {
  return {
    requestBlank: async ({ disc, label, copy, bytes, device, problem }) => {
      reporter.pause()
      if (problem !== undefined) reporter.tell(showPath(`${device}: ${problem}`))
      reporter.tell(
        showPath(
          `needed in ${device}: a blank of ${showSize(bytes)} for disc ${disc} (${label}), copy ${copy}`,
        ),
      )
      const answer = await askLine('  put it in and press Enter, or type s to stop: ', signal)
      return answer !== undefined && answer.trim().toLowerCase() !== 's'
    },
    requestReload: async (device) => {
      reporter.pause()
      reporter.tell(
        showPath(
          `${device}: the disc that was just burned is to be read back, but the drive does not take it in`,
        ),
      )
      const answer = await askLine('  close the drive and press Enter, or type s to stop: ', signal)
      return answer !== undefined && answer.trim().toLowerCase() !== 's'
    },
    confirmErase: async ({ device, type, volumeIds }) => {
      reporter.pause()
      const named = volumeIds.length === 0 ? '' : `, with ${volumeIds.join(', ')} on it`
      reporter.tell(
        showPath(`${device}: the disc in it is not blank (${type}${named}), but can be overwritten`),
      )
      const answer = await askLine('  type yes to erase all that is on it: ', signal)
      return answer?.trim().toLowerCase() === 'yes'
    },
  }
}
