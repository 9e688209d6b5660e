/** `daemon install` and `daemon uninstall`: units of systemd. */

import fs from 'node:fs'
import path from 'node:path'
import { serviceName, socketName, unitMark, unitsOf, wantedBy } from '../../daemon/units.ts'
import { asButcherError, ButcherError, exitStatus, systemCode } from '../../errors.ts'
import { removeFile, writeDurably } from '../../files/durable.ts'
import { xdgFolder } from '../../files/xdg-folder.ts'
import { showPath } from '../../format/path-text.ts'
import { ownCommand } from '../../own-files.ts'
import { flag } from '../arguments.ts'
import type { Call, Command } from '../command.ts'
import { jsonText } from '../json-lines.ts'

export const daemonInstall: Command = {
  name: 'daemon install',
  positionals: [],
  options: ['socket', 'print', 'force', 'json', 'quiet', 'no-progress'],
  describes: { force: 'replace a unit that butcher did not write' },
  examples: [
    ['butcher daemon install', 'write a unit of systemd that starts the daemon for your jobs'],
    ['butcher daemon install --socket', 'systemd also opens the socket, and keeps it during a restart'],
    ['butcher daemon install --system', 'the same for the whole machine, as root'],
    ['butcher daemon install --print', 'show the unit, and write nothing'],
  ],
  notes: [
    'The command writes the units, and prints the commands of systemctl that start them. It starts nothing.',
    'The units of a user are in ~/.config/systemd/user, those of the machine in /etc/systemd/system.',
  ],
  run: async (call) => {
    const { args, output, reporter } = call
    const system = flag(args, 'system')
    const units = unitsOf({
      system,
      socket: flag(args, 'socket'),
      command: ownCommand([]),
      environment: system ? {} : ownEnvironment(),
    })
    if (flag(args, 'print')) {
      for (const { name, text } of units)
        if (reporter.json) output.line(jsonText({ type: 'unit', name, text }))
        else output.line(units.length === 1 ? text.trimEnd() : `# ${name}\n${text}`)
      return exitStatus.done
    }
    const folder = unitFolder(system)
    makeUnitFolder(folder)
    const stray = units.find(({ name }) => isForeign(path.join(folder, name)))
    if (stray && !flag(args, 'force'))
      throw new ButcherError(
        'exists',
        `cannot write ${path.join(folder, stray.name)}: another unit is there`,
        {
          hint: 'look at it; --force replaces it',
        },
      )
    for (const { name, text } of units) writeDurably(folder, path.join(folder, name), text)
    const names = units.map(({ name }) => name)
    return tellNext(call, {
      files: names.map((name) => path.join(folder, name)),
      commands: [
        systemctl(system, 'daemon-reload'),
        systemctl(system, 'enable', '--now', ...names),
        ...(system ? [] : ['loginctl enable-linger']),
      ],
    })
  },
}

export const daemonUninstall: Command = {
  name: 'daemon uninstall',
  positionals: [],
  options: ['json', 'quiet', 'no-progress'],
  examples: [
    ['butcher daemon uninstall', 'remove the units that daemon install wrote'],
    ['butcher daemon uninstall --system', 'the same for the whole machine, as root'],
  ],
  notes: ['Units that butcher did not write stay. Jobs, runs and sets stay.'],
  run: async (call) => {
    const system = flag(call.args, 'system')
    const folder = unitFolder(system)
    const names = [socketName, serviceName].filter((name) => isOurs(path.join(folder, name)))
    for (const name of names) {
      removeUnit(path.join(folder, `${wantedBy(name, system)}.wants`, name))
      removeUnit(path.join(folder, name))
    }
    return tellNext(call, {
      files: names.map((name) => path.join(folder, name)),
      commands:
        names.length === 0 ? [] : [systemctl(system, 'daemon-reload'), systemctl(system, 'stop', ...names)],
    })
  },
}

interface Next {
  readonly files: readonly string[]
  readonly commands: readonly string[]
}

function tellNext({ output, reporter }: Call, { files, commands }: Next): number {
  if (reporter.json) output.line(jsonText({ type: 'summary', files, commands }))
  else if (!reporter.quiet) {
    if (files.length === 0) output.line('butcher wrote no unit here')
    for (const file of files) output.line(showPath(file))
    if (commands.length > 0) output.line('Now run:')
    for (const command of commands) output.line(`  ${command}`)
  }
  return exitStatus.done
}

const systemctl = (system: boolean, ...words: readonly string[]): string =>
  ['systemctl', ...(system ? [] : ['--user']), ...words].join(' ')

const unitFolder = (system: boolean): string =>
  system ? '/etc/systemd/system' : path.join(xdgFolder('XDG_CONFIG_HOME'), 'systemd', 'user')

function makeUnitFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw asButcherError(error, 'cannot make the folder', folder)
  }
}

function removeUnit(file: string): void {
  try {
    removeFile(file)
  } catch (error) {
    throw asButcherError(error, 'cannot remove', file)
  }
}

const isOurs = (file: string): boolean => textOf(file)?.startsWith(unitMark) === true
const isForeign = (file: string): boolean => textOf(file)?.startsWith(unitMark) === false

function textOf(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined
    throw asButcherError(error, 'cannot read', file)
  }
}

/** The folders of this shell: systemd would start the daemon without them. */
function ownEnvironment(): Readonly<Record<string, string>> {
  const names = ['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME'] as const
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name] ?? ''
      return path.isAbsolute(value) ? [[name, value]] : []
    }),
  )
}
