/** A store in a folder of this machine. */

import fs from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { asButcherError, ButcherError, systemCode, throwIfAborted } from '../errors.ts'
import { makeFolder, removeFile, removeQuietly, renameDurably, syncFolder } from '../files/durable.ts'
import { NewFile } from '../files/new-file.ts'
import { showPath } from '../format/path-text.ts'
import { checkContent, readLocal } from './read-local.ts'
import { checkStorePath, isStorePath, uploadFolder } from './store-path.ts'
import type {
  Expected,
  GetOptions,
  ListOptions,
  Proof,
  PutOptions,
  Room,
  Sent,
  Store,
  StoredFile,
} from './store.ts'

export function openFolderStore(folder: string): Store {
  return new FolderStore(path.resolve(folder), folder)
}

class FolderStore implements Store {
  readonly name: string
  readonly abilities = { hash: true, move: true, ranges: true, room: true }
  readonly #root: string
  #puts = 0

  constructor(root: string, name: string) {
    this.#root = root
    this.name = name
  }

  async list(folder: string, { recursive = false, signal }: ListOptions = {}): Promise<StoredFile[]> {
    if (folder !== '') checkStorePath(folder)
    const found: StoredFile[] = []
    const open = [folder]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      throwIfAborted(signal)
      for (const entry of this.#entries(next)) {
        const inner = next === '' ? entry.name : `${next}/${entry.name}`
        if (!isStorePath(inner)) continue
        if (entry.isDirectory() && recursive) open.push(inner)
        const file = entry.isFile() ? this.#stat(inner) : undefined
        if (file) found.push(file)
      }
    }
    return found
  }

  async stat(file: string): Promise<StoredFile | undefined> {
    return this.#stat(file)
  }

  async put(localFile: string, file: string, expected: Expected, options?: PutOptions): Promise<Proof> {
    return (await this.send(localFile, file, expected, options)).settle()
  }

  /** Hashes the bytes as it writes them: `hash`. */
  async send(
    localFile: string,
    file: string,
    expected: Expected,
    { signal, guard }: PutOptions = {},
  ): Promise<Sent> {
    const final = this.#path(file)
    const failed = (error: unknown): ButcherError => {
      removeQuietly(temporary)
      return asButcherError(error, 'cannot write', showPath(final))
    }
    const temporary = path.join(
      this.#folder(path.join(this.#root, uploadFolder)),
      `${path.basename(final)}.${process.pid}.${++this.#puts}`,
    )
    removeQuietly(temporary)
    try {
      const written = new NewFile(temporary)
      try {
        for await (const piece of readLocal(localFile, signal)) {
          written.append(piece)
          await written.wait()
        }
        checkContent(localFile, await written.finish(), expected)
      } catch (error) {
        await written.drop()
        throw error
      }
    } catch (error) {
      throw failed(error)
    }
    const settle = async (): Promise<Proof> => {
      try {
        this.#folder(path.dirname(final))
        await guard?.()
        renameDurably(temporary, final)
        return 'hash'
      } catch (error) {
        throw failed(error)
      }
    }
    return { settle }
  }

  async note(localFile: string, file: string): Promise<void> {
    const final = this.#path(file)
    try {
      this.#folder(path.dirname(final))
      fs.copyFileSync(localFile, final)
    } catch (error) {
      throw asButcherError(error, 'cannot write', showPath(final))
    }
  }

  get(file: string, { offset = 0, length = Infinity, signal }: GetOptions = {}): Readable {
    const full = this.#path(file)
    async function* read(): AsyncGenerator<Buffer> {
      if (length <= 0) return
      try {
        const bytes = fs.createReadStream(full, {
          start: offset,
          end: offset + length - 1,
          highWaterMark: 1 << 18,
        })
        for await (const piece of bytes) {
          throwIfAborted(signal)
          yield piece as Buffer
        }
      } catch (error) {
        throw asButcherError(error, 'cannot read', showPath(full))
      }
    }
    return Readable.from(read(), { objectMode: false })
  }

  async move(from: string, to: string): Promise<void> {
    const [source, target] = [this.#path(from), this.#path(to)]
    try {
      this.#folder(path.dirname(target))
      renameDurably(source, target)
      syncFolder(path.dirname(source))
    } catch (error) {
      throw asButcherError(error, 'cannot rename', showPath(source))
    }
  }

  async remove(file: string): Promise<void> {
    const full = this.#path(file)
    try {
      removeFile(full)
      syncFolder(path.dirname(full))
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return
      throw asButcherError(error, 'cannot remove', showPath(full))
    }
  }

  async room(): Promise<Room> {
    try {
      const { blocks, bavail, bsize } = fs.statfsSync(this.#root)
      return blocks === 0
        ? { free: undefined, total: undefined }
        : { free: bavail * bsize, total: blocks * bsize }
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return { free: undefined, total: undefined }
      throw asButcherError(error, 'cannot read', showPath(this.#root))
    }
  }

  async close(): Promise<void> {}

  #path(file: string): string {
    checkStorePath(file)
    return path.join(this.#root, ...file.split('/'))
  }

  #entries(folder: string): fs.Dirent[] {
    const full = path.join(this.#root, folder)
    try {
      return fs.readdirSync(full, { withFileTypes: true })
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return []
      throw asButcherError(error, 'cannot read', showPath(full))
    }
  }

  #stat(file: string): StoredFile | undefined {
    const full = this.#path(file)
    try {
      const stat = fs.lstatSync(full)
      return stat.isFile() ? { path: file, bytes: stat.size, modified: stat.mtime } : undefined
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined
      throw asButcherError(error, 'cannot read', showPath(full))
    }
  }

  /** Makes `folder` and those above it, up to the store's root, durably. Returns it. */
  #folder(folder: string): string {
    if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder
    const outer = path.dirname(folder)
    if (outer === folder) throw new ButcherError('destination', `${showPath(folder)} is not a folder`)
    this.#folder(outer)
    makeFolder(folder)
    syncFolder(outer)
    return folder
  }
}
