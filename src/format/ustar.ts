/**
 * The ustar header (POSIX.1-1988, IEEE Std 1003.1-2001 pax, "ustar Interchange Format"): a block of 512
 * bytes.
 */

export const blockBytes = 512

/** The characters of `typeflag`. */
const ustarTypes = { file: '0', symlink: '2', directory: '5', fifo: '6', pax: 'x' } as const

export interface UstarFields {
  /** ASCII; a name longer than 100 bytes is split at a slash into 155 and 100. */
  readonly name: string
  readonly type: keyof typeof ustarTypes
  /** Bytes; from 8 GiB on written in base 256, as in GNU tar, which all current readers understand. */
  readonly size: number
  /** At most 0o7777. */
  readonly mode: number
  /** At most 0o7777777, for both. */
  readonly uid: number
  readonly gid: number
  readonly uname?: string
  readonly gname?: string
  /** Whole seconds since 1970, not negative. */
  readonly mtime: number
  readonly linkname?: string
}

const mostOctalSize = 8 ** 11

/** Writes the header to `block`, at `at`, over any old content. */
export function writeUstar(block: Buffer, at: number, fields: UstarFields): void {
  block.fill(0, at, at + blockBytes)
  const { name, size, linkname, uname, gname } = fields
  const cut = name.length > 100 ? name.indexOf('/', name.length - 101) : -1
  block.write(cut < 0 ? name : name.slice(cut + 1), at, 'latin1')
  if (cut >= 0) block.write(name.slice(0, cut), at + 345, 'latin1')
  octal(block, at + 100, fields.mode, 6)
  for (const [where, owner] of [
    [108, fields.uid],
    [116, fields.gid],
  ] as const)
    octal(block, at + where, owner, owner > 0o777777 ? 7 : 6)
  if (size < mostOctalSize) octal(block, at + 124, size, 11)
  else base256(block, at + 124, size)
  octal(block, at + 136, fields.mtime, 11)
  block.fill(space, at + 148, at + 156) // what the sum is made with
  block[at + 156] = ustarTypes[fields.type].charCodeAt(0)
  if (linkname) block.write(linkname, at + 157, 'latin1')
  block.write('ustar\x0000', at + 257, 'latin1')
  if (uname) block.write(uname, at + 265, 'latin1')
  if (gname) block.write(gname, at + 297, 'latin1')
  octal(block, at + 329, 0, 6)
  octal(block, at + 337, 0, 6)
  let sum = 0
  for (let i = at; i < at + blockBytes; i++) sum += block[i] as number
  octal(block, at + 148, sum, 6)
  block[at + 155] = 0
}

const space = 0x20
const zero = 0x30

/** `digits` octal digits and a space. */
function octal(block: Buffer, at: number, value: number, digits: number): void {
  let left = value
  for (let i = at + digits - 1; i >= at; i--) {
    block[i] = zero + (left % 8)
    left = Math.floor(left / 8)
  }
  block[at + digits] = space
}

function base256(block: Buffer, at: number, value: number): void {
  block.writeUIntBE(value, at + 6, 6)
  block[at] = 0x80
}
