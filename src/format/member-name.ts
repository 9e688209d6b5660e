/** The name of a source path inside a chunk's tar. */

import { createHash } from 'node:crypto'
import { isTextPath, pathToBytes } from './path-text.ts'
import { pieceFolder, pieceListSuffix } from './piece.ts'

/** The folder in a chunk for the program's own files; skip it in a restore by hand. */
export const ownFolder = '.butcher'

const partSuffix = /\.butcher-part-\d{5}-of-\d{5}$/
const renamedSuffix = /\.butcher-name-[0-9a-f]{16}$/

/**
 * The member name of `path`: the path itself if possible. Otherwise special characters become `_`, and
 * `.butcher-name-` with the first 16 hex digits of the path's SHA-256 is appended. That applies to paths that
 * are not UTF-8, that look like a part, a piece list or a renamed member, or that are in a folder `.butcher`
 * or `.butcher-pieces` at the top. With `wasFolder`, it also applies to an entry that was a folder in an
 * earlier backup: tar cannot replace a folder that is not empty.
 */
export function memberName(path: string, wasFolder = false): string {
  return wasFolder || needsOtherName(path) ? otherName(path) : path
}

function needsOtherName(path: string): boolean {
  return (
    !isTextPath(path) ||
    partSuffix.test(path) ||
    renamedSuffix.test(path) ||
    path.endsWith(pieceListSuffix) ||
    isOwn(path)
  )
}

/** Whether the path is in a folder at the top that the program uses. */
const isOwn = (path: string): boolean =>
  [ownFolder, pieceFolder].some((folder) => path === folder || path.startsWith(`${folder}/`))

function otherName(path: string): string {
  let name = path.replace(/\p{Surrogate}/gu, '_') // pairs are characters
  if (isOwn(name)) name = `_${name.slice(1)}`
  const slash = name.lastIndexOf('/') + 1
  return `${name.slice(0, slash)}${withDigest(name.slice(slash), pathToBytes(path))}`
}

function withDigest(name: string, of: string | Uint8Array): string {
  // Most file systems allow 255 bytes for a name, and the suffix takes 37 of them.
  const base = Array.from(name)
  while (Buffer.byteLength(base.join('')) > 190) base.pop()
  return `${base.join('')}.butcher-name-${createHash('sha256').update(of).digest('hex').slice(0, 16)}`
}

/**
 * The member name of a content that a prune moves, and that the newest backup does not have under `path`. It
 * has no folder, so a restore without the catalog puts it in no newer file's place.
 */
export const olderMemberName = (path: string, content: number): string =>
  withDigest(path.slice(path.lastIndexOf('/') + 1).replace(/\p{Surrogate}/gu, '_'), String(content))

/** Whether `name` is one of `olderMemberName` for this content. */
export const isOlderMember = (name: string, content: number): boolean =>
  name.endsWith(withDigest('', String(content)))

/** The member for part `part` (from 1) of `parts` of the file stored as `member`. */
export function partName(member: string, part: number, parts: number): string {
  return parts === 1 ? member : `${member}.butcher-part-${digits5(part)}-of-${digits5(parts)}`
}

/** The most parts that a name can count. */
export const maxParts = 99_999

const digits5 = (value: number): string => String(value).padStart(5, '0')
