/** The special images of ntfsclone: a record for each cluster that is stored, or for a run of absent ones. */

import type { ByteCursor } from './byte-cursor.ts'
import { damagedImage } from './damaged-image.ts'
import { Fields } from './fields.ts'
import type { ImageLayout } from './image-layout.ts'
import { checkSizes } from './partclone.ts'

export const ntfscloneMagic = '\0ntfsclone-image'
const headerBytes = 50
/** NTFS has clusters of 512 bytes to 2 MiB. */
const mostClusterBytes = 2 << 20
const mostHeaderBytes = 1 << 20

/** Reads the header. The records follow; only they tell which clusters are stored. */
export async function readNtfsclone(cursor: ByteCursor): Promise<ImageLayout> {
  const bytes = Buffer.from(await cursor.take(headerBytes, 'its header'))
  const [major, minor] = [bytes[16] as number, bytes[17] as number]
  // Before 10.0 these bytes are the version of NTFS, and the numbers are in the order of the machine.
  const isOld = major < 10
  if (major > 10) throw damagedImage(`its version ${major}.${minor} is not known`, 'get a newer butcher')
  const bigEndian =
    isOld && !isPossible(new Fields(bytes)) && isPossible(new Fields(bytes, { bigEndian: true }))
  const fields = new Fields(bytes, { bigEndian })
  if (!isPossible(fields)) throw damagedImage('its header has no possible numbers')
  const { blockBytes, deviceBytes, clusters } = sizesOf(fields)
  checkSizes({ blocks: clusters, blockBytes })
  const dataStart = isOld ? 56 : fields.uint32(46)
  if (dataStart < headerBytes || dataStart > mostHeaderBytes) {
    throw damagedImage(`its blocks begin at byte ${dataStart}`)
  }
  await cursor.take(dataStart - headerBytes, 'its header')
  const used = Math.min(clusters, fields.uint64(38, 'the number of used clusters'))
  // The boot sector's copy, in a cluster that the device may cut.
  const tailBytes = !isOld && minor >= 1 ? Math.min(blockBytes, deviceBytes - clusters * blockBytes) : 0
  const warnings = ['ntfsclone images have no checksums: damage of blocks cannot be found']
  if (bigEndian) warnings.push('a big-endian machine wrote this image')
  return {
    facts: {
      format: 'ntfsclone',
      version: `${major}.${minor}`,
      tool: null,
      fileSystem: 'NTFS',
      deviceBytes,
      blockBytes,
      blocks: clusters,
      blocksUsed: used,
      checksum: 'none',
      checksumBlocks: 0,
      warnings,
    },
    details: isOld ? [{ name: 'form', value: `before 10.0, of an NTFS ${major}.${minor} volume` }] : [],
    coverage: 'nothing',
    framing: { groupBytes: blockBytes, checkBytes: 1 },
    usedBytes: used * blockBytes + tailBytes,
    imageBytes: undefined,
    content: { kind: 'records', dataStart, clusters, tailBytes, bigEndian },
  }
}

interface Sizes {
  readonly blockBytes: number
  readonly deviceBytes: number
  readonly clusters: number
}

const sizesOf = (fields: Fields): Sizes => ({
  blockBytes: fields.uint32(18),
  deviceBytes: fields.uint64(22, 'the size of the device'),
  clusters: fields.uint64(30, 'the number of clusters'),
})

function isPossible(fields: Fields): boolean {
  try {
    const { blockBytes, deviceBytes, clusters } = sizesOf(fields)
    const isPower =
      blockBytes >= 256 && blockBytes <= mostClusterBytes && (blockBytes & (blockBytes - 1)) === 0
    return isPower && clusters > 0 && clusters * blockBytes <= deviceBytes
  } catch {
    return false // a number that no partition has
  }
}
