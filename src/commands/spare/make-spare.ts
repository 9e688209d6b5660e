/** `butcher spare`: makes an extra disc that can recover any one disc of its group. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { sealDisc } from '../../catalog/disc-life.ts'
import { findDiscs } from '../../catalog/find-discs.ts'
import { identifyDisc } from '../../catalog/identify-disc.ts'
import { chunkRows, type DiscRow, discRows } from '../../catalog/set-rows.ts'
import { recordSpare, removeSpare, type SpareRow, spareRows } from '../../catalog/spare-rows.ts'
import { discBytes, plainDiscBytes } from '../../disc/capacity.ts'
import { asButcherError, ButcherError } from '../../errors.ts'
import { silent } from '../../events.ts'
import { makeFolder, renameDurably, syncFolder, writeDurably } from '../../files/durable.ts'
import { checksumText } from '../../format/checksum-list.ts'
import { checksumFile, groupFile, parityPieces, readmeFile, spareFolder, spareLabel, spareNumber } from '../../format/layout.ts' // prettier-ignore
import { showPath } from '../../format/path-text.ts'
import { showSize } from '../../format/size-text.ts'
import { formatGroup, type GroupDisc, leastGroupDiscs, mostGroupDiscs, parityBytes, type SpareGroup, streamBytes } from '../../format/spare-group.ts' // prettier-ignore
import { streamBlocks } from '../../spare/disc-stream.ts'
import { spareReadme } from '../../spare/spare-readme.ts'
import { xorStreams } from '../../spare/xor.ts'
import { readerOf } from '../../media/reader-of.ts'
import { checkFields } from '../../options/check-fields.ts'
import { makeSpareFields } from './spare-fields.ts'
import type { MakeSpareOptions, MakeSpareSummary } from './spare-options.ts'
import { changeSet, type ChangingSet } from '../../set/change-set.ts'
import { groupDisc, groupFolders, repairHint } from './group-source.ts'
import { paced } from '../../progress.ts'
import { refuseStore } from '../../remote/refuse-store.ts'

/**
 * Makes a spare of the discs in the destination, and seals them: they must not change from now on. Throws
 * `usage`, `missing-disc`, `damaged` if a disc is not sound, `medium` if the spare would not fit its discs'
 * medium, `no-space`, and errors of `changeSet`.
 */
export async function makeSpare(options: MakeSpareOptions): Promise<MakeSpareSummary> {
  checkFields('makeSpare', makeSpareFields, options)
  refuseStore('spare', options.destination)
  const discs = [...new Set(options.discs)].sort((a, b) => a - b)
  if (discs.length < leastGroupDiscs || discs.length > mostGroupDiscs) {
    throw new ButcherError(
      'usage',
      `a spare is of ${leastGroupDiscs} to ${mostGroupDiscs} discs, not of ${discs.length}`,
    )
  }
  return changeSet(options, async (changing) => {
    const { set, destination } = changing
    completeSpareRows(set.db, destination)
    const rows = discs.map((number) => {
      const row = discRows(set.db).find((disc) => disc.number === number)
      if (!row) throw new ButcherError('usage', `there is no disc ${number}`)
      return row
    })
    const number = nextSpare(set.db, destination)
    const row: SpareRow = { number, created: Date.now(), bytes: 0, discs, location: null }
    try {
      return await new Making(changing, rows, row, options).run()
    } catch (error) {
      removeSpare(set.db, number)
      await changing.save()
      throw error
    }
  })
}

/** A stopped run left its row: either the spare has its name, or it does not exist. */
function completeSpareRows(db: ChangingSet['set']['db'], destination: string): void {
  for (const row of spareRows(db).filter(({ bytes }) => bytes === 0)) {
    const folder = path.join(destination, spareFolder(row.number))
    if (fs.existsSync(folder)) recordSpare(db, { ...row, bytes: discBytes(folder) })
    else removeSpare(db, row.number)
  }
}

function nextSpare(db: ChangingSet['set']['db'], destination: string): number {
  const named = fs.readdirSync(destination).flatMap((name) => spareNumber(name) ?? [])
  return Math.max(0, ...named, ...spareRows(db).map(({ number }) => number)) + 1
}

class Making {
  readonly #changing: ChangingSet
  readonly #rows: readonly DiscRow[]
  readonly #row: SpareRow
  readonly #options: MakeSpareOptions
  readonly #label: string
  readonly #work: string
  readonly #started = Date.now()
  readonly #known = new Map<number, GroupDisc>()
  #bytesRead = 0
  #sums: ReadonlyMap<string, string> = new Map()

  constructor(changing: ChangingSet, rows: readonly DiscRow[], row: SpareRow, options: MakeSpareOptions) {
    this.#changing = changing
    this.#rows = rows
    this.#row = row
    this.#options = options
    this.#label = spareLabel(changing.set.setId, row.number)
    this.#work = path.join(changing.folders.stagingDir, spareFolder(row.number))
  }

  async run(): Promise<MakeSpareSummary> {
    const { set, destination, save } = this.#changing
    const { from = [], discs } = this.#options
    const here = groupFolders(set.db, destination, from, discs)
    const away = this.#rows.filter(({ number }) => !here.has(number))
    if (away.length > 0 && this.#options.requestDisc === undefined) throw missing(away)
    for (const row of this.#rows) {
      const folder = here.get(row.number)
      if (folder !== undefined) this.#known.set(row.number, groupDisc(set.db, row, folder))
    }
    this.#refuseTooLarge()
    // The catalog comes first: a backup after a crash then knows that these discs must not change.
    for (const { number } of this.#rows) sealDisc(set.db, number)
    recordSpare(set.db, this.#row)
    await save()
    try {
      fs.rmSync(this.#work, { recursive: true, force: true })
      makeFolder(this.#work)
      if (here.size > 0) await this.#add(here, false)
      for (const row of away) await this.#addAsked(row)
      return await this.#place()
    } catch (error) {
      fs.rmSync(this.#work, { recursive: true, force: true })
      throw asButcherError(error, 'cannot write', this.#work)
    }
  }

  async #addAsked(row: DiscRow): Promise<void> {
    const { db } = this.#changing.set
    const chunks = chunkRows(db, row.number)
    const needed = {
      disc: row.number,
      label: row.label,
      location: row.location,
      chunks: chunks.length,
      bytes: chunks.reduce((sum, { bytes }) => sum + bytes, 0),
    }
    for (;;) {
      const folder = await this.#options.requestDisc?.(needed)
      if (folder === undefined) throw missing([row])
      const [disc] = findDiscs(folder)
      if (disc === undefined || identifyDisc(db, disc) !== row.number) {
        this.#options.report?.({ type: 'note', message: `${showPath(folder)} is not disc ${row.number}` })
        continue
      }
      this.#known.set(row.number, groupDisc(db, row, disc.folder))
      this.#refuseTooLarge()
      return this.#add(new Map([[row.number, disc.folder]]), this.#sums.size > 0)
    }
  }

  /** Adds discs to the parity, all of them in parallel. */
  async #add(folders: ReadonlyMap<number, string>, continues: boolean): Promise<void> {
    const { report = silent, signal } = this.#options
    const discs = [...folders].map(([number, folder]) => ({
      folder,
      disc: this.#known.get(number) as GroupDisc,
    }))
    const totalBytes = discs.reduce((sum, { disc }) => sum + streamBytes(disc), 0)
    report({ type: 'stage', stage: 'spare', totalBytes })
    const progress = paced(report)
    let bytes = 0
    const inputs = discs.map(({ folder, disc }) =>
      streamBlocks(disc.files, readerOf(folder).read, ({ name, message }) => {
        throw new ButcherError('damaged', `${showPath(path.join(folder, name))}: ${message}`, {
          path: path.join(folder, name),
          hint: repairHint,
        })
      }),
    )
    this.#sums = await xorStreams({
      inputs,
      folder: this.#work,
      files: parityPieces(parityBytes(this.#group())),
      continues,
      onBytes: (count) => {
        bytes = Math.min(totalBytes, bytes + count)
        progress({ type: 'progress', stage: 'spare', bytes, files: 0, totalBytes })
      },
      signal,
    })
    this.#bytesRead += totalBytes
  }

  /** The group as known so far. */
  #group(): SpareGroup {
    const discs = [...this.#known.values()].sort((a, b) => a.disc - b.disc)
    return { set: this.#changing.set.setId, spare: this.#row.number, label: this.#label, discs }
  }

  #refuseTooLarge(): void {
    const group = this.#group()
    const pieces = parityPieces(parityBytes(group))
    const texts = [
      spareReadme(group),
      formatGroup(group),
      checksumText(pieces.map(({ name }) => [name, '0'.repeat(64)])),
    ]
    const sizes = [
      ...pieces.map(({ sizeBytes }) => sizeBytes),
      ...texts.map((text) => Buffer.byteLength(text) + 256),
    ]
    const capacity = Math.max(...this.#rows.map((row) => row.capacity ?? Infinity))
    const over = plainDiscBytes(sizes) - capacity
    if (over > 0) {
      throw new ButcherError(
        'medium',
        `the spare would be ${showSize(over)} larger than the medium of its discs`,
        {
          hint: 'take fewer discs for one spare: the list of their files is too long',
        },
      )
    }
    const { bavail, bsize } = fs.statfsSync(this.#changing.destination)
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    if (bytes <= bavail * bsize) return
    const free = showSize(bavail * bsize)
    throw new ButcherError('no-space', `a spare of ${showSize(bytes)} does not fit in ${showPath(this.#changing.destination)}, which has ${free} free`) // prettier-ignore
  }

  async #place(): Promise<MakeSpareSummary> {
    const { set, destination, folders } = this.#changing
    const group = this.#group()
    const sums = new Map(this.#sums)
    const write = (name: string, text: string): void => {
      writeDurably(folders.stagingDir, path.join(this.#work, name), text)
      sums.set(name, createHash('sha256').update(text).digest('hex'))
    }
    write(readmeFile, spareReadme(group))
    write(groupFile, formatGroup(group))
    writeDurably(folders.stagingDir, path.join(this.#work, checksumFile), checksumText(sums))
    syncFolder(this.#work)
    const folder = path.join(destination, spareFolder(this.#row.number))
    renameDurably(this.#work, folder)
    recordSpare(set.db, { ...this.#row, bytes: discBytes(folder) })
    const names = [...sums.keys(), checksumFile]
    const bytes = names.reduce((sum, name) => sum + fs.statSync(path.join(folder, name)).size, 0)
    return {
      spare: this.#row.number,
      label: this.#label,
      folder,
      discs: this.#row.discs,
      bytes,
      bytesRead: this.#bytesRead,
      seconds: (Date.now() - this.#started) / 1000,
    }
  }
}

function missing(rows: readonly DiscRow[]): ButcherError {
  const names = rows.map(({ number, label, location }) =>
    showPath(`disc ${number} (${label}${location === null ? '' : `, at: ${location}`})`),
  )
  return new ButcherError(
    'missing-disc',
    `${names.join(', ')} ${rows.length === 1 ? 'is' : 'are'} not there`,
    {
      hint: 'name their places with --from, or run it on a terminal: it prompts for each disc',
    },
  )
}
