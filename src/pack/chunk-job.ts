/**
 * A job: everything that a worker on any host needs to pack one chunk. Its text is JSON. In an encrypted set
 * all of it is sealed, because it names files.
 */

import path from 'node:path'
import zlib from 'node:zlib'
import type { EncryptionKeys, MessageSession, RecipientKey } from '../crypto/encrypt.ts'
import { openBox, sealBox } from '../crypto/sealed-box.ts'
import { ButcherError } from '../errors.ts'
import { type Compression, parseChunkFile } from '../format/layout.ts'
import type { ManifestLine } from '../format/manifest.ts'
import type { SourceTree } from '../format/source-tree.ts'
import type { PackItem } from './item.ts'

const version = 1

export interface ChunkJob {
  /** The set, and the run of backup that planned the job. */
  readonly set: string
  readonly run: string
  readonly chunk: number
  readonly disc: number
  readonly backup: number
  /** The name of the chunk on its disc. */
  readonly name: string
  readonly compression: Compression
  readonly hash: 'sha256' | 'sha512'
  readonly source: SourceTree
  /** The folder that takes the chunk and its manifest. */
  readonly folder: string
  /** The most bytes that the chunk takes. */
  readonly mostBytes: number
  /** The first lines of its manifest. */
  readonly head: readonly ManifestLine[]
  readonly items: readonly PackItem[]
  readonly keys?: JobKeys
}

/** The keys of a job in an encrypted set. */
export interface JobKeys {
  /** With a passphrase: the session keys of chunk and record. Otherwise the worker makes its own. */
  readonly chunk: EncryptionKeys
  readonly record: EncryptionKeys
  /** Seals the manifest for the host that planned the job. */
  readonly manifest: Uint8Array
}

/** A job whose text needs another key, or any key at all. */
const wrongKey = (file: string, isGiven: boolean): ButcherError =>
  new ButcherError('key', `the job ${file} is sealed ${isGiven ? 'by another key' : 'by a worker key'}`, {
    path: file,
    hint: 'give --worker-key with the key file of the backup',
  })

/** Plain JSON without `key`. */
export function jobText(job: ChunkJob, key: Uint8Array | undefined): string {
  const text = JSON.stringify(toPlainJob(job), null, key ? undefined : 1)
  const facts = { butcher: 'chunk-job', version }
  if (!key) return `{"butcher":"chunk-job","version":${version},"job":${text}}\n`
  const sealed = sealBox(key, zlib.zstdCompressSync(text)).toString('base64')
  return `${JSON.stringify({ ...facts, sealed })}\n`
}

/** Throws `key`, or `damaged` if it is no job. `file` is its name in messages. */
export function readJob(text: string, key: Uint8Array | undefined, file: string): ChunkJob {
  const bad = (why: string): ButcherError =>
    new ButcherError('damaged', `${file} is not a job of butcher: ${why}`, { path: file })
  const outer = parsed(text) ?? {}
  if (outer.butcher !== 'chunk-job') throw bad('it has other content')
  if (outer.version !== version) throw bad(`its version is ${String(outer.version)}, not ${version}`)
  let inner = outer.job
  if (typeof outer.sealed === 'string') {
    const plain = key && openBox(key, Buffer.from(outer.sealed, 'base64'))
    if (!plain) throw wrongKey(file, key !== undefined)
    inner = parsed(zlib.zstdDecompressSync(plain).toString())
  }
  try {
    return fromPlainJob(inner as PlainJob)
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error))
  }
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

interface PlainKeys {
  readonly recipients?: readonly RecipientKey[]
  readonly session?: { readonly key: string; readonly packets: string }
}

type PlainItem = Omit<PackItem, 'mtime' | 'ctime' | 'inode'> & {
  readonly mtime: string
  readonly ctime: string
  readonly inode: string
}

type PlainJob = Omit<ChunkJob, 'items' | 'keys'> & {
  readonly items: readonly PlainItem[]
  readonly keys?: { readonly chunk: PlainKeys; readonly record: PlainKeys; readonly manifest: string }
}

const toPlainJob = ({ keys, ...job }: ChunkJob): PlainJob => ({
  ...job,
  items: job.items.map((item) => ({
    ...item,
    mtime: String(item.mtime),
    ctime: String(item.ctime),
    inode: String(item.inode),
  })),
  ...(keys && {
    keys: {
      chunk: toPlainKeys(keys.chunk),
      record: toPlainKeys(keys.record),
      manifest: base64(keys.manifest),
    },
  }),
})

function fromPlainJob(plain: PlainJob): ChunkJob {
  const { chunk, name, folder, items, keys } = plain
  const named = typeof name === 'string' ? parseChunkFile(name) : undefined
  if (named?.chunk !== chunk) throw new Error('the name of its chunk is wrong')
  if (named.encrypted !== (keys !== undefined)) throw new Error('its keys are missing')
  if (typeof folder !== 'string' || !path.isAbsolute(folder)) throw new Error('it names no folder')
  if (!Array.isArray(plain.head) || !Array.isArray(items)) throw new Error('it has no list of files')
  if (items.some((item) => !isInside(item.path))) throw new Error('a path leads out of the source')
  return {
    ...plain,
    items: items.map((item) => ({
      ...item,
      mtime: BigInt(item.mtime),
      ctime: BigInt(item.ctime),
      inode: BigInt(item.inode),
    })),
    keys: keys && {
      chunk: fromPlainKeys(keys.chunk),
      record: fromPlainKeys(keys.record),
      manifest: Buffer.from(keys.manifest, 'base64'),
    },
  } as ChunkJob
}

const isInside = (name: unknown): boolean =>
  typeof name === 'string' && !name.startsWith('/') && !name.split('/').includes('..')

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const toPlainKeys = ({ recipients, session }: EncryptionKeys): PlainKeys => ({
  ...(recipients && { recipients }),
  ...(session && { session: { key: base64(session.key), packets: base64(session.packets) } }),
})

function fromPlainKeys({ recipients, session }: PlainKeys): EncryptionKeys {
  const made: MessageSession | undefined = session && {
    key: Buffer.from(session.key, 'base64'),
    packets: Buffer.from(session.packets, 'base64'),
  }
  return { ...(recipients && { recipients }), ...(made && { session: made }) }
}
