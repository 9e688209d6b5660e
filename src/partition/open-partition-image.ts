/** Opens a partition image of any format. */

import { ButcherError } from '../errors.ts'
import { checkFields, aPath, needed } from '../options/check-fields.ts'
import { ByteCursor, bytesFrom } from './byte-cursor.ts'
import { damagedImage } from './damaged-image.ts'
import { type ImageBytes, openPlain } from './image-bytes.ts'
import type { ImageLayout } from './image-layout.ts'
import { openFields } from './open-fields.ts'
import { OpenImage } from './open-image.ts'
import type { OpenPartitionOptions } from './open-options.ts'
import { partcloneMagic, readPartclone } from './partclone.ts'
import { partclone1Magic, readPartclone1 } from './partclone-1.ts'
import type { PartitionImage } from './partition-image.ts'

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
export async function openImage(path: string, options: OpenPartitionOptions): Promise<OpenImage> {
  const bytes = await openPlain(path)
  const cursor = new ByteCursor(bytesFrom(bytes, 0, { signal: options.signal }))
  const faults: string[] = []
  const onFault = (message: string): void => {
    if (options.ignoreChecksums !== true) throw damagedImage(message)
    faults.push(message)
  }
  try {
    const layout = await readLayout(cursor, bytes, onFault)
    const image = new OpenImage({ path, bytes, layout, faults, cursor, options })
    await image.prepare()
    return image
  } catch (error) {
    await cursor.close()
    await bytes.close()
    throw withPath(error, path)
  }
}

async function readLayout(
  cursor: ByteCursor,
  { size }: ImageBytes,
  onFault: (message: string) => void,
): Promise<ImageLayout> {
  const start = Buffer.from(await cursor.peek(34)).toString('latin1')
  const version = start.slice(30, 34)
  if (start.startsWith(partcloneMagic) && version === '0002') return readPartclone(cursor, size, onFault)
  if (start.startsWith(partclone1Magic) && version === '0001') return readPartclone1(cursor, size)
  if (start.startsWith(partclone1Magic)) throw damagedImage(`its version '${version}' is not known`)
  throw damagedImage('it is not an image of partclone, partimage or ntfsclone')
}

/** The readers of the formats do not know the path. */
function withPath(error: unknown, path: string): unknown {
  if (!(error instanceof ButcherError) || error.code !== 'damaged' || error.path !== undefined) return error
  const { message, hint, cause } = error
  return new ButcherError('damaged', `cannot read the partition image ${path}: ${message}`, {
    path,
    cause,
    ...(hint === undefined ? {} : { hint }),
  })
}
