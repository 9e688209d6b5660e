import { wrongRequest } from './api-error.ts'

/** A path of a catalog. Names that are not UTF-8 cannot be words of a process that Node starts. */
export function pathIn(path: string): string {
  if (!path.isWellFormed() || path.includes('\0'))
    throw wrongRequest('this name is not UTF-8', {
      field: 'path',
      hint: 'take the folder above it, or use butcher restore',
    })
  return path.replace(/^\/+|\/+$/g, '')
}
