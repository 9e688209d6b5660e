/** What is burned is read through before: a blank is not spent on a disc that went bad on the disk. */

import fs from 'node:fs/promises'
import { type Extent, fileExtents } from '../burn/extents.ts'
import { ButcherError } from '../errors.ts'
import type { Report } from '../events.ts'
import { showPath } from '../format/path-text.ts'
import type { DiscReader, Piece } from '../verify/disc-reader.ts'
import { type Finding, isDamage } from '../verify/finding.ts'
import { folderReader } from '../verify/read-folder.ts'
import { verifyDiscs } from '../verify/verify.ts'
import type { DiscSource } from './disc-source.ts'
import type { OpenSet } from './open-set.ts'

/** Throws `damaged` where a file of the folder, or of the image, is not what the catalog and SHA256SUMS say. */
export async function checkStaged(
  set: OpenSet,
  source: DiscSource,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<void> {
  const wrong: Finding[] = []
  const reader = source.folder === undefined ? await imageReader(source, signal) : folderReader(source.folder)
  await verifyDiscs({
    discs: [reader],
    catalog: { db: set.db, setId: set.setId },
    secrets: {},
    identify: () => source.row.number,
    onFile: (finding) => {
      if (isDamage(finding.status)) wrong.push(finding)
    },
    onLoss: () => {},
    report,
    signal,
  })
  const [first] = wrong
  if (first === undefined) return
  const more = wrong.length > 1 ? `, and ${wrong.length - 1} more` : ''
  throw new ButcherError(
    'damaged',
    `disc ${source.row.number} is not burned: ${showPath(first.name)} in ${showPath(reader.place)} is ${first.status}${more}`,
    { path: reader.place, hint: 'butcher verify tells more' },
  )
}

async function imageReader({ image }: DiscSource, signal: AbortSignal | undefined): Promise<DiscReader> {
  const extents = await fileExtents(`stdio:${image}`, signal)
  const files = new Map<string, Extent[]>()
  for (const extent of extents ?? []) files.set(extent.name, [...(files.get(extent.name) ?? []), extent])
  return {
    place: image,
    list: async () => ({
      files: [...files].map(([name, parts]) => ({
        name,
        sizeBytes: parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      })),
      unreadableFolders:
        extents === undefined ? [{ name: '', reason: 'its directories cannot be read' }] : [],
    }),
    read: (name) => readExtents(image, files.get(name) ?? []),
  }
}

async function* readExtents(image: string, extents: readonly Extent[]): AsyncGenerator<Piece> {
  const handle = await fs.open(image, 'r')
  try {
    const buffer = Buffer.allocUnsafeSlow(4 << 20)
    for (const { offset, sizeBytes } of extents) {
      for (let done = 0; done < sizeBytes;) {
        const wanted = Math.min(buffer.length, sizeBytes - done)
        const { bytesRead } = await handle.read(buffer, 0, wanted, offset + done)
        if (bytesRead === 0) return
        yield buffer.subarray(0, bytesRead)
        done += bytesRead
      }
    }
  } finally {
    await handle.close()
  }
}
