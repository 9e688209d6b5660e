/** The base folders of a user, by the XDG base directory specification. */

import os from 'node:os'
import path from 'node:path'
import { ButcherError } from '../errors.ts'

const homes = {
  XDG_CACHE_HOME: ['.cache'],
  XDG_CONFIG_HOME: ['.config'],
  XDG_DATA_HOME: ['.local', 'share'],
  XDG_STATE_HOME: ['.local', 'state'],
} as const

/** The folder that the variable names, or the usual one. The specification ignores a relative path. */
export function xdgFolder(variable: keyof typeof homes): string {
  const given = process.env[variable] ?? ''
  return path.isAbsolute(given) ? given : path.join(homeFolder(), ...homes[variable])
}

function homeFolder(): string {
  try {
    return os.homedir()
  } catch (cause) {
    throw new ButcherError('usage', 'this user has no home folder', { hint: 'set HOME', cause })
  }
}
