/** Opens a file to read it, but no symlink. */

import fs from 'node:fs'

const { O_RDONLY, O_NOFOLLOW } = fs.constants

/** `flags` are added. Throws the system's errors, ELOOP for a symlink. */
export function openToRead(
  file: string | Buffer,
  flags = 0,
  system: typeof process.platform = process.platform,
): number {
  if (system !== 'win32') return fs.openSync(file, O_RDONLY | O_NOFOLLOW | flags)
  const descriptor = fs.openSync(file, O_RDONLY | flags)
  try {
    // Windows follows links when it opens. A link was in the way if another file is open than the name now
    // has. The birth time decides as well: some file systems give a file two numbers.
    const opened = fs.fstatSync(descriptor, { bigint: true })
    const named = fs.lstatSync(file, { bigint: true })
    const isOther = named.ino !== opened.ino && named.birthtimeNs !== opened.birthtimeNs
    if (named.isSymbolicLink() || isOther)
      throw Object.assign(new Error('ELOOP: it is a symlink'), { code: 'ELOOP', syscall: 'open' })
    return descriptor
  } catch (error) {
    fs.closeSync(descriptor)
    throw error
  }
}
