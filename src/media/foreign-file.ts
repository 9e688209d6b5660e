/**
 * Recognizes files and drives that butcher cannot read as a disc, by their first bytes, and explains how to
 * make a disc of them.
 */

import fs from 'node:fs'
import { ButcherError } from '../errors.ts'
import { pathForSystem, showPath } from '../format/path-text.ts'

interface Kind {
  /** The words after `PLACE `. */
  readonly is: string
  readonly hint: string
}

const headBytes = 128 << 10
const sectorBytes = 2048

const mounting = 'mount it read-only and give the folder: mount -o loop,ro IMAGE FOLDER'
const unpacking = 'unpack it first'
const decrypting = 'decrypt it first'

const fileSystem = (name: string): Kind => ({ is: `has ${name} and no ISO 9660`, hint: mounting })
const packed = (name: string): Kind => ({ is: `is compressed by ${name}`, hint: unpacking })

/** An offset, the bytes there, and the kind that they show. */
const signs: readonly (readonly [offset: number, bytes: string, kind: Kind])[] = [
  [3, 'NTFS    ', fileSystem('NTFS')],
  [3, 'EXFAT   ', fileSystem('exFAT')],
  [54, 'FAT', fileSystem('FAT')],
  [82, 'FAT32', fileSystem('FAT')],
  [1024, 'H+', fileSystem('HFS+')],
  [1024, 'HX', fileSystem('HFS+')],
  [1024, 'BD', fileSystem('HFS')],
  [32, 'NXSB', fileSystem('APFS')],
  [1080, '\x53\xef', fileSystem('ext2, ext3 or ext4')],
  [0, 'XFSB', fileSystem('XFS')],
  [0x10040, '_BHRfS_M', fileSystem('Btrfs')],
  [0, 'hsqs', fileSystem('SquashFS')],
  [0, 'PK\x03\x04', { is: 'is a ZIP archive', hint: unpacking }],
  [0, '7z\xbc\xaf\x27\x1c', { is: 'is a 7z archive', hint: unpacking }],
  [0, 'Rar!\x1a\x07', { is: 'is a RAR archive', hint: unpacking }],
  [257, 'ustar', { is: 'is a tar archive', hint: unpacking }],
  [0, '\x1f\x8b', packed('gzip')],
  [0, 'BZh', packed('bzip2')],
  [0, '\xfd7zXZ\0', packed('xz')],
  [0, '\x28\xb5\x2f\xfd', packed('zstd')],
  [0, '\x04\x22\x4d\x18', packed('lz4')],
  [0, 'LUKS\xba\xbe', { is: 'is encrypted by LUKS', hint: 'open it, mount it and give the folder' }],
  [0, '-----BEGIN PGP MESSAGE', { is: 'is encrypted by OpenPGP', hint: decrypting }],
  [0, 'age-encryption.org/', { is: 'is encrypted by age', hint: decrypting }],
  [0, 'Salted__', { is: 'is encrypted by openssl', hint: decrypting }],
  [0, 'RIFF', { is: 'is sound or video', hint: 'an audio disc holds no files' }],
  [0, 'CD_DA', { is: 'is the table of an audio disc', hint: 'an audio disc holds no files' }],
  [
    0,
    `\0${'\xff'.repeat(10)}\0`,
    {
      is: 'has raw sectors of 2352 bytes',
      hint: 'make an image of sectors of 2048 bytes: bchunk or ccd2iso',
    },
  ],
]

/** Undefined if the kind is unknown, or the place is not a file, or cannot be read. */
function kindOf(place: string): Kind | undefined {
  const head = headOf(place)
  if (head === undefined) return undefined
  if (head.length === 0) return { is: 'is empty', hint: 'give a disc, or a folder of discs' }
  const text = head.toString('latin1')
  // Descriptors of UDF: ECMA-167, 2/9.
  for (let at = 16 * sectorBytes; at < 64 * sectorBytes; at += sectorBytes) {
    if (/^NSR0[23]$/.test(text.slice(at + 1, at + 6))) return fileSystem('UDF')
  }
  const sign = signs.find(([offset, bytes]) => text.startsWith(bytes, offset))
  if (sign) return sign[2]
  return /[^\0]/.test(text) ? undefined : { is: 'begins with zeros only', hint: 'is the disc blank?' }
}

function headOf(place: string): Buffer | undefined {
  let fd: number | undefined
  try {
    const { O_RDONLY, O_NONBLOCK } = fs.constants
    fd = fs.openSync(pathForSystem(place), O_RDONLY | O_NONBLOCK)
    const stat = fs.fstatSync(fd)
    if (!stat.isFile() && !stat.isBlockDevice()) return undefined
    const head = Buffer.alloc(headBytes)
    return head.subarray(0, fs.readSync(fd, head, 0, headBytes, 0))
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}

const isFileOrDevice = (place: string): boolean => {
  const stat = fs.statSync(pathForSystem(place), { throwIfNoEntry: false })
  return stat !== undefined && (stat.isFile() || stat.isBlockDevice())
}

/** Why a file or a drive is not a disc; undefined for a folder. */
export function whyNoDisc(place: string): { readonly message: string; readonly hint: string } | undefined {
  if (!isFileOrDevice(place)) return undefined
  const kind = kindOf(place)
  const message = kind
    ? `${showPath(place)} ${kind.is}: butcher cannot read it as a disc`
    : `no disc in ${showPath(place)}: it has no ISO 9660 file system`
  return { message, hint: kind?.hint ?? 'if it is an image of another kind, mount it and give the folder' }
}

/** `no-set` with the known reason, or else with `message` and `hint`. */
export function noDiscIn(place: string, message: string, hint: string): ButcherError {
  const why = whyNoDisc(place) ?? { message, hint }
  return new ButcherError('no-set', why.message, { path: place, hint: why.hint })
}

/** The name of an archive, another file system or encryption, to explain why a file is not a catalog. */
export const knownKind = (place: string): { readonly is: string; readonly hint: string } | undefined =>
  isFileOrDevice(place) ? kindOf(place) : undefined
