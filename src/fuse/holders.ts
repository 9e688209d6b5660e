/** Who keeps a mount busy. It reads links of /proc and /sys, and does not touch the mount. */

import fs from 'node:fs'
import path from 'node:path'
import { mountEntries } from './mount-point.ts'

/** Programs (`bash (1234)`), loop devices (`/dev/loop0, mounted on /mnt`) and mounts inside the folder. */
export function holdersOf(folder: string): string[] {
  return [...programsIn(folder), ...loopDevicesIn(folder), ...mountsIn(folder)]
}

const isIn = (folder: string, name: string): boolean => name === folder || name.startsWith(`${folder}/`)

/** An ordinary user sees their own programs only. */
function programsIn(folder: string): string[] {
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => linksOf(pid).some((link) => isIn(folder, link)))
    .map((pid) => `${contentOf(`/proc/${pid}/comm`) || 'a program'} (${pid})`)
}

const linksOf = (pid: string): string[] =>
  [
    ...['cwd', 'root', 'exe'].map((name) => `/proc/${pid}/${name}`),
    ...namesIn(`/proc/${pid}/fd`).map((name) => `/proc/${pid}/fd/${name}`),
  ].map(targetOf)

function loopDevicesIn(folder: string): string[] {
  return namesIn('/sys/block')
    .filter((name) => isIn(folder, contentOf(`/sys/block/${name}/loop/backing_file`)))
    .map((name) => {
      const places = mountEntries().filter(({ source }) => source === `/dev/${name}`)
      return [`/dev/${name}`, ...places.map((entry) => `mounted on ${entry.folder}`)].join(', ')
    })
}

const mountsIn = (folder: string): string[] =>
  mountEntries()
    .filter((entry) => entry.folder.startsWith(`${folder}/`))
    .map((entry) => `a mount on ${path.relative(folder, entry.folder)}`)

const orElse = <T>(read: () => T, otherwise: T): T => {
  try {
    return read()
  } catch {
    return otherwise // It ended, or belongs to another user.
  }
}

const namesIn = (folder: string): string[] => orElse(() => fs.readdirSync(folder), [])
const targetOf = (link: string): string => orElse(() => fs.readlinkSync(link), '')
const contentOf = (file: string): string => orElse(() => fs.readFileSync(file, 'utf8').trimEnd(), '')
