/** The folders of jobs, by the XDG base directory specification. */

import path from 'node:path'
import { xdgFolder } from '../files/xdg-folder.ts'

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
export const configurationFolder = (): string => path.join(xdgFolder('XDG_CONFIG_HOME'), 'butcher')

/** Runs, and their logs. */
export const stateFolder = (): string => path.join(xdgFolder('XDG_STATE_HOME'), 'butcher')

/** The log of the daemon. */
export const daemonLogFile = (): string => path.join(stateFolder(), 'daemon.log')

/** The socket of the daemon. Without a runtime folder, it is beside the runs. */
export function runtimeFolder(): string {
  const given = process.env['XDG_RUNTIME_DIR'] ?? ''
  return path.isAbsolute(given) ? path.join(given, 'butcher') : path.join(stateFolder(), 'run')
}

/** What must not be lost, and is none of others' business. */
export const dataFolder = (): string => path.join(xdgFolder('XDG_DATA_HOME'), 'butcher')

/** A file of mode 0600 for each secret. */
export const secretsFolder = (): string => path.join(dataFolder(), 'secrets')
