/**
 * `butcher recover`: recovers a lost disc from a spare and the other discs of its group. Needs neither
 * catalog nor secret.
 */

import fs from 'node:fs'
import path from 'node:path'
import { type DiscCandidate, findDiscs } from '../../catalog/find-discs.ts'
import { asButcherError, ButcherError } from '../../errors.ts'
import { type Report, silent } from '../../events.ts'
import { makeFolder, renameDurably, syncFolder } from '../../files/durable.ts'
import { checksumFile, parityPieces, scriptFile } from '../../format/layout.ts'
import { showPath } from '../../format/path-text.ts'
import { type GroupDisc, parityBytes, type SpareGroup, streamBytes } from '../../format/spare-group.ts'
import { streamBlocks, type StreamFile } from '../../spare/disc-stream.ts'
import { discOfGroup, findSpares, foldersAt, type FoundSpare } from '../../spare/find-group.ts'
import { readWhole } from '../../spare/read-whole.ts'
import { xorStreams } from '../../spare/xor.ts'
import { parseChecksums } from '../../format/checksum-list.ts'
import { readerOf } from '../../media/reader-of.ts'
import { checkFields } from '../../options/check-fields.ts'
import { recoverFields } from './spare-fields.ts'
import type { RecoverOptions, RecoverSummary } from './spare-options.ts'
import { paced } from '../../progress.ts'
import { refuseStore } from '../../remote/refuse-store.ts'

/**
 * Recovers the disc's folder. Damage in its sources is reported, and the work continues: `damaged` names the
 * affected files. Throws `missing-disc` if the spare or a disc of the group is missing, `exists`, `io`,
 * `no-space`, `aborted`.
 */
export async function recover(options: RecoverOptions): Promise<RecoverSummary> {
  checkFields('recover', recoverFields, options)
  for (const place of options.from) refuseStore('recover', place)
  const started = Date.now()
  const report = options.report ?? silent
  const out = path.resolve(options.out)
  refuseTaken(out)
  const folders = foldersAt(options.from).filter((folder) => path.resolve(folder) !== out)
  const candidates = options.from.flatMap(findDiscs).filter(({ folder }) => path.resolve(folder) !== out)
  const spare = spareFor(options.disc, folders, candidates, report)
  const { group } = spare
  const lost = group.discs.find(({ disc }) => disc === options.disc) as GroupDisc
  const here = new Map<number, string>()
  for (const candidate of candidates) {
    const disc = discOfGroup(group, candidate)
    if (disc !== undefined && disc !== lost.disc) here.set(disc, candidate.folder)
  }
  const others = group.discs.filter(({ disc }) => disc !== lost.disc)
  const away = others.filter(({ disc }) => !here.has(disc))
  if (away.length > 0 && options.requestDisc === undefined) throw missing(away, spare)
  const work = path.join(path.dirname(out), `.butcher-recover-${path.basename(out)}`)
  try {
    fs.rmSync(work, { recursive: true, force: true })
    fs.mkdirSync(path.dirname(out), { recursive: true })
    makeFolder(work)
    const job = { options, report, work, group, lost }
    const first: Input[] = [
      spareInput(spare, report),
      ...others.flatMap((disc) => discInput(disc, here.get(disc.disc), report) ?? []),
    ]
    let sums = await add(job, first, false)
    for (const disc of away) {
      const folder = await ask(job, disc)
      sums = await add(job, [discInput(disc, folder, report) as Input], true)
    }
    const damaged = [...new Set([...wrongFiles(lost, sums), ...wrongByOwnList(work, sums)])]
    finish(work, out, lost)
    return {
      disc: lost.disc,
      label: lost.label,
      spare: group.spare,
      out,
      files: lost.files.length,
      bytes: streamBytes(lost),
      bytesRead: (1 + others.length) * streamBytes(lost),
      damaged,
      seconds: (Date.now() - started) / 1000,
    }
  } catch (error) {
    fs.rmSync(work, { recursive: true, force: true })
    throw asButcherError(error, 'cannot write', work)
  }
}

interface Job {
  readonly options: RecoverOptions
  readonly report: Report
  readonly work: string
  readonly group: SpareGroup
  readonly lost: GroupDisc
}

interface Input {
  readonly bytes: number
  readonly blocks: AsyncGenerator<Uint8Array>
}

function refuseTaken(out: string): void {
  const stat = fs.statSync(out, { throwIfNoEntry: false })
  if (!stat || (stat.isDirectory() && fs.readdirSync(out).length === 0)) return
  throw new ButcherError('exists', `${showPath(out)} is there already`, {
    path: out,
    hint: 'give a new folder',
  })
}

/** Of several spares, the one with the most discs at hand. */
function spareFor(
  disc: number,
  folders: readonly string[],
  candidates: readonly DiscCandidate[],
  report: Report,
): FoundSpare {
  const all = findSpares(folders, (file, message) =>
    report({ type: 'warning', kind: 'other', path: file, message }),
  )
  const fit = all.filter(({ group }) => group.discs.some((one) => one.disc === disc))
  const countOf = ({ group }: FoundSpare): number =>
    new Set(candidates.flatMap((one) => discOfGroup(group, one) ?? [])).size
  const best = fit.sort((a, b) => countOf(b) - countOf(a) || b.group.spare - a.group.spare)[0]
  if (best) return best
  const known = all.map(
    ({ group }) => `spare ${group.spare} is of discs ${group.discs.map((one) => one.disc).join(', ')}`,
  )
  throw new ButcherError(
    'missing-disc',
    `no spare of disc ${disc} is there${known.length > 0 ? `: ${known.join('; ')}` : ''}`,
    { hint: 'name the place of the spare too; butcher discs says which there are' },
  )
}

function spareInput({ folder, group }: FoundSpare, report: Report): Input {
  const pieces = parityPieces(parityBytes(group))
  const { sums } = parseChecksums(readIfThere(path.join(folder, checksumFile)))
  const files = pieces.map(({ name, sizeBytes }) => ({ name, sizeBytes, sha256: sums.get(name) ?? '' }))
  return inputOf(folder, `spare ${group.spare}`, files, report)
}

const discInput = (disc: GroupDisc, folder: string | undefined, report: Report): Input | undefined =>
  folder === undefined ? undefined : inputOf(folder, `disc ${disc.disc}`, disc.files, report)

const inputOf = (folder: string, what: string, files: readonly StreamFile[], report: Report): Input => ({
  bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  blocks: streamBlocks(files, readerOf(folder).read, ({ name, message }) =>
    report({
      type: 'warning',
      kind: 'other',
      path: path.join(folder, name),
      message: `${what} is damaged here: ${message}`,
    }),
  ),
})

function readIfThere(file: string): Buffer {
  try {
    return readWhole(file)
  } catch {
    return Buffer.alloc(0)
  }
}

async function add(
  job: Job,
  inputs: readonly Input[],
  continues: boolean,
): Promise<ReadonlyMap<string, string>> {
  const { lost, report, work, options } = job
  const most = streamBytes(lost)
  const totalBytes = inputs.reduce((sum, { bytes }) => sum + Math.min(most, bytes), 0)
  report({ type: 'stage', stage: 'recover', totalBytes })
  const progress = paced(report)
  let bytes = 0
  return xorStreams({
    inputs: inputs.map(({ blocks }) => blocks),
    folder: work,
    files: lost.files,
    continues,
    onBytes: (count) => {
      bytes = Math.min(totalBytes, bytes + count)
      progress({ type: 'progress', stage: 'recover', bytes, files: 0, totalBytes })
    },
    signal: options.signal,
  })
}

async function ask({ options, report, group }: Job, disc: GroupDisc): Promise<string> {
  const needed = {
    disc: disc.disc,
    label: disc.label,
    location: null,
    chunks: disc.files.length,
    bytes: streamBytes(disc),
  }
  for (;;) {
    const folder = await options.requestDisc?.(needed)
    if (folder === undefined) throw missing([disc], undefined)
    const [candidate] = findDiscs(folder)
    const is = candidate && discOfGroup(group, candidate)
    if (candidate && is === disc.disc) return candidate.folder
    const other = is === undefined ? 'no disc of the group' : `disc ${is}`
    report({ type: 'note', message: `${showPath(folder)} is ${other}, not disc ${disc.disc}` })
  }
}

const wrongFiles = ({ files }: GroupDisc, sums: ReadonlyMap<string, string>): string[] =>
  files.filter(({ name, sha256 }) => sums.get(name) !== sha256).map(({ name }) => name)

/** Checks with the disc's own SHA256SUMS, which was recovered with it. */
function wrongByOwnList(work: string, sums: ReadonlyMap<string, string>): string[] {
  const own = parseChecksums(readIfThere(path.join(work, checksumFile)))
  return [...own.sums].filter(([name, sha256]) => sums.get(name) !== sha256).map(([name]) => name)
}

function finish(work: string, out: string, { files }: GroupDisc): void {
  if (files.some(({ name }) => name === scriptFile)) fs.chmodSync(path.join(work, scriptFile), 0o755)
  for (const folder of new Set(files.map(({ name }) => path.dirname(path.join(work, name)))))
    syncFolder(folder)
  if (fs.existsSync(out)) fs.rmdirSync(out)
  renameDurably(work, out)
}

function missing(discs: readonly GroupDisc[], spare: FoundSpare | undefined): ButcherError {
  const names = discs.map(({ disc, label }) => showPath(`disc ${disc} (${label})`)).join(', ')
  const by = spare === undefined ? '' : `; spare ${spare.group.spare} needs all discs of its group but one`
  return new ButcherError('missing-disc', `${names} ${discs.length === 1 ? 'is' : 'are'} not there${by}`, {
    hint: 'also name their places, or run it on a terminal: it prompts for each disc',
  })
}
