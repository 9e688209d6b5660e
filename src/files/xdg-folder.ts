/** The base folders of a user, by the XDG base directory specification. */

import os from 'node:os'
import path from 'node:path'

const homes = {
  XDG_CACHE_HOME: ['.cache'],
  XDG_CONFIG_HOME: ['.config'],
  XDG_DATA_HOME: ['.local', 'share'],
  XDG_STATE_HOME: ['.local', 'state'],
} as const

/** The folder that the variable names, or the usual one. The specification ignores a relative path. */
export function xdgFolder(variable: keyof typeof homes): string {
  const given = process.env[variable] ?? ''
  return path.isAbsolute(given) ? given : path.join(os.homedir(), ...homes[variable])
}
