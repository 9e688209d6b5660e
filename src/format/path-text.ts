/**
 * Paths are bytes. In memory a path is a string from which its bytes can always be restored. Valid UTF-8 is
 * decoded, and each other byte becomes the lone surrogate U+DC00 + byte (Python's "surrogateescape", PEP
 * 383). Valid UTF-8 never decodes to a lone surrogate, so the mapping is one to one.
 */

import { isUtf8 } from 'node:buffer'

/** The text of `bytes`, with bytes that are not UTF-8 escaped, see above. */
export function pathFromBytes(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : escapeBytes(bytes)
}

/** The original bytes of `path`. */
export function pathToBytes(path: string): Buffer {
  if (path.isWellFormed()) return Buffer.from(path, 'utf8')
  const pieces: Buffer[] = []
  let start = 0
  for (let i = 0; i < path.length; i++) {
    const unit = path.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdbff) {
      i++ // a pair: pathFromBytes makes no lone high surrogate
    } else if (unit >= 0xdc80 && unit <= 0xdcff) {
      pieces.push(Buffer.from(path.slice(start, i), 'utf8'), Buffer.from([unit - 0xdc00]))
      start = i + 1
    }
  }
  pieces.push(Buffer.from(path.slice(start), 'utf8'))
  return Buffer.concat(pieces)
}

/** Whether the bytes of `path` are valid UTF-8. */
export const isTextPath = (path: string): boolean => path.isWellFormed()

/** The form for `node:fs`: the string if it is UTF-8, otherwise the bytes. */
export function pathForSystem(path: string): string | Buffer {
  return path.isWellFormed() ? path : pathToBytes(path)
}

/** A path column of the catalog: TEXT, or a BLOB of the exact bytes if they are not UTF-8. */
export const pathForCatalog = pathForSystem

/** The inverse of `pathForCatalog`. */
export function pathFromCatalog(value: string | Uint8Array): string {
  return typeof value === 'string' ? value : pathFromBytes(Buffer.from(value))
}

/** `folder/name`; the root of the source is the empty string. */
export const joinPath = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`)

/** Orders paths like `memcmp` on their bytes, as SQLite orders TEXT. Both must be valid UTF-8. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return codePointRank(x) - codePointRank(y)
  }
  return a.length - b.length
}

/** UTF-16 puts surrogates (code points from U+10000) before U+E000 to U+FFFF; UTF-8 puts them after. */
const codePointRank = (unit: number): number =>
  unit < 0xd800 ? unit : unit >= 0xe000 ? unit - 0x800 : unit + 0x2000

function escapeBytes(bytes: Buffer): string {
  let text = ''
  let i = 0
  while (i < bytes.length) {
    const length = validSequenceLength(bytes, i)
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[i] as number))
      i++
    } else {
      text += bytes.toString('utf8', i, i + length)
      i += length
    }
  }
  return text
}

/** The length of the valid UTF-8 sequence at `at`, or 0. */
function validSequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] as number
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length === 0 || at + length > bytes.length) return 0
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0
}

/**
 * Without any of these, nothing needs an escape. Half of a surrogate pair may still belong to a valid pair.
 */
// oxlint-disable-next-line no-control-regex
const mayBeUnfit = /[\0-\x1f\x7f-\x9f\udc80-\udcff\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/** `path` for a terminal: control characters and bytes that are not text become `\xNN` or `\n`. */
export function showPath(path: string): string {
  if (!mayBeUnfit.test(path)) return path
  let shown = ''
  for (const character of path) {
    const point = character.codePointAt(0) as number
    if (point === 0x0a) shown += '\\n'
    else if (point === 0x09) shown += '\\t'
    else if (point < 0x20 || (point >= 0x7f && point < 0xa0)) shown += `\\x${hex2(point)}`
    else if (point >= 0xdc80 && point <= 0xdcff) shown += `\\x${hex2(point - 0xdc00)}`
    else if (isInvisibleControl(point)) shown += `\\u{${point.toString(16)}}`
    else shown += character
  }
  return shown
}

/** Characters that reorder or hide the text around them: bidirectional controls, line separators. */
const isInvisibleControl = (point: number): boolean =>
  (point >= 0x202a && point <= 0x202e) ||
  (point >= 0x2066 && point <= 0x2069) ||
  point === 0x2028 ||
  point === 0x2029 ||
  point === 0x200e ||
  point === 0x200f

const hex2 = (value: number): string => value.toString(16).padStart(2, '0')
