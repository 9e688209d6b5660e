/** The parity and the checksums of a disc after its other files were repaired. */

import fs from 'node:fs'
import path from 'node:path'
import { sha256OfFile } from '../../disc/stage.ts'
import { checksumFile, checksumParitySet, discParitySet, parityFolder } from '../../format/layout.ts'
import type { GatheredSets, ParitySet } from '../../parity/gather-sets.ts'
import { soundSetId } from '../../parity/is-sound.ts'
import { filesOfSet } from '../../parity/stage-parity.ts'
import { checksumLayout } from '../../parity/plan.ts'
import { createSet } from '../../parity/create-set.ts'
import { checksumText, parseChecksums } from '../../format/checksum-list.ts'
import type { Repair } from './repair-options.ts'

export interface Completed {
  /** The parity is valid, but not byte for byte the original: a program with another layout made that. */
  readonly isMadeAnew: boolean
  /** The sound files of the set over SHA256SUMS, relative to the disc. */
  readonly setFiles: readonly string[]
}

/**
 * Makes damaged parity and SHA256SUMS again. `hashes`: of the sound files. `isWhole`: these are all files.
 * `listIsRight`: SHA256SUMS is sound as well.
 */
export async function completeParity(
  run: Repair,
  { disc: set }: GatheredSets,
  hashes: ReadonlyMap<string, string>,
  { isWhole, listIsRight }: { readonly isWhole: boolean; readonly listIsRight: boolean },
): Promise<Completed> {
  const { out } = run
  let isMadeAnew = false
  const list = path.join(out, checksumFile)
  if (set && isWhole) {
    const { sums } = parseChecksums(fs.existsSync(list) ? fs.readFileSync(list) : Buffer.alloc(0))
    const made = await discParity(run, set, listIsRight ? sums : undefined, [...sums.keys()])
    isMadeAnew = listIsRight && [...made].some(([name, sha256]) => sums.get(name) !== sha256)
    const text = checksumText([...hashes, ...made])
    if (!fs.existsSync(list) || fs.readFileSync(list, 'utf8') !== text) {
      fs.rmSync(list, { force: true })
      fs.writeFileSync(list, text)
    }
  }
  const hasList = fs.existsSync(list) && (listIsRight || isWhole)
  return { isMadeAnew, setFiles: set && hasList ? await checksumParity(run) : [] }
}

/**
 * The files of the disc's set by name, with their hashes: the existing ones if they are sound, otherwise new
 * ones.
 */
async function discParity(
  run: Repair,
  set: ParitySet,
  sums: ReadonlyMap<string, string> | undefined,
  listed: readonly string[],
): Promise<Map<string, string>> {
  const folder = path.join(run.out, parityFolder)
  fs.mkdirSync(folder, { recursive: true })
  const there = filesOfSet(fs.readdirSync(folder), discParitySet)
  const is = new Map(
    there.map((name) => [`${parityFolder}/${name}`, sha256OfFile(path.join(folder, name))] as const),
  )
  if (there.length === 2 && sums && [...is].every(([name, sha256]) => sums.get(name) === sha256)) return is
  const names = [...listed, ...there]
  const counts = names.flatMap((name) => /^(?:parity\/)?disc\.vol\d+\+(\d+)\.par2$/.exec(name)?.[1] ?? [])
  const recoveryBlocks = Number(counts[0] ?? set.recoveryBlocksAtLeast)
  const totalBytes = set.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  run.report({ type: 'stage', stage: 'parity', totalBytes })
  const onShare = (share: number): void =>
    run.report({
      type: 'progress',
      stage: 'parity',
      bytes: Math.round(share * totalBytes),
      files: 0,
      totalBytes,
    })
  await createSet(
    path.join(run.work, discParitySet),
    run.out,
    set.files.map(({ name }) => name),
    { blockBytes: set.blockBytes, recoveryBlocks },
    {
      jobs: run.jobs,
      signal: run.signal,
      onShare,
      // With the creator's name, the bytes are those that SHA256SUMS lists.
      ...(set.creator === undefined ? {} : { creator: set.creator }),
    },
  )
  return new Map(
    place(run, discParitySet).map((name) => [name, sha256OfFile(path.join(run.out, name))] as const),
  )
}

/** Moves the made files from the work folder to `out`, as the disc's files of the set. */
function place({ out, work }: Repair, set: string): string[] {
  const folder = path.join(out, parityFolder)
  const made = filesOfSet(fs.readdirSync(work), set)
  const there = filesOfSet(fs.readdirSync(folder), set)
  for (const name of there.filter((one) => !made.includes(one))) fs.unlinkSync(path.join(folder, name))
  for (const name of made) {
    const [from, to] = [path.join(work, name), path.join(folder, name)]
    const isSame = fs.existsSync(to) && fs.readFileSync(to).equals(fs.readFileSync(from))
    if (isSame) fs.unlinkSync(from)
    else fs.renameSync(from, to)
  }
  return made.map((name) => `${parityFolder}/${name}`)
}

/** The set over SHA256SUMS: the existing one if it is sound and fits this SHA256SUMS, otherwise a new one. */
async function checksumParity(run: Repair): Promise<string[]> {
  const { out, work, jobs, signal } = run
  const folder = path.join(out, parityFolder)
  fs.mkdirSync(folder, { recursive: true })
  const layout = checksumLayout(fs.statSync(path.join(out, checksumFile)).size)
  await createSet(path.join(work, checksumParitySet), out, [checksumFile], layout, { jobs, signal })
  const wanted = await soundSetId(path.join(work, checksumParitySet))
  const there = filesOfSet(fs.readdirSync(folder), checksumParitySet)
  const ids = await Promise.all(there.map((name) => soundSetId(path.join(folder, name))))
  if (there.length === 2 && ids.every((id) => id === wanted)) {
    return there.map((name) => `${parityFolder}/${name}`)
  }
  return place(run, checksumParitySet)
}
