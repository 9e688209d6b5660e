/** The units of systemd that start the daemon, as texts. */

export interface UnitOptions {
  /** For the whole machine, not for one user. */
  readonly system: boolean
  /** With a unit for the socket, so that callers wait while the daemon restarts. */
  readonly socket: boolean
  /** The program of butcher and its first words. */
  readonly command: readonly [program: string, ...args: string[]]
  readonly environment?: Readonly<Record<string, string>>
}

export interface Unit {
  readonly name: string
  readonly text: string
}

/** The first line of units that `butcher daemon install` may replace and remove. */
export const unitMark = '# Written by butcher daemon install.'

export const serviceName = 'butcher.service'
export const socketName = 'butcher.socket'

/** The target that starts each unit. */
export const wantedBy = (name: string, system: boolean): string =>
  name === socketName ? 'sockets.target' : system ? 'multi-user.target' : 'default.target'

export function unitsOf(options: UnitOptions): readonly Unit[] {
  const service = { name: serviceName, text: serviceText(options) }
  return options.socket ? [{ name: socketName, text: socketText(options) }, service] : [service]
}

function serviceText({ system, socket, command, environment = {} }: UnitOptions): string {
  const [program, ...args] = [...command, 'daemon', ...(system ? ['--system'] : [])] as const
  return [
    unitMark,
    '[Unit]',
    `Description=Backups by butcher${system ? ' for the whole machine' : ''}`,
    'Documentation=man:butcher-daemon(1)',
    ...(socket ? [`Requires=${socketName}`, `After=${socketName}`] : []),
    '',
    '[Service]',
    'Type=notify',
    // The program systemd-notify is a child.
    'NotifyAccess=all',
    `ExecStart=${[quoted(program, false), ...args.map((word) => quoted(word, true))].join(' ')}`,
    'ExecReload=/bin/kill -HUP $MAINPID',
    ...Object.entries(environment).map(([name, value]) => `Environment=${quoted(`${name}=${value}`, false)}`),
    'Restart=on-failure',
    'RestartSec=10',
    '# Runs outlive the daemon.',
    'KillMode=process',
    'UMask=0077',
    'Nice=10',
    'IOSchedulingClass=idle',
    '',
    '[Install]',
    `WantedBy=${wantedBy(serviceName, system)}`,
    '',
  ].join('\n')
}

const socketText = ({ system }: UnitOptions): string =>
  [
    unitMark,
    '[Unit]',
    'Description=Socket of the daemon of butcher',
    'Documentation=man:butcher-daemon(1)',
    '',
    '[Socket]',
    'ListenStream=%t/butcher/daemon.sock',
    '# The permissions are all that guards it.',
    'SocketMode=0600',
    'DirectoryMode=0700',
    '',
    '[Install]',
    `WantedBy=${wantedBy(socketName, system)}`,
    '',
  ].join('\n')

/** A word as systemd reads it. It does not expand variables in the program and in `Environment`. */
function quoted(word: string, expands: boolean): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')
  const safe = expands ? escaped.replaceAll('$', '$$$$') : escaped
  return /[\s"'\\;]/.test(word) ? `"${safe}"` : safe
}
