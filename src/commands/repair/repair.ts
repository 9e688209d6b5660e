/** `butcher repair`: makes a sound copy of a damaged disc from its parity. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { sha256OfFile } from '../../disc/stage.ts'
import { asButcherError, ButcherError, systemCode, systemText, throwIfAborted } from '../../errors.ts'
import { knownKind } from '../../media/foreign-file.ts'
import { silent } from '../../events.ts'
import { paced } from '../../progress.ts'
import { checksumFile } from '../../format/layout.ts'
import { gatherSets, type GatheredSets, type ParitySet } from '../../parity/gather-sets.ts'
import { isSound } from '../../parity/is-sound.ts'
import { par2Program, repairSet, type RepairWork } from '../../parity/program.ts'
import { copyWithoutZeros } from '../../parity/without-zeros.ts'
import { parseChecksums } from '../../format/checksum-list.ts'
import { folderReader } from '../../media/read-folder.ts'
import { imageReader } from '../../media/read-image.ts'
import { checkFields } from '../../options/check-fields.ts'
import { repairFields } from './repair-fields.ts'
import { completeParity } from './complete-parity.ts'
import { copyDisc, filesBelow, linkImage } from './disc-copy.ts'
import type { Repair, RepairOptions, RepairSummary } from './repair-options.ts'
import { refuseStore } from '../../remote/refuse-store.ts'

/** The folder in `out` for the files of the work. */
const workName = '.butcher-repair'

/**
 * Writes the sound files of `disc`, and those that its parity repairs, to the folder `out`; only reads
 * `disc`. It also resolves if files stay wrong: the summary names them, and `out` does not have them. Throws
 * `usage`, `exists`, `program`, `damaged` (nothing of a disc was found), `io`, `no-space`, `aborted`; then
 * `out` is as before.
 */
export async function repair(options: RepairOptions): Promise<RepairSummary> {
  checkFields('repair', repairFields, options)
  refuseStore('repair', options.disc)
  const started = Date.now()
  const disc = path.resolve(options.disc)
  const look = inspectFile(disc)
  const out = path.resolve(options.out)
  const isMade = prepareOut(out, disc)
  const work = path.join(out, workName)
  const report = options.report ?? silent
  const jobs = options.jobs ?? os.availableParallelism()
  try {
    fs.mkdirSync(work)
    const summary = await repairDisc({ ...look, disc, out, work, jobs, report, signal: options.signal })
    fs.rmSync(work, { recursive: true, force: true })
    return { ...summary, seconds: (Date.now() - started) / 1000 }
  } catch (error) {
    for (const name of fs.readdirSync(out)) fs.rmSync(path.join(out, name), { recursive: true, force: true })
    if (isMade) fs.rmdirSync(out)
    throw asButcherError(error, 'cannot write', out)
  }
}

function inspectFile(disc: string): { readonly isFolder: boolean; readonly isImage: boolean } {
  try {
    const stat = fs.statSync(disc)
    if (stat.isFile() || stat.isDirectory() || stat.isBlockDevice()) {
      return { isFolder: stat.isDirectory(), isImage: stat.isFile() }
    }
  } catch (cause) {
    throw new ButcherError('usage', `cannot look into ${disc}: ${systemText(cause)}`, { path: disc, cause })
  }
  throw new ButcherError('usage', `${disc} is neither folder nor image nor drive`, { path: disc })
}

/** Returns whether the folder had to be made. */
function prepareOut(out: string, disc: string): boolean {
  if (out === disc || out.startsWith(`${disc}${path.sep}`)) {
    throw new ButcherError('usage', `${out} is in the disc that is to be repaired`, { path: out })
  }
  try {
    if (fs.readdirSync(out).length === 0) return false
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw asButcherError(error, 'cannot write', out)
    try {
      fs.mkdirSync(out)
      return true
    } catch (cause) {
      throw asButcherError(cause, 'cannot make', out)
    }
  }
  throw new ButcherError('exists', `${out} is not empty`, { path: out, hint: 'give another folder' })
}

async function repairDisc(run: Repair): Promise<Omit<RepairSummary, 'seconds'>> {
  const { out, disc } = run
  const unreadable = await copyAll(run)
  const copied = new Map(filesOf(run).map((name) => [name, inodeOf(path.join(out, name))]))
  const sets = await findSets(run)
  if (!sets.disc && copied.size === 0) {
    const kind = knownKind(disc)
    throw new ButcherError(
      'damaged',
      `nothing of a disc of butcher is found in ${disc}${kind === undefined ? '' : `: it ${kind.is}`}`,
      { path: disc, ...(kind === undefined ? {} : { hint: kind.hint }) },
    )
  }
  if (sets.disc || sets.checksums) par2Program()
  const blocksMissing = sets.disc ? await repairFiles(run, sets.disc) : null
  const listIsRight = sets.checksums !== undefined && (await repairFiles(run, sets.checksums)) === 0
  const hashes = await soundFiles(run, sets.disc, blocksMissing === 0)
  const { isMadeAnew, setFiles } = await completeParity(run, sets, hashes, {
    listIsRight,
    isWhole: blocksMissing === 0,
  })

  const { sums } = parseChecksums(readIfThere(path.join(out, checksumFile)))
  const right = new Set<string>(setFiles)
  const wanted = new Set([...(sets.disc?.files ?? []).map(({ name }) => name), ...sums.keys()])
  for (const name of wanted) {
    const file = path.join(out, name)
    const is = hashes.get(name) ?? (fs.existsSync(file) ? sha256OfFile(file) : undefined)
    // Files that PAR2 calls sound are sound, whatever a damaged SHA256SUMS says.
    if (hashes.has(name) || (is !== undefined && is === sums.get(name))) right.add(name)
  }
  const wrong = [...wanted].filter((name) => !right.has(name)).sort()
  if (sums.size > 0) right.add(checksumFile)
  for (const name of filesOf(run)) if (!right.has(name)) fs.unlinkSync(path.join(out, name))
  removeEmptyFolders(out)
  const isNew = (name: string): boolean =>
    unreadable.has(name) || copied.get(name) !== inodeOf(path.join(out, name))
  return {
    files: right.size,
    bytes: [...right].reduce((sum, name) => sum + fs.statSync(path.join(out, name)).size, 0),
    repaired: [...right].filter(isNew).sort(),
    wrong,
    blocksMissing,
    hasParity: sets.disc !== undefined,
    identical: wrong.length === 0 && !isMadeAnew && sums.size > 0,
  }
}

/** The files in `out`, without those of the work. */
const filesOf = ({ out }: Pick<Repair, 'out'>): string[] =>
  filesBelow(out).filter((name) => !name.startsWith(`${workName}/`))

const inodeOf = (file: string): string => {
  const { ino, mtimeNs } = fs.statSync(file, { bigint: true })
  return `${ino} ${mtimeNs}`
}

function readIfThere(file: string): Buffer {
  return fs.existsSync(file) ? fs.readFileSync(file) : Buffer.alloc(0)
}

function removeEmptyFolders(folder: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === workName) continue
    const inner = path.join(folder, entry.name)
    removeEmptyFolders(inner)
    if (fs.readdirSync(inner).length === 0) fs.rmdirSync(inner)
  }
}

/** Reports the progress of one step of the work, in bytes. */
function counter({ report }: Repair, totalBytes: number): (bytes: number) => void {
  const progress = paced(report)
  let bytes = 0
  report({ type: 'stage', stage: 'repair', totalBytes })
  return (count) => {
    bytes += count
    progress({ type: 'progress', stage: 'repair', bytes, files: 0, totalBytes })
  }
}

/** Returns the files that could not be read to the end. */
async function copyAll(run: Repair): Promise<ReadonlySet<string>> {
  const { disc, isFolder: inFolder, out, signal } = run
  const reader = inFolder ? folderReader(disc) : imageReader(disc)
  const total = (await reader.list()).files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return await copyDisc(reader, out, counter(run, total), signal)
}

/**
 * Searches everything that was copied. It searches all of an image, because the image's directory may be
 * lost.
 */
async function findSets(run: Repair): Promise<GatheredSets> {
  const { out, work, disc, isImage, signal } = run
  const inOut = filesOf(run).map((name) => path.join(out, name))
  const all = isImage ? [disc] : inOut
  const total = all.reduce((sum, file) => sum + fs.statSync(file).size, 0)
  return await gatherSets(all, work, counter(run, total), signal)
}

/**
 * Returns the number of blocks missing for a repair of all files in the set: 0 if they are correct now. Only
 * if the blocks in their places are not enough, par2 searches every byte, and all of an image.
 */
async function repairFiles(run: Repair, set: ParitySet): Promise<number> {
  const own = new Set(set.files.map(({ name }) => name))
  for (const name of own) fs.mkdirSync(path.dirname(path.join(run.out, name)), { recursive: true })
  const others = filesOf(run).filter((name) => !own.has(name))
  const extras = others.map((name) => path.join(run.out, name))
  const missing = await runRepair(run, set, { extras, search: 'in place' })
  if (missing === 0) return missing
  if (!set.hasZeroBlock) {
    if (run.isImage) extras.push(linkImage(run.disc, run.work))
    return await runRepair(run, set, { extras, search: 'anywhere' })
  }
  if (!run.isImage) return missing
  // The image also has the damaged data, with its zeros.
  const damaged = set.files.filter((file) => !isSound(path.join(run.out, file.name), file))
  for (const { name } of damaged) fs.rmSync(path.join(run.out, name), { force: true })
  extras.push(...copyWithoutZeros(run.disc, run.work, set.blockBytes))
  return await runRepair(run, set, { extras, search: 'anywhere' })
}

async function runRepair(run: Repair, set: ParitySet, work: RepairWork): Promise<number> {
  const { out, jobs, signal, report } = run
  const totalBytes = set.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  report({ type: 'stage', stage: 'repair', totalBytes })
  const onShare = (share: number): void =>
    report({ type: 'progress', stage: 'repair', bytes: Math.round(share * totalBytes), files: 0, totalBytes })
  const { status, text } = await repairSet(set.file, out, work, { jobs, onShare, signal })
  if (status === 0) return 0
  const needed = /You need (\d+) more recovery blocks/.exec(text)
  if (needed) return Number(needed[1])
  throw new ButcherError('program', `par2 failed: ${text.trim().split('\n').at(-1) ?? ''}`)
}

/** SHA-256 of the files that match the parity. */
async function soundFiles(
  { out, signal }: Repair,
  set: ParitySet | undefined,
  isWhole: boolean,
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>()
  for (const file of set?.files ?? []) {
    throwIfAborted(signal)
    const place = path.join(out, file.name)
    if (isWhole || isSound(place, file)) hashes.set(file.name, sha256OfFile(place))
  }
  return hashes
}
