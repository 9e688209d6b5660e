/**
 * Every reader of what a disc holds, as a function of bytes: it ends, and throws nothing but errors in words.
 */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { openCatalogFile, readMeta } from '../../src/catalog/read-catalog.ts'
import { list } from '../../src/commands/catalog/list.ts'
import { decodeBzip2 } from '../../src/compress/decode-bzip2.ts'
import { zstdFrames } from '../../src/compress/zstd-frames.ts'
import { checkBzip2 } from '../../src/compress/bzip2-scan.ts'
import { decrypt } from '../../src/crypto/decrypt.ts'
import { parseChunkFile } from '../../src/format/layout.ts'
import { parseLines } from '../../src/format/manifest.ts'
import { pathFromBytes, pathToBytes, showPath } from '../../src/format/path-text.ts'
import { TarReader } from '../../src/format/read-tar.ts'
import type { ImageBytes } from '../../src/image-bytes/image-bytes.ts'
import { openBytes } from '../../src/image-bytes/open-bytes.ts'
import { StoredParts } from '../../src/image-bytes/stored-parts.ts'
import { readXzBlocks } from '../../src/image-bytes/xz-index.ts'
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

/** A compressed image as a stream and by random access: if both are sound, they give the same bytes. */
async function readWrapped(bytes: Uint8Array): Promise<void> {
  // Not in the folder of the test, which looks for files that are left behind: it may be interrupted here.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wrapped-'))
  const file = path.join(folder, 'wrapped')
  fs.writeFileSync(file, bytes)
  let wrapped: ImageBytes | undefined
  try {
    wrapped = await openBytes([file], { cacheDir: folder })
    const pieces: Uint8Array[] = []
    for await (const piece of wrapped.stream()) pieces.push(Buffer.from(piece))
    const streamed = Buffer.concat(pieces)
    await wrapped.prepare()
    if (wrapped.size !== streamed.length) throw new Error('the stream has another size')
    for (const from of [0, streamed.length >> 1, Math.max(0, streamed.length - 100)]) {
      const into = Buffer.alloc(100)
      const some = into.subarray(0, await wrapped.readAt(from, into))
      if (!some.equals(streamed.subarray(from, from + 100))) throw new Error('the stream has other bytes')
    }
  } finally {
    await wrapped?.close()
    fs.rmSync(folder, { recursive: true })
  }
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
  'bzip2-ends': (bytes) => drain(checkBzip2(piecesOf(bytes))),
  'wrapped-gzip': readWrapped,
  'wrapped-lz4': readWrapped,
  'wrapped-zstd': readWrapped,
  'wrapped-zip': readWrapped,
  'xz-index': async (bytes, folder) => {
    const file = path.join(folder, 'image.xz')
    fs.writeFileSync(file, bytes)
    const stored = new StoredParts([file])
    try {
      for (const { offset, unpaddedBytes } of readXzBlocks(stored)) {
        if (offset + unpaddedBytes > stored.size) throw new Error('a block lies outside')
      }
    } finally {
      stored.close()
      fs.rmSync(file)
    }
  },
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
