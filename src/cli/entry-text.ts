/** An entry as `ls -l` would show it, and as an object. */

import type { EntryObject } from './json-rows.ts'
import type { EntryRow } from '../catalog/entry-rows.ts'
import { isFile } from '../format/entry-kind.ts'
import type { EntryType } from '../format/manifest.ts'
import { showPath } from '../format/path-text.ts'
import { isoNanoseconds, showLocalNanoseconds } from './show.ts'

const typeLetters: Readonly<Record<EntryType, string>> = {
  file: '-',
  hardlink: 'h', // of what is no file
  dir: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  chardev: 'c',
  blockdev: 'b',
}

const shownModes = new Map<string, string>()

/** `-rwsr-xr-x` */
function showMode(type: EntryType, mode: number): string {
  const key = `${type} ${mode}`
  let shown = shownModes.get(key)
  if (shown === undefined) {
    if (shownModes.size >= maxModesKept) shownModes.clear()
    shownModes.set(key, (shown = modeText(type, mode)))
  }
  return shown
}

const maxModesKept = 1000

function modeText(type: EntryType, mode: number): string {
  const letters = [...'rwxrwxrwx'].map((letter, i) => (mode & (0o400 >> i) ? letter : '-'))
  const special = (bit: number, at: number, letter: string): void => {
    if (mode & bit) letters[at] = letters[at] === 'x' ? letter : letter.toUpperCase()
  }
  special(0o4000, 2, 's')
  special(0o2000, 5, 's')
  special(0o1000, 8, 't')
  return (Object.hasOwn(typeLetters, type) ? typeLetters[type] : '?') + letters.join('')
}

export function entryLine(entry: EntryRow): string {
  const owner = `${entry.user ?? entry.uid} ${entry.group ?? entry.gid}`
  const size = entry.device === null ? String(entry.size ?? 0) : showPath(entry.device)
  const mode = showMode(isFile(entry) ? 'file' : entry.type, entry.mode)
  const time = showLocalNanoseconds(entry.mtime)
  return `${mode} ${showPath(owner).padEnd(14)} ${size.padStart(12)} ${time} ${showPath(entry.path)}${linkText(entry)}`
}

function linkText({ type, link }: EntryRow): string {
  if (link === null) return ''
  return type === 'hardlink' ? ` link to ${showPath(link)}` : ` -> ${showPath(link)}`
}

export const entryFields = (entry: EntryRow): EntryObject => ({
  path: entry.path,
  kind: entry.type,
  mode: entry.mode.toString(8).padStart(4, '0'),
  uid: entry.uid,
  gid: entry.gid,
  user: entry.user,
  group: entry.group,
  mtime: isoNanoseconds(entry.mtime),
  size: entry.size,
  hash: entry.hash,
  link: entry.link,
  device: entry.device,
})
