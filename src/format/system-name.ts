/**
 * Which names of a backup, an image or a store a system may get. Everything here is a pure function with the
 * system as a parameter, so Linux can test the rules of Windows.
 */

import { isTextPath } from './path-text.ts'

/**
 * No system opens a longer path: Linux's PATH_MAX, with the final zero. This also limits the number of
 * folders.
 */
const maxPathBytes = 4096

/** The most characters of one name on NTFS. */
const maxWindowsName = 255

/** With any extension. Windows ignores the blanks. Source: Microsoft, "Naming Files". */
const deviceName = /^(?:aux|con|conin\$|conout\$|nul|prn|(?:com|lpt)[1-9¹²³]) *(?:\..*)?$/i

// oxlint-disable-next-line no-control-regex
const windowsCharacter = /["*/:<>?\\|\u0000-\u001f]/

/** Why Windows cannot hold a file of this name, a single one without folders. Undefined if it can. */
export function windowsNameTrouble(name: string): string | undefined {
  if (!isTextPath(name)) return 'it is not UTF-8'
  const special = windowsCharacter.exec(name)?.[0]
  if (special !== undefined) return `it contains the character ${JSON.stringify(special)}`
  if (/[. ]$/.test(name)) return 'it ends with a dot or a blank'
  if (deviceName.test(name)) return 'Windows reserves it for a device'
  return name.length > maxWindowsName ? 'it is too long' : undefined
}

export type System = typeof process.platform

/** Why `system` may not get this path of names and slashes. Undefined if it may. */
export function systemPathTrouble(path: string, system: System = process.platform): string | undefined {
  if (system !== 'win32') return undefined
  for (const name of path.split('/')) {
    const trouble = windowsNameTrouble(name)
    if (trouble !== undefined) return trouble
  }
  return undefined
}

export const isTooLong = (path: string): boolean => path.length >= maxPathBytes

/** Whether `path` is relative, does not lead upwards, and is not too long. Every source path is. */
export const isInnerPath = (path: string): boolean =>
  path !== '' &&
  !isTooLong(path) &&
  !path.includes('\0') &&
  path.split('/').every((name) => name !== '' && name !== '.' && name !== '..')

/**
 * Whether `path` can be a file below a folder of `system`. Windows also takes `\`, drives, streams and
 * devices as parts of a path, so such names would lead elsewhere.
 */
export const isSafePath = (path: string, system: System = process.platform): boolean =>
  isInnerPath(path) && systemPathTrouble(path, system) === undefined
