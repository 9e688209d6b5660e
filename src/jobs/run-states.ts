/** The states of a run, and the words for its end. */

import { exitStatus } from '../errors.ts'

/** The first two are of a run that goes on; a run ends in one of the others. */
export type RunState =
  'queued' | 'running' | 'ok' | 'partial' | 'failed' | 'stopped' | 'skipped' | 'interrupted'

export interface RunEnd {
  readonly state: Exclude<RunState, 'queued' | 'running'>
  /** Why; of a good run an empty text, or the discs to burn. */
  readonly reason: string
  /** Discs to burn. */
  readonly discs?: readonly number[]
}

export const stoppedEnd: RunEnd = { state: 'stopped', reason: 'stopped by the user' }

export const endedFromOutside: RunEnd = {
  state: 'interrupted',
  reason: 'a signal ended it, perhaps as the machine went down; the next run resumes',
}

/** The end of a run from the exit status of `butcher backup` and its last error. */
export function endOfBackup(status: number | string, error: string | undefined, warnings: number): RunEnd {
  if (status === exitStatus.done) return { state: 'ok', reason: '' }
  if (status === exitStatus.incomplete)
    return {
      state: 'partial',
      reason: `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}: some files were not backed up`,
    }
  if (status === exitStatus.stopped) return stoppedEnd
  // By a user, or by a kernel without memory.
  if (typeof status === 'string')
    return { state: 'interrupted', reason: `${status} ended the backup; the next run resumes` }
  return { state: 'failed', reason: error ?? `the backup ended with status ${status}` }
}
