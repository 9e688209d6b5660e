/** `daemon` and `daemon settings`. */

import { exitStatus } from '../../errors.ts'
import { showPath } from '../../format/path-text.ts'
import { changeDefinitions, readDefinitions } from '../../jobs/configuration.ts'
import { wholeNumber } from '../arguments.ts'
import type { Command } from '../command.ts'
import { jsonText } from '../json-lines.ts'

export const daemonCommand: Command = {
  name: 'daemon',
  positionals: [],
  options: ['quiet', 'no-progress'],
  examples: [
    ['butcher daemon', 'start jobs when they are due, until Ctrl-C or SIGTERM'],
    ['butcher daemon --system', 'the same for the jobs of the whole machine, as root'],
  ],
  notes: [
    'It stays in the foreground, for systemd and for containers. One daemon runs for each user.',
    'The log goes to stderr, and to daemon.log in ~/.local/state/butcher (butcher daemon logs). A full log file is put aside; four old ones stay.',
    'SIGHUP reads the definitions again, and opens the log file again.',
    'It makes up for missed runs, once each, also after sleep. Runs go on if the daemon ends. A run that was interrupted is resumed.',
    'A job whose store or source is absent waits for it, until its next due time.',
    'Its socket is $XDG_RUNTIME_DIR/butcher/daemon.sock: HTTP/1.1 with JSON below /api/v1. systemd may open it (butcher daemon install --socket).',
  ],
  run: async ({ reporter, signal, takeHangup }) => {
    const { runDaemon } = await import('../../daemon/daemon.ts')
    const { notifySystemd } = await import('../../daemon/notify-systemd.ts')
    const log = (line: string): void => {
      if (!reporter.quiet) reporter.tell(showPath(line))
    }
    const ready = (): void => void notifySystemd('READY=1')
    await runDaemon({ log, signal, ready, onReload: takeHangup })
    return exitStatus.done
  },
}

export const daemonSettings: Command = {
  name: 'daemon settings',
  positionals: [],
  options: ['runs-at-once', 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher daemon settings', 'show the settings'],
    ['butcher daemon settings --runs-at-once 2', 'two jobs may run at the same time'],
  ],
  notes: ['A running daemon takes a new setting by itself.'],
  run: async ({ args, output, reporter }) => {
    const given = wholeNumber(args, 'runs-at-once')
    const { settings } =
      given === undefined
        ? readDefinitions()
        : changeDefinitions((all) => ({ ...all, settings: { ...all.settings, runs_at_once: given } }))
    const runsAtOnce = settings?.runs_at_once ?? 1
    if (reporter.json) output.line(jsonText({ type: 'settings', runs_at_once: runsAtOnce }))
    else if (!reporter.quiet) output.line(`runs at once: ${runsAtOnce}`)
    return exitStatus.done
  },
}
