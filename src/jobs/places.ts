/** The folders of jobs, by the XDG base directory specification. */

import os from 'node:os'
import path from 'node:path'

const base = (variable: string, ...home: readonly string[]): string => {
  const given = process.env[variable]
  // The specification ignores a relative path.
  return given !== undefined && path.isAbsolute(given) ? given : path.join(os.homedir(), ...home)
}

/** Definitions. It holds no secret. */
export const configurationFolder = (): string => path.join(base('XDG_CONFIG_HOME', '.config'), 'butcher')

/** Runs, and their logs. */
export const stateFolder = (): string => path.join(base('XDG_STATE_HOME', '.local', 'state'), 'butcher')

/** A file of mode 0600 for each secret. */
export const secretsFolder = (): string =>
  path.join(base('XDG_DATA_HOME', '.local', 'share'), 'butcher', 'secrets')
