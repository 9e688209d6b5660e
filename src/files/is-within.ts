import fs from 'node:fs'
import path from 'node:path'

/** Whether `inner` is `outer` or below it, after resolving symlinks. */
export function isWithin(outer: string, inner: string): boolean {
  const real = (folder: string): string => {
    try {
      return fs.realpathSync(folder)
    } catch {
      return folder
    }
  }
  const relative = path.relative(real(outer), real(inner))
  return (
    relative === '' ||
    (!relative.startsWith(`..${path.sep}`) && relative !== '..' && !path.isAbsolute(relative))
  )
}
