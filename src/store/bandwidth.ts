/** Limits of the bandwidth in the form of rclone's `--bwlimit`. */

import { ButcherError } from '../errors.ts'
import { showPath } from '../format/path-text.ts'

const rate = '(?:off|\\d+(?:\\.\\d+)?(?:b|[kmgtpe](?:ib?)?)?)'
/** One for uploads, and another one for downloads. */
const rates = `${rate}(?::${rate})?`
const entry = `(?:[a-z]{3,9}-)?\\d{1,2}:\\d{2},${rates}`
const limit = new RegExp(`^(?:${rates}|${entry}(?: +${entry})*)$`, 'i')

/** Throws `usage` for a text that rclone would not take as a limit. Returns the text. */
export function checkBandwidth(text: string, what = 'the limit of the bandwidth'): string {
  if (limit.test(text.trim())) return text
  throw new ButcherError('usage', `${what} '${showPath(text)}' is not a speed or a timetable`, {
    hint: 'write it like 10M, or "08:00,512k 19:00,off"',
  })
}
