/** One image in every wrapping that an image of a partition may have, made by the usual programs. */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import zlib from 'node:zlib'
import { noise } from './sample-trees.ts'

/** Text, noise, zeros and again text, some MB: blocks of every kind. */
export function sampleImage(sizeBytes = 5_000_000): Buffer {
  const words = Array.from({ length: 500 }, (_, i) => (i * 7919 * (i + 3)).toString(36))
  let text = 'partclone-image\0'
  for (let i = 1; text.length < sizeBytes * 0.4; i = (i * 75) % 65_537) text += `${words[i % 500]} `
  const parts = [
    Buffer.from(text),
    noise(Math.floor(sizeBytes * 0.2), 7),
    Buffer.alloc(Math.floor(sizeBytes * 0.2)),
  ]
  parts.push(Buffer.from(text.slice(0, sizeBytes - parts.reduce((sum, part) => sum + part.length, 0))))
  return Buffer.concat(parts)
}

const through = (program: string, args: readonly string[], input: Buffer): Buffer =>
  execFileSync(program, args, { input, maxBuffer: 1 << 30, stdio: ['pipe', 'pipe', 'ignore'] })

/** `make` for each piece of about a third. */
function byPieces(image: Buffer, make: (piece: Buffer) => Buffer): Buffer {
  const third = Math.ceil(image.length / 3)
  return Buffer.concat([0, 1, 2].map((i) => make(image.subarray(i * third, (i + 1) * third))))
}

/** A frame that decoders skip, of zstd and of lz4. */
const skipped = Buffer.concat([Buffer.from([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from('notes')])

/** As `pigz --rsyncable` writes it: an empty stored block after each piece. */
function withMarkers(image: Buffer): Buffer {
  const pieces: Buffer[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])]
  const pieceBytes = 100_000
  for (let at = 0; at < image.length; at += pieceBytes) {
    const isLast = at + pieceBytes >= image.length
    pieces.push(
      zlib.deflateRawSync(image.subarray(at, at + pieceBytes), {
        finishFlush: isLast ? zlib.constants.Z_FINISH : zlib.constants.Z_SYNC_FLUSH,
        ...(at > 0 ? { dictionary: image.subarray(Math.max(0, at - 32_768), at) } : {}),
      }),
    )
  }
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(zlib.crc32(image), 0)
  trailer.writeUInt32LE(image.length, 4)
  return Buffer.concat([...pieces, trailer])
}

/** `zip` of one file, with a folder beside it. */
function zip(image: Buffer, words: readonly string[]): Buffer {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'zip-'))
  try {
    fs.mkdirSync(path.join(folder, 'images'))
    fs.writeFileSync(path.join(folder, 'images', 'disk.img'), image)
    execFileSync('zip', ['-q', '-r', ...words, 'all.zip', 'images'], { cwd: folder })
    return fs.readFileSync(path.join(folder, 'all.zip'))
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** zstd frames with a seek table (contrib/seekable_format of zstd). */
export function seekable(image: Buffer, frameBytes: number): Buffer {
  const frames: Buffer[] = []
  const entries: Buffer[] = []
  for (let at = 0; at < image.length; at += frameBytes) {
    const piece = image.subarray(at, at + frameBytes)
    // As of the zstd program: without a checksum, flipped bytes may be no damage.
    const frame = zlib.zstdCompressSync(piece, { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } })
    const entry = Buffer.alloc(8)
    entry.writeUInt32LE(frame.length, 0)
    entry.writeUInt32LE(piece.length, 4)
    frames.push(frame)
    entries.push(entry)
  }
  const head = Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 0, 0, 0, 0])
  head.writeUInt32LE(entries.length * 8 + 9, 4)
  const footer = Buffer.from([0, 0, 0, 0, 0, 0xb1, 0xea, 0x92, 0x8f])
  footer.writeUInt32LE(entries.length, 0)
  return Buffer.concat([...frames, head, ...entries, footer])
}

export const wrappings: Readonly<Record<string, (image: Buffer) => Buffer>> = {
  plain: (image) => image,
  gzip: (image) => zlib.gzipSync(image),
  'gzip, stored blocks only': (image) => zlib.gzipSync(image, { level: 0 }),
  'gzip with a name in its header': (image) => {
    const packed = zlib.gzipSync(image)
    packed[3] = 0x08 | 0x04
    return Buffer.concat([
      packed.subarray(0, 10),
      Buffer.from([3, 0, 1, 2, 3]),
      Buffer.from('sda1.img\0'),
      packed.subarray(10),
    ])
  },
  'gzip with markers': withMarkers,
  'gzip, several members': (image) => byPieces(image, (piece) => zlib.gzipSync(piece, { level: 1 })),
  'gzip, many small members, then zeros': (image) => {
    const members: Buffer[] = []
    for (let at = 0; at < image.length; at += 50_000) {
      members.push(zlib.gzipSync(image.subarray(at, at + 50_000), { level: 1 }))
    }
    return Buffer.concat([...members, Buffer.alloc(300)])
  },
  zstd: (image) => through('zstd', ['-q', '-c', '-3'], image),
  'zstd, several frames': (image) => byPieces(image, (piece) => through('zstd', ['-q', '-c', '-1'], piece)),
  'zstd after a skipped frame': (image) =>
    Buffer.concat([skipped, through('zstd', ['-q', '-c'], image), skipped]),
  'zstd with a seek table': (image) => seekable(image, 500_000),
  xz: (image) => through('xz', ['-1', '-c', '-T1'], image),
  'xz, several blocks': (image) => through('xz', ['-1', '-c', '--block-size=1MiB'], image),
  'xz, several streams with padding': (image) =>
    byPieces(image, (piece) =>
      Buffer.concat([
        through('xz', ['-1', '-c', '--check=sha256', '--block-size=700KiB'], piece),
        Buffer.alloc(8),
      ]),
    ),
  lz4: (image) => through('lz4', ['-q', '-c', '-B4'], image),
  'lz4, linked blocks': (image) => through('lz4', ['-q', '-c', '-B4', '-BD'], image),
  'lz4, block checksums, several frames': (image) =>
    byPieces(image, (piece) =>
      Buffer.concat([skipped, through('lz4', ['-q', '-c', '-BX', '--content-size'], piece)]),
    ),
  'lz4 legacy': (image) => through('lz4', ['-q', '-c', '-l'], image),
  bzip2: (image) => through('bzip2', ['-c', '-9'], image),
  'bzip2, small blocks, several streams': (image) =>
    byPieces(image, (piece) => through('bzip2', ['-c', '-1'], piece)),
  zip: (image) => zip(image, []),
  'zip, stored': (image) => zip(image, ['-0', '-fz']),
}

/** The name says nothing of the wrapping. */
export function writeImage(folder: string, name: string, bytes: Buffer): string {
  const file = path.join(folder, name)
  fs.writeFileSync(file, bytes)
  return file
}

/** Like `split -b`: returns the parts. */
export function splitImage(
  folder: string,
  name: string,
  bytes: Buffer,
  partBytes: number,
  suffix: (part: number) => string,
): string[] {
  const count = Math.ceil(bytes.length / partBytes)
  return Array.from({ length: count }, (_, i) =>
    writeImage(folder, `${name}.${suffix(i)}`, bytes.subarray(i * partBytes, (i + 1) * partBytes)),
  )
}
