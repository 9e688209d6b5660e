/** `daemon`. */

import { exitStatus } from '../../errors.ts'
import { showPath } from '../../format/path-text.ts'
import type { Command } from '../command.ts'

export const daemonCommand: Command = {
  name: 'daemon',
  positionals: [],
  options: ['quiet', 'no-progress'],
  examples: [
    ['butcher daemon', 'start jobs when they are due, until Ctrl-C or SIGTERM'],
    ['butcher daemon --system', 'the same for the jobs of the whole machine, as root'],
  ],
  notes: [
    'It stays in the foreground, for systemd and for containers. The log goes to stderr. One daemon runs for each user.',
    'It makes up for missed runs, once each, also after sleep. Runs go on if the daemon ends.',
    'Its socket is $XDG_RUNTIME_DIR/butcher/daemon.sock: HTTP/1.1 with JSON below /api/v1.',
  ],
  run: async ({ reporter, signal }) => {
    const { runDaemon } = await import('../../daemon/daemon.ts')
    const { notifySystemd } = await import('../../daemon/notify-systemd.ts')
    const log = (line: string): void => {
      if (!reporter.quiet) reporter.tell(showPath(line))
    }
    await runDaemon({ log, signal, ready: () => void notifySystemd('READY=1') })
    return exitStatus.done
  },
}
