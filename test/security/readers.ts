/** Every reader of what a disc holds, as a function of bytes: it ends, and throws nothing but errors in words. */

import fs from 'node:fs'
import path from 'node:path'
import { openCatalogFile, readMeta } from '../../src/catalog/read-catalog.ts'
import { list } from '../../src/commands/catalog/list.ts'
import { decodeBzip2 } from '../../src/compress/decode-bzip2.ts'
import { zstdFrames } from '../../src/compress/zstd-frames.ts'
import { decrypt } from '../../src/crypto/decrypt.ts'
import { parseChunkFile } from '../../src/format/layout.ts'
import { parseLines } from '../../src/format/manifest.ts'
import { pathFromBytes, pathToBytes, showPath } from '../../src/format/path-text.ts'
import { TarReader } from '../../src/format/read-tar.ts'
import { firstDescriptor, readDirectory, sectorBytes } from '../../src/media/iso9660.ts'
import { createPlan } from '../../src/restore/plan-tables.ts'
import { makePlan } from '../../src/restore/plan.ts'

export type Reader = (bytes: Uint8Array, folder: string) => Promise<void>

async function* piecesOf(data: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += 700) yield data.subarray(at, at + 700)
}

async function drain(pieces: AsyncIterable<unknown>): Promise<void> {
  for await (const piece of pieces) void piece
}

export const readers: Readonly<Record<string, Reader>> = {
  tar: async (bytes) => {
    let open = false
    const reader = new TarReader({
      begin: () => (open = true),
      data: () => {
        if (!open) throw new Error('data of no member')
      },
      hole: (length) => {
        if (length < 0) throw new Error('a hole of less than nothing')
      },
      end: () => {
        open = false
      },
    })
    for await (const piece of piecesOf(bytes)) reader.feed(piece)
  },
  manifest: async (bytes) => {
    for (const line of parseLines(bytes)) void line
  },
  // What an image has behind its first 16 sectors, which nothing looks at.
  image: async (bytes) => {
    const image = Buffer.from(bytes)
    const directory = readDirectory((buffer, offset) => {
      const at = offset - firstDescriptor * sectorBytes
      return at < 0 ? 0 : image.copy(buffer, 0, Math.min(at, image.length), at + buffer.length)
    })
    for (const [name, entry] of directory?.entries ?? []) {
      if (/^\/|(^|\/)\.\.?(\/|$)|\0/.test(name)) throw new Error('a name leads elsewhere')
      if (entry.kind !== 'file') continue
      const sizeBytes = entry.extents.reduce((sum, extent) => sum + extent.sizeBytes, 0)
      if (sizeBytes !== entry.sizeBytes) throw new Error('a file is not as long as it is')
    }
  },
  openpgp: (bytes) => drain(decrypt(piecesOf(bytes), { passphrase: 'x' }, 'it')),
  zstd: (bytes) => drain(zstdFrames(piecesOf(bytes))),
  bzip2: (bytes) => drain(decodeBzip2(piecesOf(bytes))),
  names: async (bytes) => {
    const name = pathFromBytes(Buffer.from(bytes))
    if (!pathToBytes(name).equals(Buffer.from(bytes))) throw new Error('a name is not what it was')
    // oxlint-disable-next-line no-control-regex
    if (/[\x00-\x1f\x7f-\x9f]/.test(showPath(name))) throw new Error('a name is shown with controls')
    parseChunkFile(name)
  },
  catalog: async (bytes, folder) => {
    const file = path.join(folder, 'catalog.sqlite')
    fs.writeFileSync(file, bytes)
    const db = openCatalogFile(file)
    const plan = createPlan(path.join(folder, 'plan.sqlite'))
    try {
      readMeta(db, file)
      for (const entry of list(db).entries) void entry
      const all = {
        backup: 1,
        chosen: () => true,
        ownerOf: ({ uid, gid }: { uid: number; gid: number }) => ({ uid, gid }),
      }
      makePlan(db, plan, all, () => {})
    } finally {
      db.close()
      plan.close()
      fs.rmSync(path.join(folder, 'plan.sqlite'), { force: true })
    }
  },
}
