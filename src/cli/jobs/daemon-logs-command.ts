/** `daemon logs`. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { LoggedLine } from '../../daemon/read-log.ts'
import { exitStatus } from '../../errors.ts'
import { showPath } from '../../format/path-text.ts'
import { daemonLogFile } from '../../jobs/places.ts'
import { flag, wholeNumber } from '../arguments.ts'
import type { Command } from '../command.ts'
import { jsonText } from '../json-lines.ts'

const defaultShown = 100
const lookMs = 500

export const daemonLogs: Command = {
  name: 'daemon logs',
  positionals: [],
  options: ['lines', 'follow', 'json', 'quiet', 'no-progress'],
  describes: { follow: 'print new lines as they come, until Ctrl-C' },
  examples: [
    ['butcher daemon logs', `the newest ${defaultShown} lines of the log of the daemon`],
    ['butcher daemon logs --lines 1000', 'more of them, also from older files'],
    ['butcher daemon logs --follow', 'the newest lines, then each new one'],
  ],
  notes: [
    'It reads daemon.log and the older files beside it, in ~/.local/state/butcher. No daemon is needed.',
  ],
  run: async ({ args, output, reporter, signal }) => {
    const { lastLines, LogFollower } = await import('../../daemon/read-log.ts')
    const file = daemonLogFile()
    const follows = flag(args, 'follow')
    const print = async (lines: readonly LoggedLine[]): Promise<void> => {
      for (const { at, text } of lines)
        if (reporter.json) output.line(jsonText({ type: 'line', at: at === '' ? null : at, text }))
        else output.line(showPath(at === '' ? text : `${at}  ${text}`))
      await output.flush()
    }
    // It begins before the first look, so no line falls between the two.
    const follower = follows ? new LogFollower(file) : undefined
    try {
      const lines = lastLines(file, wholeNumber(args, 'lines') ?? defaultShown)
      if (lines) await print(lines)
      else if (!reporter.json && !reporter.quiet) reporter.tell('no log yet (butcher daemon writes it)')
      while (follower && !signal.aborted) {
        await sleep(lookMs, undefined, { signal }).catch(() => {})
        await print(follower.read())
      }
      return follows ? exitStatus.stopped : exitStatus.done
    } finally {
      follower?.close()
    }
  },
}
