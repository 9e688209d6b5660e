/** What rclone tells about files, checked: a remote may say anything. */

import { isFileSize, isStorePath } from './store-path.ts'
import type { StoredFile } from './store.ts'

/** The file of an answer of `operations/list` or `operations/stat`; undefined if it is unfit. */
export function fileOf(item: unknown): StoredFile | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { Path: path, Size: bytes, ModTime: modified, IsDir: isFolder } = item as Record<string, unknown>
  if (typeof path !== 'string' || !isStorePath(path) || !isFileSize(bytes) || isFolder === true)
    return undefined
  return { path, bytes, modified: timeOf(modified) }
}

/** The fit files below `folder` in an answer of `operations/list`. */
export function filesOf(items: unknown, folder: string, recursive: boolean): StoredFile[] {
  const start = folder === '' ? '' : `${folder}/`
  return (Array.isArray(items) ? (items as unknown[]) : []).flatMap((item) => {
    const file = fileOf(item)
    const isInside = file?.path.startsWith(start) === true
    return isInside && (recursive || !file.path.includes('/', start.length)) ? [file] : []
  })
}

/** The hash of an answer of `operations/stat`, in lower case. */
export function hashOf(item: unknown, type: string): string | undefined {
  const hashes = (item as { Hashes?: unknown } | null)?.Hashes
  const hash = (hashes as Record<string, unknown> | null | undefined)?.[type]
  return typeof hash === 'string' && hash !== '' ? hash.toLowerCase() : undefined
}

function timeOf(value: unknown): Date | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN
  return Number.isFinite(time) ? new Date(time) : undefined
}
