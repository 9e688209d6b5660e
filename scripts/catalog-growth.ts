/**
 * node scripts/catalog-growth.ts [FILES [BACKUPS [SHARE]]]: what a catalog takes of a million files, and
 * after nine more backups of which each changed one file in a hundred, all over the tree; in bytes as it is,
 * and packed and encrypted as on a disc.
 */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { manifestApplier } from '../src/catalog/apply-manifest.ts'
import { copyCatalog } from '../src/catalog/catalog-copy.ts'
import { createCatalog, setMeta } from '../src/catalog/working-catalog.ts'
import { compressor } from '../src/compress/compress.ts'
import { writeStagedCatalog } from '../src/disc/catalog-file.ts'
import { seededBytes, seededNumbers } from './bench/seeded.ts'

export interface CatalogSize {
  readonly backup: number
  /** Versions of paths. */
  readonly entries: number
  readonly plainBytes: number
  readonly packedBytes: number
}

const filesInFolder = 200
const filesInChunk = 25_000

/**
 * The sizes after the first and the last of `backups` backups of `files` files, of which each but the first
 * changed `share`.
 */
export async function* catalogSizes(
  files: number,
  backups: number,
  share: number,
): AsyncGenerator<CatalogSize> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'catalog-growth-'))
  try {
    const db = createCatalog(path.join(folder, 'catalog.sqlite'))
    const [next, noise] = [seededNumbers('growth'), seededBytes('growth')]
    setMeta(db, 'set', noise(16).toString('hex'))
    setMeta(db, 'hash', 'sha256')
    const apply = manifestApplier(db)
    let contents = 0
    const owner = { uid: 1000, gid: 1000, user: 'user', group: 'user' }
    const store = (number: number, first: number): void => {
      const folderNumber = Math.floor(number / filesInFolder)
      const name = `documents/folder-${String(folderNumber).padStart(5, '0')}/${String(number).padStart(7, '0')}-letter.txt`
      // Spread over ten years, as if written one by one: nothing of a time follows from that before.
      const time =
        BigInt(Math.floor(1.4e9 + next() * 3e8)) * 1_000_000_000n + BigInt(Math.floor(next() * 1e9))
      const size = Math.floor(100 * 10_000 ** next())
      const chunk = Math.ceil(++contents / filesInChunk)
      apply({ t: 'content', id: contents, size, hash: noise(32).toString('hex'), parts: 1, chunk })
      apply({
        t: 'entry', path: name, first, type: 'file', mode: 0o644, ...owner, mtime: String(time), ctime: String(time + 1_000_000n),
        inode: String(number + 12_345), size, content: contents, member: null, link: null, device: null,
      }) // prettier-ignore
    }
    for (let backup = 1; backup <= backups; backup++) {
      db.transaction(() => {
        for (let number = 0; number < files; number++)
          if (backup === 1 || next() < share) store(number, backup)
      })()
      if (backup !== 1 && backup !== backups) continue
      const copy = path.join(folder, `${backup}.sqlite`)
      copyCatalog(db, copy)
      const jobs = os.availableParallelism()
      const bzip2 = compressor('bz2', jobs)
      const { bytes } = await writeStagedCatalog(copy, `${copy}.packed`, bzip2, jobs, { passphrase: 'x' })
      await bzip2.close()
      const entries = db.prepare('SELECT count(*) FROM entry').pluck().get() as number
      yield { backup, entries, plainBytes: fs.statSync(copy).size, packedBytes: bytes }
      fs.rmSync(copy)
    }
    db.close()
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  const [files = 1_000_000, backups = 10, share = 0.01] = process.argv.slice(2).map(Number)
  for await (const { backup, entries, plainBytes, packedBytes } of catalogSizes(files, backups, share)) {
    const each = (bytes: number): string =>
      `${(bytes / 1e6).toFixed(1)} MB (${(bytes / entries).toFixed(1)} bytes each)`
    console.log(
      `${backup} backups, ${entries} versions of files: ${each(plainBytes)}, packed ${each(packedBytes)}`,
    )
  }
}
