import { ButcherError } from '../errors.ts'
import type { RunRow } from './run-database.ts'

/** Asks the process of a run to stop, as Ctrl-C does. Throws `usage` if the run has ended. */
export function stopRun({ run, state, pid }: RunRow): void {
  if (state !== 'running') throw new ButcherError('usage', `run ${run} has ended: ${state}`)
  try {
    // The row says `running` only while its process lives: RunDatabase has just looked.
    process.kill(pid, 'SIGTERM')
  } catch (cause) {
    throw new ButcherError('io', `cannot stop run ${run}: its process ${pid} does not take the signal`, {
      cause,
    })
  }
}
