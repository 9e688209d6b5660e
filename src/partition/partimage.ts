/** Images of partimage 0.6, as one stream: the volumes without their headers. */

import zlib from 'node:zlib'
import { ByteSum } from './byte-sum.ts'
import type { ByteCursor } from './byte-cursor.ts'
import type { GroupCheck } from './checksums.ts'
import { damagedImage } from './damaged-image.ts'
import { Fields } from './fields.ts'
import { framedLayout } from './framed-layout.ts'
import type { EndCheck, ImageLayout } from './image-layout.ts'
import { checkSizes } from './partclone.ts'
import type { Detail } from './partition-image.ts'
import { readBitMap } from './read-bit-map.ts'

const headBytes = 16_384
/** After so many data bytes: `CHK`, NUL, a CRC32 of them, and the position. */
const groupBytes = 65_536
const checkBytes = 16
const tailMagic = 'MAGIC-BEGIN-TAIL'
/** More than any partition table has. */
const mostRecords = 4096
const mostSkipped = 1 << 28

/** Reads the headers and the bitmap. `onFault` hears of a wrong checksum of a header; it may throw. */
export async function readPartimage(
  cursor: ByteCursor,
  onFault: (message: string) => void,
): Promise<ImageLayout> {
  const sum = new ByteSum()
  cursor.onRead = (bytes) => sum.add(bytes)
  const main = await header(cursor, 'the main header', onFault)
  const encryption = main.uint32(9800)
  if (encryption !== 0) throw damagedImage('it is encrypted, which butcher cannot read')
  await skipSections(cursor, main)
  await magic(cursor, 'MAGIC-BEGIN-LOCALHEADER')
  const local = await header(cursor, 'the header of the file system', onFault)
  const blockBytes = local.uint64(0, 'the size of a block')
  const usedByHeader = local.uint64(8, 'the number of used blocks')
  const blocks = local.uint64(16, 'the number of blocks')
  const bitmapBytes = local.uint64(24, 'the size of the bitmap')
  checkSizes({ blocks, blockBytes })
  if (bitmapBytes < Math.ceil(blocks / 8)) {
    throw damagedImage(`its bitmap has ${bitmapBytes} bytes for ${blocks} blocks`)
  }
  await magic(cursor, 'MAGIC-BEGIN-BITMAP')
  const { map } = await readBitMap(cursor, blocks)
  await skip(cursor, bitmapBytes - Math.ceil(blocks / 8), 'the bitmap')
  await magic(cursor, 'MAGIC-BEGIN-INFO')
  await header(cursor, 'the header of the blocks', onFault)
  await magic(cursor, 'MAGIC-BEGIN-DATABLOCKS')
  cursor.onRead = undefined
  const warnings =
    map.used === usedByHeader
      ? []
      : [`the header counts ${usedByHeader} used blocks, the bitmap has ${map.used}`]
  return framedLayout({
    facts: {
      format: 'partimage',
      version: main.text(9728, 64),
      tool: null,
      fileSystem: main.text(0, 512),
      deviceBytes: Math.max(main.uint64(9592, 'the size of the partition'), blocks * blockBytes),
      blockBytes,
      blocks,
      blocksUsed: map.used,
      checksum: 'crc32',
      checksumBlocks: Math.max(1, Math.floor(groupBytes / blockBytes)),
      warnings,
    },
    details: detailsOf(main, local),
    coverage: 'every byte',
    map,
    dataStart: cursor.position,
    groupBytes,
    checkBytes,
    hasLastCheck: false,
    endBytes: tailMagic.length + headBytes,
    newCheck: async () => chunkCheck(),
    endCheck: () => sumCheck(sum.total),
  })
}

/** A header of 16384 bytes, and its checksum: the sum of its bytes, taken as signed ones. */
async function header(cursor: ByteCursor, name: string, onFault: (message: string) => void): Promise<Fields> {
  const bytes = Buffer.from(await cursor.take(headBytes, name))
  const stored = new Fields(await cursor.take(4, name)).uint32(0)
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  if (signed.reduce((total, byte) => total + byte, 0) >>> 0 !== stored) {
    onFault(`${name} does not match its checksum`)
  }
  return new Fields(bytes)
}

async function magic(cursor: ByteCursor, text: string): Promise<void> {
  if (!(await takeIfNext(cursor, text))) throw damagedImage(`${text} is missing`)
}

async function takeIfNext(cursor: ByteCursor, text: string): Promise<boolean> {
  const next = Buffer.from(await cursor.peek(text.length)).toString('latin1')
  if (next === text) await cursor.take(text.length, text)
  return next === text
}

/** The boot records and the extensions between the main header and that of the file system. */
async function skipSections(cursor: ByteCursor, main: Fields): Promise<void> {
  if (await takeIfNext(cursor, 'MAGIC-BEGIN-MBRBACKUP')) {
    const [records, size] = [main.uint32(9792), main.uint32(9796)]
    if (records > mostRecords || size > 1 << 20) throw damagedImage('its boot records have no possible size')
    await skip(cursor, records * size, 'the boot records')
  }
  for (let i = 0; i < 10; i++) {
    if (!(await takeIfNext(cursor, `MAGIC-BEGIN-EXT00${i}`))) continue
    const size = new Fields(await cursor.take(4, 'an extension')).uint32(0)
    await skip(cursor, size, 'an extension')
  }
}

async function skip(cursor: ByteCursor, size: number, name: string): Promise<void> {
  if (size > mostSkipped) throw damagedImage(`${name} has ${size} bytes`)
  for (let left = size; left > 0;) {
    const bytes = await cursor.some(left)
    if (bytes.length === 0) throw damagedImage(`the image ends inside ${name}`)
    left -= bytes.length
  }
}

/** The CRC is the ordinary one, begun anew for each group. */
function chunkCheck(): GroupCheck {
  let crc = 0
  return {
    update: (data) => {
      crc = zlib.crc32(data, crc)
    },
    end: (stored) => {
      const isMark = stored[0] === 0x43 && stored[1] === 0x48 && stored[2] === 0x4b && stored[3] === 0
      const isMatch = isMark && crc === new Fields(stored).uint32(4)
      crc = 0
      return isMatch ? 'match' : 'mismatch'
    },
  }
}

/** The tail has the sum of all bytes of the stream, its own magic included. `before`: of the headers. */
function sumCheck(before: number): EndCheck {
  const sum = new ByteSum()
  sum.total = before
  return {
    update: (bytes) => sum.add(bytes),
    end: async (cursor) => {
      const start = await cursor.takeIfThere(tailMagic.length)
      if (!start || Buffer.from(start).toString('latin1') !== tailMagic) return `${tailMagic} is missing`
      sum.add(start)
      const stored = await cursor.takeIfThere(8)
      let rest = headBytes - 8
      for (let size = 1; stored && rest > 0 && size > 0; rest -= size) size = (await cursor.some(rest)).length
      if (!stored || rest > 0) return cursor.fault ?? 'the image ends inside its tail'
      return new Fields(stored).uint64(0, 'the sum of the image') === sum.total
        ? undefined
        : 'the bytes of the image do not have the sum that its end tells'
    },
  }
}

function detailsOf(main: Fields, local: Fields): Detail[] {
  const [second, minute, hour, day, month, year] = Array.from({ length: 6 }, (_, i) =>
    main.uint32(9548 + 4 * i),
  ) as [number, number, number, number, number, number]
  const two = (value: number): string => String(value).padStart(2, '0')
  const made = `${year + 1900}-${two(month + 1)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`
  const texts = [
    { name: 'label', value: local.text(40, 64) },
    { name: 'description', value: main.text(512, 4096) },
    { name: 'device', value: main.text(4608, 512) },
    { name: 'host', value: main.text(9600, 128) },
    { name: 'made', value: made },
  ]
  return texts.filter(({ value }) => value !== '')
}
