import { ButcherError, exitStatus } from '../errors.ts'
import { failureLine } from './failure.ts'
import type { Reporter } from './reporter.ts'

export interface Stop {
  readonly signal: AbortSignal
  /** What is told of a run that was stopped. */
  readonly failure: (cause: unknown) => ButcherError
}

/**
 * The first SIGINT, SIGTERM or SIGHUP asks the command to finish cleanly, the second ends the process at once.
 * `goesOn` says whether the same command would go on where it stopped.
 */
export function listenForStop(reporter: Reporter, goesOn: boolean): Stop {
  const controller = new AbortController()
  const failure = (cause: unknown): ButcherError =>
    new ButcherError('aborted', goesOn ? 'stopped; the same command goes on where it stopped' : 'stopped', {
      cause,
    })
  const stop = (): void => {
    if (!controller.signal.aborted) {
      controller.abort(failure(undefined))
      if (!reporter.quiet && goesOn) reporter.tell('stopping; once more stops at once')
      return
    }
    reporter.pause()
    process.stderr.write(`${failureLine(failure(undefined))}\n`)
    process.exit(exitStatus.failed)
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop)
  return { signal: controller.signal, failure }
}
