/** Says what an interrupted run left on the disks. */

import { ButcherError } from '../errors.ts'
import type { DeviceWriter } from './write-device.ts'

/** The error of a run, with what the disks hold now. */
export function tellHeld(
  error: ButcherError,
  writers: readonly DeviceWriter[],
  what: 'image' | 'partition',
): ButcherError {
  const begun = writers.filter(({ hasBegun }) => hasBegun)
  if (begun.length === 0) return error
  const names = begun.map(({ device }) => device.path).join(' and ')
  const verb = begun.length === 1 ? 'holds' : 'hold'
  const isComplete = begun.every((writer) => writer.isComplete)
  if (isComplete && error.code === 'damaged') return error
  const held = isComplete
    ? `the whole ${what} now, which was not compared`
    : `part of ${what === 'image' ? 'an' : 'a'} ${what} now`
  // The command line shows the message of a stop if it begins with these words.
  const joint = error.code === 'aborted' ? `stopped: ` : `${error.message}; `
  return new ButcherError(error.code, `${joint}${names} ${verb} ${held}`, {
    hint: error.hint ?? 'run the command again to write all of it',
    cause: error,
  })
}
