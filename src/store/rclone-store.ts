/** A store on a remote of rclone. */

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { ButcherError } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { keepIdle } from './idle-daemons.ts'
import type { Patience } from './patience.ts'
import { type RcloneDaemon, storeRemote } from './rclone-daemon.ts'
import { Trouble } from './rclone-error.ts'
import { proveUpload, type Proving, WrongContent } from './prove-upload.ts'
import { fileOf, filesOf } from './rclone-files.ts'
import type { Nature } from './rclone-nature.ts'
import { showPlace } from './rclone-place.ts'
import { checkSize, digestLocal } from './read-local.ts'
import { readStretches } from './read-stretches.ts'
import { checkStorePath, uploadFolder } from './store-path.ts'
import type {
  Abilities,
  Expected,
  GetOptions,
  ListOptions,
  Proof,
  PutOptions,
  Room,
  Sent,
  Store,
  StoredFile,
  Stoppable,
} from './store.ts'

/** A file that arrives wrong is sent so often. */
const mostSendings = 3
/** The removal of a failed upload does not wait for a store that is away. */
const cleanupMs = 5000

export class RcloneStore implements Store {
  readonly name: string
  readonly abilities: Abilities
  readonly #shown: string
  readonly #key: string
  readonly #daemon: RcloneDaemon
  readonly #patience: Patience
  readonly #nature: Nature
  readonly #proving: Proving
  /** Names of uploads begin with it: they are of this run. */
  readonly #run = randomBytes(4).toString('hex')
  #puts = 0
  /**
   * Whether a rename may replace a file in one step. WebDAV refuses that: then rclone removes the older
   * file.
   */
  #replaces = true

  constructor(
    name: string,
    key: string,
    daemon: RcloneDaemon,
    patience: Patience,
    nature: Nature,
    sizeIsProof: boolean,
  ) {
    this.name = name
    this.#key = key
    this.#shown = showPlace(name)
    this.#daemon = daemon
    this.#patience = patience
    this.#nature = nature
    this.#proving = {
      hashType: nature.hashType,
      sizeIsProof,
      item: (file, opt, signal) => this.#item(file, opt, signal),
      get: (file, options) => this.get(file, options),
    }
    const { hash, move, ranges, room } = nature
    this.abilities = { hash, move, ranges, room }
  }

  async list(folder: string, { recursive = false, signal }: ListOptions = {}): Promise<StoredFile[]> {
    if (folder !== '') checkStorePath(folder)
    const opt = { recurse: recursive, filesOnly: true, noMimeType: true }
    const answer = await this.#callIfThere(
      'operations/list',
      { remote: folder, opt },
      `cannot list ${this.#shown}`,
      signal,
    )
    return filesOf(answer?.['list'], folder, recursive)
  }

  async stat(file: string, { signal }: Stoppable = {}): Promise<StoredFile | undefined> {
    return fileOf(await this.#item(file, {}, signal))
  }

  async put(localFile: string, file: string, expected: Expected, options?: PutOptions): Promise<Proof> {
    return (await this.send(localFile, file, expected, options)).settle()
  }

  async send(localFile: string, file: string, expected: Expected, options: PutOptions = {}): Promise<Sent> {
    checkStorePath(file)
    const local = path.resolve(localFile)
    const { hashType, isUploadedApart } = this.#nature
    const { guard, signal } = options
    if (!isUploadedApart) {
      const digest = await digestLocal(local, hashType, expected, signal)
      const settle = async (): Promise<Proof> =>
        (await this.#bring(local, file, () => file, expected, { digest, guard, signal })).proof
      return { settle }
    }
    checkSize(local, expected)
    const { at, proof } = await this.#bring(local, file, () => this.#uploadName(file), expected, { signal })
    const settle = async (): Promise<Proof> => {
      try {
        await guard?.()
        await this.move(at, file, options)
        return proof
      } catch (error) {
        await this.#dropUpload(at, file, error)
        throw error
      }
    }
    return { settle }
  }

  async note(localFile: string, file: string, { signal }: Stoppable = {}): Promise<void> {
    checkStorePath(file)
    await this.#upload(path.resolve(localFile), file, signal)
  }

  /** Uploads a file to the name that `nameNow` gives, until its content is right there. */
  async #bring(
    local: string,
    file: string,
    nameNow: () => string,
    expected: Expected,
    { digest, guard, signal }: PutOptions & { readonly digest?: string },
  ): Promise<{ readonly at: string; readonly proof: Proof }> {
    for (let sendings = 1; ; sendings++) {
      const at = nameNow()
      try {
        await guard?.()
        await this.#upload(local, at, signal)
        return { at, proof: await proveUpload(this.#proving, { local, at, expected, digest, signal }) }
      } catch (error) {
        await this.#dropUpload(at, file, error)
        if (!(error instanceof WrongContent)) throw error
        if (sendings >= mostSendings) throw this.#wrong(file, error)
      }
    }
  }

  get(file: string, { offset = 0, length, signal }: GetOptions = {}): Readable {
    checkStorePath(file)
    const doing = `cannot read ${this.#at(file)}`
    const open = (first: number, last: number | undefined): ReturnType<RcloneDaemon['open']> =>
      this.#daemon.open(file, first, last, signal)
    const sizeNow = async (): Promise<number | undefined> => (await this.stat(file, { signal }))?.bytes
    return readStretches(open, { offset, length, doing, signal }, this.#patience, sizeNow)
  }

  async move(from: string, to: string, { signal }: Stoppable = {}): Promise<void> {
    checkStorePath(from)
    checkStorePath(to)
    const doing = `cannot rename ${this.#at(from)}`
    const files = { srcFs: storeRemote, srcRemote: from, dstFs: storeRemote, dstRemote: to }
    const rename = (mayReplace: boolean): Promise<unknown> =>
      this.#daemon.call('operations/movefile', { ...files, _config: this.#config(mayReplace) }, signal)
    let tries = 0
    await this.#patience.try(doing, signal, async () => {
      try {
        tries++
        await rename(this.#replaces).catch((error: unknown) => {
          const isRefused = error instanceof Trouble && error.kind === 'passing'
          if (!this.#replaces || !isRefused) throw error
          this.#replaces = false
          return rename(false)
        })
      } catch (error) {
        if (!(error instanceof Trouble) || error.kind !== 'missing') throw error
        // An earlier try has moved it, but its answer was lost.
        if (tries > 1 && (await this.stat(to, { signal })) && !(await this.stat(from, { signal }))) return
        throw new ButcherError('io', `${doing}: no such file`, { path: from, cause: error })
      }
    })
  }

  /**
   * Without `IgnoreTimes` rclone takes equal sizes and times for equal files, and sends nothing.
   * `NoCheckDest` saves a question, and keeps rclone from removing an older file before it moves the new one.
   */
  #config(isUnchecked: boolean): object {
    return { IgnoreTimes: true, NoCheckDest: isUnchecked && !this.#nature.hasDuplicates }
  }

  async remove(file: string, { signal }: Stoppable = {}): Promise<void> {
    checkStorePath(file)
    await this.#callIfThere(
      'operations/deletefile',
      { remote: file },
      `cannot remove ${this.#at(file)}`,
      signal,
    )
  }

  async room({ signal }: Stoppable = {}): Promise<Room> {
    if (!this.#nature.room) return { free: undefined, total: undefined }
    const answer = await this.#patience.try(`cannot ask ${this.#shown} for its room`, signal, async () => {
      try {
        return await this.#daemon.call('operations/about', { fs: storeRemote }, signal)
      } catch (error) {
        // Some remotes only find out now that they cannot tell it, such as SFTP without a shell.
        if (error instanceof Trouble && error.kind !== 'away') return {}
        throw error
      }
    })
    const bytes = (value: unknown): number | undefined =>
      typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
    return { free: bytes(answer['free']), total: bytes(answer['total']) }
  }

  async close(): Promise<void> {
    await keepIdle(this.#key, { daemon: this.#daemon, nature: this.#nature })
  }

  #at(file: string): string {
    return `${showPath(file)} in ${this.#shown}`
  }

  #uploadName(file: string): string {
    return `${uploadFolder}/${this.#run}-${++this.#puts}-${path.posix.basename(file)}`
  }

  async #upload(local: string, at: string, signal: AbortSignal | undefined): Promise<void> {
    const [folder, name] = [path.dirname(local), path.basename(local)]
    let tries = 0
    await this.#patience.try(`cannot write ${this.#at(at)}`, signal, async () => {
      try {
        await this.#daemon.call(
          'operations/copyfile',
          {
            srcFs: folder,
            srcRemote: name,
            dstFs: storeRemote,
            dstRemote: at,
            _config: this.#config(tries++ === 0),
          },
          signal,
        )
      } catch (error) {
        // Of the two files, the local one is meant, or a folder of the store that an upload has to make.
        if (!(error instanceof Trouble) || error.kind !== 'missing') throw error
        if (!fs.existsSync(local))
          throw new ButcherError('io', `cannot read ${showPath(local)}: no such file`)
        throw new Trouble('passing', error.message)
      }
    })
  }

  /** After an error, as far as the store answers. What is left, a later run removes. */
  async #dropUpload(at: string, file: string, error: unknown): Promise<void> {
    if (at === file && !(error instanceof WrongContent)) return
    await this.remove(at, { signal: AbortSignal.timeout(cleanupMs) }).catch(() => {})
  }

  #wrong(file: string, { message }: WrongContent): ButcherError {
    return new ButcherError('damaged', `${this.#shown} does not keep ${showPath(file)} right: ${message}`, {
      path: file,
      hint: 'the connection or the store changes bytes; try another remote',
    })
  }

  /** The answer of `operations/stat`, or undefined if there is no such file. */
  async #item(file: string, opt: object, signal: AbortSignal | undefined): Promise<unknown> {
    checkStorePath(file)
    const doing = `cannot look for ${this.#at(file)}`
    const parameters = { remote: file, opt: { noMimeType: true, ...opt } }
    return (await this.#callIfThere('operations/stat', parameters, doing, signal))?.['item']
  }

  /** Undefined if the file or folder does not exist. */
  #callIfThere(
    command: string,
    parameters: object,
    doing: string,
    signal: AbortSignal | undefined,
  ): Promise<Record<string, unknown> | undefined> {
    return this.#patience.try(doing, signal, async () => {
      try {
        return await this.#daemon.call(command, { fs: storeRemote, ...parameters }, signal)
      } catch (error) {
        if (error instanceof Trouble && error.kind === 'missing') return undefined
        throw error
      }
    })
  }
}
