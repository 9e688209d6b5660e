import { ButcherError } from '../errors.ts'
import { type RunRow, withRuns } from './run-database.ts'

/** Asks the process of a run to stop, as Ctrl-C does. Throws `usage` if the run has ended. */
export function stopRun({ run, state, pid, worker }: RunRow): void {
  if (state !== 'running') throw new ButcherError('usage', `run ${run} has ended: ${state}`)
  withRuns((database) => database.askToStop(run))
  // The row says `running` only while one of them lives: RunDatabase has just looked.
  if (!sendStop(pid) && !(worker !== null && sendStop(worker)))
    throw new ButcherError('io', `cannot stop run ${run}: its process ${pid} does not take the signal`)
}

function sendStop(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGTERM')
  } catch {
    return false
  }
}
