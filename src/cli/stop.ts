import fs from 'node:fs'
import { ButcherError, exitStatus, stopped } from '../errors.ts'
import { endProcess } from './end-process.ts'
import { failureLine } from './failure.ts'
import type { Reporter } from './reporter.ts'
import { killChildren } from '../programs/kill-children.ts'

const stopSignals: readonly NodeJS.Signals[] = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  ...(process.platform === 'win32' ? (['SIGBREAK'] as const) : []),
]

export interface Stop {
  readonly signal: AbortSignal
  /**
   * From now on SIGHUP calls this, and does not stop the command. A terminal that closes still stops a
   * command that was started in it.
   */
  readonly takeHangup: (act: () => void) => void
  /** The message of a stopped run. */
  readonly failure: (cause: unknown) => ButcherError
}

/**
 * For this long, butcher handles the second signal itself: it removes its temporary files and reports the
 * stop.
 */
const politeMs = 1000

/**
 * The first SIGINT, SIGTERM or SIGHUP asks the command to finish cleanly. The second one ends the process at
 * once. After a second the kernel does that, so it also ends a process that handles nothing any more.
 * `goesOn` tells whether the same command would resume.
 */
export function listenForStop(reporter: Reporter, goesOn: boolean): Stop {
  const controller = new AbortController()
  const failure = (cause: unknown): ButcherError =>
    saysWhatIsKept(cause) ??
    stopped(goesOn ? 'stopped; run the same command again to continue' : 'stopped', { cause })
  const stop = (): void => {
    if (controller.signal.aborted) {
      reporter.pause()
      process.stderr.write(`${failureLine(failure(undefined))}\n`)
      killChildren()
      endProcess(exitStatus.stopped)
    }
    controller.abort(failure(undefined))
    if (!reporter.quiet && goesOn) reporter.tell('stopping... press Ctrl-C again to quit at once')
    // The check phase comes after the signals that have arrived are handled: none gets lost in between.
    setTimeout(() => setImmediate(leaveToKernel).unref(), politeMs).unref()
  }
  const leaveToKernel = (): void => {
    for (const name of stopSignals) process.off(name, stop)
  }
  for (const name of stopSignals) process.on(name, stop)
  if (process.env['BUTCHER_STOP_AT_END_OF_INPUT'] === '1') stopAtEndOfInput(controller.signal, stop)
  const takeHangup = (act: () => void): void => {
    const hadTerminal = hasTerminal()
    process.off('SIGHUP', stop)
    process.on('SIGHUP', () => (hadTerminal && !hasTerminal() ? stop() : act()))
  }
  return { signal: controller.signal, takeHangup, failure }
}

/** Whether this process has a terminal that controls it. */
function hasTerminal(): boolean {
  try {
    fs.closeSync(fs.openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/** A run of a job holds the other end of the pipe: if it is killed, its backup stops. */
function stopAtEndOfInput(signal: AbortSignal, stop: () => void): void {
  process.stdin.once('end', () => {
    if (!signal.aborted) stop()
  })
  process.stdin.resume()
  process.stdin.unref()
}

/** The command itself reports the kept data and the next step. */
const saysWhatIsKept = (cause: unknown): ButcherError | undefined =>
  cause instanceof ButcherError && cause.code === 'aborted' && cause.message.startsWith('stopped: ')
    ? cause
    : undefined
