import { isImage } from './disc-files.ts'
import type { DiscReader } from './disc-reader.ts'
import { folderReader } from './read-folder.ts'
import { type ImageListener, imageReader } from './read-image.ts'

/** The reader of a disc's folder, its image, or the drive that it is in. */
export const readerOf = (place: string, listener?: ImageListener): DiscReader =>
  isImage(place) ? imageReader(place, listener) : folderReader(place)
