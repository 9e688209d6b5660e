/** The folders of jobs, by the XDG base directory specification. */

import os from 'node:os'
import path from 'node:path'

const base = (variable: string, ...home: readonly string[]): string => {
  const given = process.env[variable]
  // The specification ignores a relative path.
  return given !== undefined && path.isAbsolute(given) ? given : path.join(os.homedir(), ...home)
}

/** The folders of the whole machine in place of those of a user, for this process and its children. */
export function useSystemFolders(): void {
  Object.assign(process.env, {
    XDG_CONFIG_HOME: '/etc',
    XDG_STATE_HOME: '/var/lib',
    XDG_DATA_HOME: '/var/lib',
    XDG_RUNTIME_DIR: '/run',
  })
}

/** Definitions. It holds no secret. */
export const configurationFolder = (): string => path.join(base('XDG_CONFIG_HOME', '.config'), 'butcher')

/** Runs, and their logs. */
export const stateFolder = (): string => path.join(base('XDG_STATE_HOME', '.local', 'state'), 'butcher')

/** The socket of the daemon. */
export const runtimeFolder = (): string =>
  process.env['XDG_RUNTIME_DIR'] === undefined
    ? path.join(stateFolder(), 'run')
    : path.join(base('XDG_RUNTIME_DIR', '.local', 'state'), 'butcher')

/** A file of mode 0600 for each secret. */
export const secretsFolder = (): string =>
  path.join(base('XDG_DATA_HOME', '.local', 'share'), 'butcher', 'secrets')
