/** How a source path is named inside a chunk's tar. */

import { createHash } from 'node:crypto'
import { isTextPath, pathToBytes } from './path-text.ts'

/** The folder of a chunk that holds what the program needs; a hand restore leaves it aside. */
export const ownFolder = '.butcher'

const partSuffix = /\.butcher-part-\d{5}-of-\d{5}$/
const renamedSuffix = /\.butcher-name-[0-9a-f]{16}$/

/**
 * The member name of `path`: the path itself, or, where that cannot stand in a tar, another: the path with every
 * character that is no plain text replaced by `_`, and `.butcher-name-` with the first 16 hex digits of the SHA-256
 * of the path's bytes behind it. Renamed are: what is not UTF-8, what looks like a part or like a renamed member,
 * whatever stands in a folder `.butcher` at the top, and, with `wasFolder`, what is no folder but was one in an earlier
 * backup: tar puts nothing in the place of a folder that is not empty.
 */
export function memberName(path: string, wasFolder = false): string {
  return wasFolder || needsOtherName(path) ? otherName(path) : path
}

function needsOtherName(path: string): boolean {
  return (
    !isTextPath(path) ||
    partSuffix.test(path) ||
    renamedSuffix.test(path) ||
    path === ownFolder ||
    path.startsWith(`${ownFolder}/`)
  )
}

function otherName(path: string): string {
  const digest = createHash('sha256').update(pathToBytes(path)).digest('hex').slice(0, 16)
  let name = path.replace(/\p{Surrogate}/gu, '_') // pairs are characters
  if (name === ownFolder || name.startsWith(`${ownFolder}/`)) name = `_${name.slice(1)}`
  // A name is at most 255 bytes in most file systems, and 37 of them go to the suffix.
  const slash = name.lastIndexOf('/')
  const base = Array.from(name.slice(slash + 1))
  while (Buffer.byteLength(base.join('')) > 190) base.pop()
  return `${name.slice(0, slash + 1)}${base.join('')}.butcher-name-${digest}`
}

/** The member that holds part `part` (from 1) of `parts` of the file stored as `member`. */
export function partName(member: string, part: number, parts: number): string {
  return parts === 1 ? member : `${member}.butcher-part-${digits5(part)}-of-${digits5(parts)}`
}

/** The most parts that a name can count. */
export const maxParts = 99_999

const digits5 = (value: number): string => String(value).padStart(5, '0')
