import { sectorBytes } from '../format/medium.ts'
import { runXorriso } from './xorriso.ts'

/** Where a file lies on a disc. */
export interface Extent {
  /** Relative to the disc. */
  readonly name: string
  readonly offset: number
  readonly sizeBytes: number
}

/**
 * The files of an image or a burned disc, in the order of the disc; undefined where its directories cannot be read. A file of
 * 4 GiB or more has several extents.
 */
export async function fileExtents(address: string, signal?: AbortSignal): Promise<Extent[] | undefined> {
  const find = ['-find', '/', '-type', 'f', '-exec', 'report_lba', '--']
  const { output, told } = await runXorriso(['-no_rc', '-indev', address, ...find], signal)
  if (/: (FATAL|FAILURE) : /.test(told)) return undefined
  const lines = output.matchAll(/^File data lba:\s*\d+\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*, '(.*)'$/gm)
  const rest = new Map<string, number>()
  const extents = [...lines].map(([, lba, blocks, fileBytes, quoted]): Extent => {
    const name = (quoted as string).replace(/^\//, '').replaceAll(`'"'"'`, "'")
    const left = rest.get(name) ?? Number(fileBytes)
    const sizeBytes = Math.min(left, Number(blocks) * sectorBytes)
    rest.set(name, left - sizeBytes)
    return { name, offset: Number(lba) * sectorBytes, sizeBytes }
  })
  return extents.sort((a, b) => a.offset - b.offset)
}
