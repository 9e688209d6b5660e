/** Opens a partition image of any format. */

import { ButcherError } from '../errors.ts'
import { aPath, checkFields, needed } from '../options/check-fields.ts'
import { ByteCursor, bytesFrom } from './byte-cursor.ts'
import { damagedImage } from './damaged-image.ts'
import { findParts } from '../image-bytes/find-parts.ts'
import type { ImageBytes } from '../image-bytes/image-bytes.ts'
import { openBytes } from '../image-bytes/open-bytes.ts'
import { openPiped } from '../image-bytes/piped-bytes.ts'
import type { ImageLayout } from './image-layout.ts'
import { openFields } from './open-fields.ts'
import { OpenImage, withPath } from './open-image.ts'
import type { OpenPartitionOptions } from './open-options.ts'
import { partcloneMagic, readPartclone } from './partclone.ts'
import { partclone1Magic, readPartclone1 } from './partclone-1.ts'
import { ntfscloneMagic, readNtfsclone } from './ntfsclone.ts'
import { readPartimage } from './partimage.ts'
import type { PartitionImage } from './partition-image.ts'
import { volumeMagic, Volumes } from './volumes.ts'

const fields = { ...openFields, path: needed(aPath) }

/**
 * Opens an image of partclone, partimage or ntfsclone. `path`: the image, the first of its parts, or `-` for
 * stdin. Throws `damaged` for anything else and for a header or bitmap that is wrong, `io`, `usage`.
 */
export async function openPartitionImage(
  path: string,
  options: OpenPartitionOptions = {},
): Promise<PartitionImage> {
  checkFields('openPartitionImage', fields, { ...options, path })
  return openImage(path, options)
}

/** The same, for the commands. */
export const openImage = async (path: string, options: OpenPartitionOptions): Promise<OpenImage> =>
  openImageOf(await openImageBytes(path, options), path, options)

/** An image that a program writes to `input` just now. Its blocks can be read once. */
export const openImageStream = async (
  input: AsyncIterable<Uint8Array>,
  name: string,
  options: OpenPartitionOptions,
): Promise<PartitionImage> => openImageOf(await openPiped(input, name, options), name, options)

async function openImageOf(
  bytes: ImageBytes,
  path: string,
  options: OpenPartitionOptions,
): Promise<OpenImage> {
  const cursor = new ByteCursor(bytesFrom(bytes, 0, { reuse: true, signal: options.signal }))
  const faults: string[] = []
  const onFault = (message: string): void => {
    if (options.ignoreChecksums !== true) throw damagedImage(message)
    faults.push(message)
  }
  try {
    const layout = await readLayout(cursor, bytes, onFault)
    return new OpenImage({ path, bytes, layout, faults, cursor, options })
  } catch (error) {
    await cursor.close()
    await bytes.close()
    throw withPath(error, path)
  }
}

/** The parts of a split image are one stream; each volume of partimage has a header of its own. */
async function openImageBytes(path: string, options: OpenPartitionOptions): Promise<ImageBytes> {
  if (path === '-') return openBytes('stdin', options)
  const parts = await findParts(path)
  const first = await openBytes(parts.slice(0, 1), options)
  if (!(await isVolume(first, options.signal))) {
    if (parts.length === 1) return first
    await first.close()
    return openBytes(parts, options)
  }
  const volumes = [first]
  try {
    for (const part of parts.slice(1)) volumes.push(await openBytes([part], options))
  } catch (error) {
    for (const volume of volumes) await volume.close()
    throw error
  }
  return new Volumes(volumes)
}

/** A part of a compressed stream may end anywhere after its first bytes. A pipe has no second reading. */
async function isVolume(bytes: ImageBytes, signal: AbortSignal | undefined): Promise<boolean> {
  if (bytes.storedBytes === 0) return false
  const cursor = new ByteCursor(bytes.stream(signal))
  try {
    return Buffer.from(await cursor.peek(volumeMagic.length)).toString('latin1') === volumeMagic
  } catch (error) {
    if (error instanceof ButcherError && error.code === 'damaged') return false
    throw error
  } finally {
    await cursor.close()
  }
}

async function readLayout(
  cursor: ByteCursor,
  bytes: ImageBytes,
  onFault: (message: string) => void,
): Promise<ImageLayout> {
  const { size } = bytes
  if (bytes instanceof Volumes) return readPartimage(cursor, onFault)
  const start = Buffer.from(await cursor.peek(34)).toString('latin1')
  const version = start.slice(30, 34)
  if (start.startsWith(partcloneMagic) && version === '0002') return readPartclone(cursor, bytes, onFault)
  if (start.startsWith(partclone1Magic) && version === '0001') return readPartclone1(cursor, size)
  if (start.startsWith(ntfscloneMagic)) return readNtfsclone(cursor)
  if (start.startsWith(volumeMagic)) {
    throw damagedImage('partimage images cannot come from a pipe', 'save the image to a file first')
  }
  if (start.startsWith(partclone1Magic)) throw damagedImage(`its version '${version}' is not known`)
  throw damagedImage('it is not an image of partclone, partimage or ntfsclone')
}
