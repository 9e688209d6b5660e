/**
 * Bounds a catalog while it is unpacked: a few kilobytes can become terabytes. The first bytes of a database
 * give its length (SQLite's file format, 1.3). They are checked before anything is written.
 */

import { ButcherError } from '../errors.ts'
import { showSize } from '../format/size-text.ts'

const headBytes = 100
const magic = 'SQLite format 3\0'
/** Catalogs compress three- to tenfold. Below the floor, any ratio is allowed. */
const maxRatio = 200
const allowedBytes = 2 ** 30

/**
 * Passes the bytes of `plain`, but no more than its header announces. `storedBytes`: the size of the packed
 * form. Throws `catalog` if it is not a database, or implausibly long.
 */
export async function* boundedDatabase(
  plain: AsyncIterable<Uint8Array>,
  storedBytes: number,
  name: string,
): AsyncGenerator<Uint8Array> {
  let head: Buffer | undefined = Buffer.alloc(0)
  let announced = Number.POSITIVE_INFINITY
  let length = 0
  for await (const piece of plain) {
    let bytes: Uint8Array = piece
    if (head !== undefined) {
      head = Buffer.concat([head, piece])
      if (head.length < headBytes) continue
      announced = announcedBytes(head, storedBytes, name)
      bytes = head
      head = undefined
    }
    length += bytes.length
    if (length > announced) throw damaged(name, 'it is longer than it says')
    yield bytes
  }
  if (head !== undefined) throw damaged(name, 'it is cut short')
  if (length < announced) throw damaged(name, 'it is cut short')
}

function announcedBytes(head: Buffer, storedBytes: number, name: string): number {
  if (head.toString('latin1', 0, magic.length) !== magic) {
    throw new ButcherError('catalog', `${name} is not a butcher catalog`, {
      path: name,
      hint: 'give a destination of backup, a disc, a folder of discs, or a catalog file',
    })
  }
  const pageBytes = head.readUInt16BE(16) === 1 ? 65_536 : head.readUInt16BE(16)
  const announced = pageBytes * head.readUInt32BE(28)
  if (announced > Math.max(allowedBytes, storedBytes * maxRatio)) {
    const much = `${showSize(announced)} out of ${showSize(storedBytes)}`
    throw new ButcherError('catalog', `${name} would unpack to an implausible size: ${much}`, {
      path: name,
      hint: 'if you trust it, unpack it by hand and name it with --index',
    })
  }
  return announced
}

const damaged = (name: string, why: string): ButcherError =>
  new ButcherError('catalog', `the catalog ${name} is damaged: ${why}`, { path: name })
