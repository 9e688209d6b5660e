/**
 * Which folder is a mount point, and of what: as /proc/self/mountinfo says it, without touching the mount.
 */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError, asButcherError, systemCode } from '../errors.ts'
import { parseMounts } from '../files/mount-table.ts'

/** The type of butcher's mounts, as `findmnt -t` takes it. */
export const mountType = 'fuse.butcher'

export interface MountEntry {
  readonly folder: string
  readonly type: string
  readonly source: string
  /** The user number of who mounted a FUSE file system. */
  readonly owner?: number
}

/** The mounts that this process sees, the last one on top. */
export function mountEntries(text = fs.readFileSync('/proc/self/mountinfo')): MountEntry[] {
  return parseMounts(text).map(({ place, fileSystem, source, owner }) => ({
    folder: place,
    type: fileSystem,
    source,
    ...(owner === undefined ? {} : { owner }),
  }))
}

/** The topmost mount at exactly this folder. */
export const mountAt = (folder: string): MountEntry | undefined =>
  mountEntries().findLast((entry) => entry.folder === folder)

/**
 * The path by which the kernel knows a mount point. The last component is not looked at: that would ask the
 * server of the mount, which may be dead.
 */
export function mountPath(folder: string): string {
  const absolute = path.resolve(folder)
  if (absolute === '/') return absolute
  try {
    return path.join(fs.realpathSync(path.dirname(absolute)), path.basename(absolute))
  } catch (error) {
    throw asButcherError(error, 'opening', absolute)
  }
}

/** How long a mount has to say that it is alive. */
const patienceMs = 5000

/**
 * Whether the server of a mount is gone. One that does not answer in time counts as alive. Asks for the size
 * of the file system: the kernel answers other questions by itself.
 */
export async function isDead(folder: string): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs)
  })
  const asked = fs.promises.statfs(folder).then(
    () => false,
    (error: unknown) => systemCode(error) === 'ENOTCONN' || systemCode(error) === 'ECONNABORTED',
  )
  return Promise.race([asked, patience]).finally(() => clearTimeout(timer))
}

/** The real path of an empty folder to mount on. Throws if it cannot be one. */
export function checkMountPoint(folder: string): string {
  const refuse = (why: string, hint: string): never => {
    throw new ButcherError('destination', `mounting on ${folder}: ${why}`, { path: folder, hint })
  }
  let real: string
  try {
    real = fs.realpathSync(folder)
    if (!fs.statSync(real).isDirectory()) refuse('it is not a directory', 'name an empty directory')
    if (fs.readdirSync(real).length > 0)
      refuse('the directory is not empty, and a mount hides its files', 'name an empty directory')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') refuse('there is no such directory', `create it: mkdir ${folder}`)
    throw asButcherError(error, 'mounting on', folder)
  }
  return real
}
