/**
 * The rescue files of reading an image or a drive: a copy with zeros for unreadable ranges, and a map of
 * them.
 */

import fs from 'node:fs'
import { asButcherError, ButcherError } from '../errors.ts'
import { imageAt } from '../media/disc-files.ts'
import { type ImageListener, readExtents, sectorBytes } from '../media/read-image.ts'
import type { ReadAt } from '../media/read-folder.ts'
import { SectorMap } from '../format/sector-map.ts'

export interface RescueFiles {
  /** The copy. It must not exist yet. */
  readonly save?: string
  /** The mapfile of ddrescue. It must not exist yet. */
  readonly map?: string
}

export class Rescue implements ImageListener {
  readonly #image: string
  readonly #files: RescueFiles
  readonly #map = new SectorMap()
  #copy: number | undefined
  #failure: ButcherError | undefined
  #isWhole = false

  /** Throws `exists` if a file exists, `io` if one cannot be created. */
  constructor(image: string, files: RescueFiles) {
    this.#image = image
    this.#files = files
    if (files.map !== undefined) fs.closeSync(create(files.map))
    try {
      if (files.save !== undefined) this.#copy = create(files.save)
    } catch (error) {
      if (files.map !== undefined) fs.rmSync(files.map, { force: true })
      throw error
    }
  }

  /** Writes each good range at once: the reading of files does not request it again. */
  readonly good = (offset: number, bytes: Uint8Array): void => {
    this.#map.record(offset, bytes.length, '+')
    if (this.#copy === undefined || this.#failure) return
    try {
      for (let done = 0; done < bytes.length;) {
        done += fs.writeSync(this.#copy, bytes, done, bytes.length - done, offset + done)
      }
    } catch (error) {
      this.#failure = asButcherError(error, 'cannot write', this.#files.save as string)
      throw this.#failure
    }
  }

  readonly bad = (offset: number, sizeBytes: number): void => this.#map.record(offset, sizeBytes, '-')

  /**
   * Reads everything outside files: directories and gaps. Then the copy and the map are complete. Returns the
   * number of unreadable bytes. Throws `no-space`, `io`, and errors of `checkStop`.
   */
  async finish(checkStop: () => void, readAt?: ReadAt): Promise<number> {
    const sizeBytes = sizeOf(this.#image)
    for (const gap of this.#map.gaps(sizeBytes)) {
      // Reads a file's last sector again, for the bytes after the end of the file.
      const offset = gap.offset - (gap.offset % sectorBytes)
      const extent = { offset, sizeBytes: gap.offset + gap.sizeBytes - offset }
      for await (const _ of readExtents(this.#image, [extent], readAt, this)) checkStop()
    }
    for (const gap of this.#map.gaps(sizeBytes)) this.bad(gap.offset, gap.sizeBytes) // cut off
    if (this.#copy !== undefined) {
      try {
        fs.ftruncateSync(this.#copy, sizeBytes)
        fs.fsyncSync(this.#copy)
      } catch (error) {
        throw asButcherError(error, 'cannot write', this.#files.save as string)
      }
    }
    if (this.#files.map !== undefined) {
      const comment = [
        '# Mapfile of GNU ddrescue, made by butcher verify',
        '# current_pos  current_status  current_pass',
      ]
      const [status, ...stretches] = this.#map.lines(sizeBytes)
      const lines = [...comment, status, '#      pos        size  status', ...stretches]
      try {
        fs.writeFileSync(this.#files.map, `${lines.join('\n')}\n`)
      } catch (error) {
        throw asButcherError(error, 'cannot write', this.#files.map)
      }
    }
    this.#isWhole = true
    return this.#map.badBytes
  }

  /** An incomplete copy would look like a complete one. */
  close(): void {
    if (this.#copy !== undefined) fs.closeSync(this.#copy)
    this.#copy = undefined
    if (this.#isWhole) return
    for (const file of [this.#files.save, this.#files.map]) {
      if (file !== undefined) fs.rmSync(file, { force: true })
    }
  }
}

function create(file: string): number {
  try {
    return fs.openSync(file, 'wx')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new ButcherError('exists', `${file} exists`, { path: file, hint: 'give another name' })
    }
    throw asButcherError(error, 'cannot write', file)
  }
}

/** The size in the image's header, or of an image file if that is longer. */
function sizeOf(image: string): number {
  const stat = fs.statSync(image)
  return Math.max(imageAt(image)?.sizeBytes ?? 0, stat.isFile() ? stat.size : 0)
}
