/**
 * A writer of small sets straight from docs/format.md, with gpg, bzip2 and the other programs themselves:
 * what the tests of restoring compare against is not butcher's own way of writing.
 */

import Database from 'better-sqlite3'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pack as tarPack, type Pack } from 'tar-stream'
import { catalogApplicationId, catalogVersion, tables, views } from '../../src/format/catalog-schema.ts'
import {
  catalogFile,
  checksumFile,
  chunkFile,
  chunkFolder,
  type Compression,
  destinationCatalogFile,
  discFolder,
  discLabel,
  stagedCatalogFile,
} from '../../src/format/layout.ts'
import { formatLine, manifestMember, type ManifestLine } from '../../src/format/manifest.ts'
import { memberName, partName } from '../../src/format/member-name.ts'
import { pathForCatalog } from '../../src/format/path-text.ts'
import { tarHeader } from '../../src/format/tar-header.ts'

interface TestMeta {
  /** Default 0o644, of a directory 0o755. */
  readonly mode?: number
  /** Nanoseconds, default 2026-01-02T03:04:05.123456789Z. */
  readonly mtime?: bigint
  /** Default the one who runs the tests. */
  readonly uid?: number
  readonly gid?: number
  readonly user?: string
  readonly group?: string
}

export type TestEntry = TestMeta &
  (
    | { readonly type: 'file'; readonly data: string | Uint8Array }
    | { readonly type: 'dir' | 'fifo' | 'socket' }
    /** A symlink's target, or the path that a hard link is another name of. */
    | { readonly type: 'symlink' | 'hardlink'; readonly link: string }
    | { readonly type: 'chardev' | 'blockdev'; readonly device: string }
  )

/** Paths as in src/format/path-text.ts; a plain string is a file of that content. */
export type TestTree = Readonly<Record<string, TestEntry | string>>

export interface TestBackup {
  readonly name?: string
  /** Everything that stands in the source, with its directories. */
  readonly tree: TestTree
  /** The source directory itself, default mode 0o755. */
  readonly root?: TestMeta
}

export interface TestSet {
  readonly backups: readonly TestBackup[]
  readonly setId?: string
  readonly hash?: 'sha256' | 'sha512'
  readonly passphrase?: string
  /** Files of public keys. */
  readonly recipients?: readonly string[]
  readonly compression?: Compression | ((chunk: number) => Compression)
  /** Source bytes of a chunk, default 1000; a larger file is stored in parts. */
  readonly chunkBytes?: number
  /** Default 2. */
  readonly chunksPerDisc?: number
  /** Each backup begins a new disc. */
  readonly discPerBackup?: boolean
  /** Discs of earlier backups keep the catalog they had then. */
  readonly olderCatalogs?: boolean
  /** Parts are stored from the last to the first. */
  readonly partsReversed?: boolean
  /** No catalog beside the disc folders. */
  readonly discsOnly?: boolean
  /** Cut compressed bz2 and gz chunks into several streams of so many tar bytes, default 700 of them. */
  readonly streamBytes?: number
  /** Of bz2 chunks, default 9: the blocks are so many times 100 kB. */
  readonly bzip2Level?: number
}

export interface MadeSet {
  readonly setId: string
  readonly destination: string
  /** Folders, disc 1 first. */
  readonly discs: readonly string[]
  /** Paths of the stored chunks, chunk 1 first. */
  readonly chunks: readonly string[]
  /** The destination's catalog as it stands there. */
  readonly catalog: string
  /** The newest catalog in plain, beside the destination. */
  readonly plainCatalog: string
}

export const defaultMtime = 1767323045_123456789n

/** Writes the set `description` under `destination`, which is created. */
export async function makeSet(destination: string, description: TestSet): Promise<MadeSet> {
  const writer = new SetWriter(destination, description)
  try {
    for (const backup of description.backups) await writer.addBackup(backup)
    return writer.finish()
  } finally {
    writer.close()
  }
}

/** `SHA256SUMS` of a disc folder, made again. */
export function writeChecksums(disc: string): void {
  const files = (fs.readdirSync(disc, { recursive: true, encoding: 'utf8' }) as string[])
    .filter((name) => name !== checksumFile && fs.statSync(path.join(disc, name)).isFile())
    .sort()
  const lines = files.map((name) => `${sha256(fs.readFileSync(path.join(disc, name)))}  ${name}\n`)
  fs.writeFileSync(path.join(disc, checksumFile), lines.join(''))
}

interface Row {
  readonly entry: TestEntry
  readonly signature: string
}

interface Open {
  readonly number: number
  readonly pack: Pack
  readonly pieces: Buffer[]
  readonly manifest: ManifestLine[]
  bytes: number
}

class SetWriter {
  private readonly destination: string
  private readonly set: TestSet
  private readonly scratch: string
  private readonly db: Database.Database
  private readonly setId: string
  private readonly chunkBytes: number
  private readonly chunks: string[] = []
  private readonly contentMember = new Map<number, string>()
  /** What was a directory in any backup. */
  private readonly folders = new Set<string>()
  private readonly backupLines: ManifestLine[] = []
  private before = new Map<string, Row>()
  private open: Open | undefined
  private backup = 0
  private disc = 0
  private chunksOnDisc = 0
  private discOfBackup = 0
  private nextInode = 1000n

  constructor(destination: string, set: TestSet) {
    this.destination = destination
    this.set = set
    this.setId = set.setId ?? '00112233445566778899aabbccddeeff'
    this.chunkBytes = set.chunkBytes ?? 1000
    fs.mkdirSync(destination, { recursive: true })
    this.scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'make-set-'))
    this.db = new Database(path.join(this.scratch, catalogFile))
    this.db.pragma('journal_mode = OFF')
    this.db.pragma('synchronous = OFF')
    this.db.exec(tables + views)
    this.db.pragma(`user_version = ${catalogVersion}`)
    this.db.pragma(`application_id = ${catalogApplicationId}`)
    const meta: Record<string, string | number> = {
      set: this.setId,
      created: Date.UTC(2026, 0, 1),
      hash: this.hash,
      encryption:
        set.passphrase !== undefined
          ? set.recipients
            ? 'both'
            : 'passphrase'
          : set.recipients
            ? 'recipients'
            : 'none',
      revision: 0,
      ...(set.passphrase !== undefined
        ? { check: this.encrypt(Buffer.from(this.setId)).toString('base64') }
        : {}),
      ...(set.recipients ? { recipients: '[]' } : {}),
    }
    for (const [key, value] of Object.entries(meta)) {
      this.db
        .prepare('INSERT INTO meta VALUES (?, ?)')
        .run(key, typeof value === 'number' ? BigInt(value) : value)
    }
  }

  async addBackup(backup: TestBackup): Promise<void> {
    const number = ++this.backup
    const started = Date.UTC(2026, 0, number, 12)
    this.db
      .prepare('INSERT INTO backup VALUES (?, ?, ?, NULL, ?, NULL, NULL)')
      .run(number, backup.name ?? null, started, '/source')
    this.backupLines.push({
      t: 'backup',
      number,
      name: backup.name ?? null,
      started,
      finished: null,
      source: '/source',
      files: null,
      bytes: null,
    })
    this.discOfBackup = this.disc
    const now = new Map<string, Row>()
    for (const [name, given] of Object.entries(backup.tree)) {
      const entry: TestEntry = typeof given === 'string' ? { type: 'file', data: given } : given
      const shown = {
        ...entry,
        data: 'data' in entry ? sha256(bytesOf(entry.data)) : null,
        mtime: String(entry.mtime),
      }
      now.set(name, { entry, signature: JSON.stringify(shown) })
    }
    for (const name of this.before.keys()) {
      if (!now.has(name)) {
        this.endRow(name)
        ;(await this.chunk()).manifest.push({ t: 'gone', path: name, backup: number })
      }
    }
    const fresh = [...now].filter(([name, row]) => this.before.get(name)?.signature !== row.signature)
    fresh.sort(([a], [b]) => (a < b ? -1 : 1))
    const order = (entry: TestEntry): number =>
      entry.type === 'hardlink' ? 2 : entry.type === 'file' ? 1 : 0
    fresh.sort(([, a], [, b]) => order(a.entry) - order(b.entry))
    for (const [name, row] of fresh) {
      if (this.before.has(name)) this.endRow(name)
      await this.addEntry(name, row.entry)
    }
    const root = { type: 'dir' as const, ...backup.root }
    const rootTime = root.mtime ?? defaultMtime
    this.db
      .prepare('INSERT INTO root(backup, mode, owner, mtime) VALUES (?, ?, ?, ?)')
      .run(number, modeOf(root), this.owner(root), rootTime)
    ;(await this.chunk()).manifest.push({
      t: 'root',
      backup: number,
      mode: modeOf(root),
      uid: root.uid ?? os.userInfo().uid,
      gid: root.gid ?? os.userInfo().gid,
      user: root.user ?? null,
      group: root.group ?? null,
      mtime: String(rootTime),
    })
    await this.seal()
    this.before = now
    const files = [...now.values()].filter((row) => row.entry.type === 'file')
    const bytes = files.reduce(
      (sum, { entry }) => sum + ('data' in entry ? bytesOf(entry.data).length : 0),
      0,
    )
    this.db
      .prepare('UPDATE backup SET finished = ?, files = ?, bytes = ? WHERE number = ?')
      .run(started + 60_000, files.length, bytes, number)
    this.db.prepare(`UPDATE meta SET value = value + 1 WHERE key = 'revision'`).run()
    this.writeCatalogs()
  }

  finish(): MadeSet {
    const plainCatalog = `${this.destination}.plain.sqlite`
    fs.rmSync(plainCatalog, { force: true })
    this.db.exec(`VACUUM INTO '${plainCatalog}'`)
    return {
      setId: this.setId,
      destination: this.destination,
      discs: Array.from({ length: this.disc }, (_, i) => path.join(this.destination, discFolder(i + 1))),
      chunks: this.chunks,
      catalog: path.join(this.destination, destinationCatalogFile(this.encrypted)),
      plainCatalog,
    }
  }

  close(): void {
    this.db.close()
    fs.rmSync(this.scratch, { recursive: true })
  }

  private get encrypted(): boolean {
    return this.set.passphrase !== undefined || this.set.recipients !== undefined
  }

  private get hash(): 'sha256' | 'sha512' {
    return this.set.hash ?? 'sha256'
  }

  private endRow(name: string): void {
    this.db
      .prepare('UPDATE entry SET last = ? WHERE path = ? AND last IS NULL')
      .run(this.backup - 1, pathForCatalog(name))
  }

  private async addEntry(name: string, entry: TestEntry): Promise<void> {
    if (entry.type === 'dir') this.folders.add(name)
    let content: number | null = null
    let member: string | null = null
    let size: number | null = null
    if (entry.type === 'file') {
      const data = bytesOf(entry.data)
      content = await this.store(name, entry, data)
      member = this.contentMember.get(content) as string
      size = data.length
    } else if (entry.type === 'hardlink') {
      const target = this.db
        .prepare('SELECT content, size FROM entry WHERE path = ? AND last IS NULL')
        .get(pathForCatalog(entry.link)) as { content: number | null; size: number | null }
      content = target.content
      member = content === null ? null : (this.contentMember.get(content) as string)
      size = target.size
    } else if (entry.type !== 'socket' && entry.type !== 'chardev' && entry.type !== 'blockdev') {
      await this.addMember({
        name: memberName(name, entry.type !== 'dir' && this.folders.has(name)),
        type: entry.type === 'dir' ? 'directory' : entry.type,
        ...('link' in entry ? { linkname: entry.link.toWellFormed() } : {}),
        ...this.headerOf(entry),
      })
    }
    const owner = this.owner(entry)
    const times = { mtime: entry.mtime ?? defaultMtime, ctime: defaultMtime, inode: this.nextInode++ }
    const row = {
      path: pathForCatalog(name),
      first: this.backup,
      type: entry.type,
      mode: modeOf(entry),
      owner,
      ...times,
      size,
      content,
      member: member === name ? null : member,
      link: 'link' in entry ? pathForCatalog(entry.link) : null,
      device: 'device' in entry ? entry.device : null,
    }
    this.db
      .prepare(
        `INSERT INTO entry(path, first, last, type, mode, owner, mtime, ctime, inode, size, content, member, link, device) VALUES
          (@path, @first, NULL, @type, @mode, @owner, @mtime, @ctime, @inode, @size, @content, @member, @link, @device)`,
      )
      .run(row)
    ;(await this.chunk()).manifest.push({
      t: 'entry',
      path: name,
      first: this.backup,
      type: entry.type,
      mode: row.mode,
      uid: entry.uid ?? os.userInfo().uid,
      gid: entry.gid ?? os.userInfo().gid,
      user: entry.user ?? null,
      group: entry.group ?? null,
      mtime: String(times.mtime),
      ctime: String(times.ctime),
      inode: String(times.inode),
      size,
      content,
      member: row.member,
      link: 'link' in entry ? entry.link : null,
      device: row.device,
    })
  }

  /** The id of the content, stored now or before. */
  private async store(name: string, entry: TestEntry, data: Buffer): Promise<number> {
    const hash = createHash(this.hash).update(data).digest()
    const known = this.db
      .prepare('SELECT id FROM content WHERE size = ? AND hash = ?')
      .pluck()
      .get(data.length, hash) as number | undefined
    if (known !== undefined) return known
    const parts = Math.max(1, Math.ceil(data.length / this.chunkBytes))
    const member = memberName(name, this.folders.has(name))
    if (parts === 1) await this.roomFor(data.length)
    const first = await this.chunk()
    const id = Number(
      this.db
        .prepare('INSERT INTO content (size, hash, parts, chunk) VALUES (?, ?, ?, ?)')
        .run(data.length, hash, parts, parts === 1 ? first.number : null).lastInsertRowid,
    )
    this.contentMember.set(id, member)
    if (parts === 1) {
      await this.addMember({ name: member, type: 'file', ...this.headerOf(entry) }, data)
    } else {
      const order = Array.from({ length: parts }, (_, i) => i + 1)
      if (this.set.partsReversed) order.reverse()
      for (const part of order) {
        const offset = (part - 1) * this.chunkBytes
        const piece = data.subarray(offset, offset + this.chunkBytes)
        await this.roomFor(piece.length)
        const chunk = await this.chunk()
        const digest = createHash(this.hash).update(piece).digest()
        this.db
          .prepare('INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)')
          .run(id, part, chunk.number, offset, piece.length, digest)
        chunk.manifest.push({
          t: 'part',
          content: id,
          part,
          chunk: chunk.number,
          offset,
          size: piece.length,
          hash: digest.toString('hex'),
        })
        await this.addMember(
          { name: partName(member, part, parts), type: 'file', ...this.headerOf(entry) },
          piece,
        )
      }
    }
    const last = await this.chunk()
    last.manifest.push({
      t: 'content',
      id,
      size: data.length,
      hash: hash.toString('hex'),
      parts,
      chunk: parts === 1 ? last.number : null,
    })
    return id
  }

  private headerOf(entry: TestEntry): {
    mode: number
    uid: number
    gid: number
    mtime: Date
    pax?: Record<string, string>
  } {
    const { mtime, pax } = tarHeader({
      name: '',
      type: 'file',
      size: 0,
      mode: 0,
      uid: 0,
      gid: 0,
      user: null,
      group: null,
      mtime: entry.mtime ?? defaultMtime,
    })
    return {
      mode: entry.type === 'dir' ? modeOf(entry) | 0o700 : modeOf(entry),
      uid: entry.uid ?? os.userInfo().uid,
      gid: entry.gid ?? os.userInfo().gid,
      mtime: new Date(mtime * 1000),
      ...(pax === undefined ? {} : { pax: pax as Record<string, string> }),
    }
  }

  private owner(entry: TestEntry): number {
    const values = [
      entry.uid ?? os.userInfo().uid,
      entry.gid ?? os.userInfo().gid,
      entry.user ?? null,
      entry.group ?? null,
    ]
    const known = this.db
      .prepare('SELECT id FROM owner WHERE uid = ? AND gid = ? AND user IS ? AND grp IS ?')
      .pluck()
      .get(...values) as number | undefined
    if (known !== undefined) return known
    const { lastInsertRowid } = this.db
      .prepare('INSERT INTO owner (uid, gid, user, grp) VALUES (?, ?, ?, ?)')
      .run(...values)
    return Number(lastInsertRowid)
  }

  private async roomFor(bytes: number): Promise<void> {
    if (this.open && this.open.bytes > 0 && this.open.bytes + bytes > this.chunkBytes) await this.seal()
    const chunk = await this.chunk()
    chunk.bytes += bytes
  }

  private async chunk(): Promise<Open> {
    if (this.open) return this.open
    const number = this.chunks.length + 1
    const begins = this.set.discPerBackup === true && this.disc === this.discOfBackup
    if (this.disc === 0 || begins || this.chunksOnDisc >= (this.set.chunksPerDisc ?? 2)) {
      this.db.prepare(`UPDATE disc SET state = 'sealed' WHERE number = ?`).run(this.disc)
      this.disc++
      this.chunksOnDisc = 0
      this.db
        .prepare('INSERT INTO disc(number, label, medium, capacity, bytes, state) VALUES (?, ?, ?, ?, 0, ?)')
        .run(this.disc, discLabel(this.setId, this.disc), '10MB', 10_000_000, 'open')
      fs.mkdirSync(path.join(this.destination, discFolder(this.disc), chunkFolder), { recursive: true })
    }
    this.chunksOnDisc++
    const pack = tarPack()
    const open: Open = { number, pack, pieces: [], manifest: [], bytes: 0 }
    pack.on('data', (piece) => void open.pieces.push(piece as Buffer))
    open.manifest.push(
      { t: 'chunk', format: 1, set: this.setId, chunk: number, disc: this.disc, backup: this.backup },
      ...this.backupLines,
    )
    this.open = open
    return open
  }

  private async addMember(
    header: Parameters<Pack['entry']>[0],
    data: Buffer = Buffer.alloc(0),
  ): Promise<void> {
    const { pack } = await this.chunk()
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null): void => (error ? reject(error) : resolve())
      if (header.type === 'file') pack.entry(header, data, done)
      else pack.entry(header, done)
    })
  }

  /** Ends the chunk in work: manifest, compression, encryption, the file, its row. */
  private async seal(): Promise<void> {
    const open = this.open
    if (!open) return
    const manifest = Buffer.from(open.manifest.map(formatLine).join(''))
    await this.addMember(
      { name: manifestMember(open.number), type: 'file', mode: 0o600, mtime: new Date(0) },
      manifest,
    )
    const ended = new Promise<void>((resolve) => void open.pack.on('end', () => resolve()))
    open.pack.finalize()
    await ended
    const tar = Buffer.concat(open.pieces)
    const wanted = this.set.compression ?? 'bz2'
    const compression = typeof wanted === 'function' ? wanted(open.number) : wanted
    const compressed = compress(
      tar,
      compression,
      this.set.streamBytes ?? Math.max(700, Math.ceil(tar.length / 3)),
      this.set.bzip2Level,
    )
    const stored = this.encrypted ? this.encrypt(compressed) : compressed
    const name = chunkFile(open.number, compression, this.encrypted)
    const file = path.join(this.destination, discFolder(this.disc), chunkFolder, name)
    fs.writeFileSync(file, stored)
    this.db
      .prepare('INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?)')
      .run(
        open.number,
        this.disc,
        name,
        stored.length,
        createHash('sha256').update(stored).digest(),
        this.backup,
      )
    this.db.prepare('UPDATE disc SET bytes = bytes + ? WHERE number = ?').run(stored.length, this.disc)
    this.chunks.push(file)
    this.open = undefined
  }

  private encrypt(data: Buffer): Buffer {
    return gpgEncrypt(data, this.set)
  }

  private writeCatalogs(): void {
    const copy = path.join(this.scratch, 'copy.sqlite')
    this.db.exec(`VACUUM INTO '${copy}'`)
    const plain = fs.readFileSync(copy)
    fs.rmSync(copy)
    const packed = compress(plain, 'bz2', plain.length)
    const stored = this.encrypted ? this.encrypt(packed) : packed
    if (!this.set.discsOnly) {
      const target = path.join(this.destination, destinationCatalogFile(this.encrypted))
      fs.writeFileSync(target, this.encrypted ? stored : plain)
    }
    for (let disc = 1; disc <= this.disc; disc++) {
      if (this.set.olderCatalogs && disc < this.discOfBackup) continue
      const folder = path.join(this.destination, discFolder(disc))
      fs.writeFileSync(path.join(folder, stagedCatalogFile(this.encrypted)), stored)
      writeChecksums(folder)
    }
  }
}

/** One OpenPGP message by gpg, as docs/format.md wants it. */
export function gpgEncrypt(
  data: Buffer,
  to: { readonly passphrase?: string; readonly recipients?: readonly string[] },
  extra: readonly string[] = ['--compress-algo', 'none'],
): Buffer {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'make-set-gpg-'))
  try {
    const input = path.join(home, 'input')
    fs.writeFileSync(input, data)
    const options = [
      '--homedir',
      home,
      '--batch',
      '--yes',
      '--quiet',
      '--no-autostart',
      '--cipher-algo',
      'AES256',
    ]
    options.push('--trust-model', 'always', '--pinentry-mode', 'loopback', ...extra)
    for (const recipient of to.recipients ?? []) options.push('--recipient-file', recipient)
    if (to.recipients) options.push('--encrypt')
    if (to.passphrase !== undefined) {
      options.push('--s2k-mode', '3', '--s2k-digest-algo', 'SHA256', '--s2k-count', '65536')
      options.push('--passphrase-fd', '0', '--symmetric')
    }
    const passphrase = to.passphrase === undefined ? {} : { input: `${to.passphrase}\n` }
    return execFileSync('gpg', [...options, '--output', '-', input], {
      ...passphrase,
      maxBuffer: 1e9,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
  } finally {
    fs.rmSync(home, { recursive: true, force: true })
  }
}

/** `data` compressed by the real program, as several streams end to end. */
export function compress(
  data: Buffer,
  compression: Compression,
  streamBytes: number,
  bzip2Level = 9,
): Buffer {
  if (compression === 'none') return data
  const program = { bz2: 'bzip2', gz: 'gzip', zstd: 'zstd', xz: 'xz' }[compression]
  const streams: Buffer[] = []
  for (let at = 0; at === 0 || at < data.length; at += streamBytes) {
    const input = data.subarray(at, at + streamBytes)
    const level = compression === 'bz2' ? [`-${bzip2Level}`] : []
    streams.push(execFileSync(program, ['-c', '-q', ...level], { input, maxBuffer: 1e9 }))
  }
  return Buffer.concat(streams)
}

const bytesOf = (data: string | Uint8Array): Buffer =>
  typeof data === 'string' ? Buffer.from(data) : Buffer.from(data)

const modeOf = (entry: TestEntry): number =>
  entry.mode ?? (entry.type === 'dir' ? 0o755 : entry.type === 'symlink' ? 0o777 : 0o644)

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex')
