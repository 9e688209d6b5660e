/**
 * Spoils the files of discs at random, one at a time, and sees whether `verify` finds it and what `restore`
 * makes of it.
 */

import fs from 'node:fs'
import path from 'node:path'
import { restore } from '../../src/commands/restore/restore.ts'
import { verify } from '../../src/commands/verify/verify.ts'
import { type Finding, isDamage } from '../../src/verify/finding.ts'

export interface FlipsOptions {
  /** Folders of discs, all of one set; as they were at the end. */
  readonly discs: readonly string[]
  /** The directory that was backed up, as it is in the newest backup. */
  readonly source: string
  /** A folder that is made and removed. */
  readonly scratch: string
  readonly passphrase?: string
  readonly trials: number
  /** Of so many trials that harm what a restore reads, after one the damaged discs are restored. */
  readonly restoreEvery: number
  /** Equal seeds do equal damage to equal discs. */
  readonly seed: number
}

export interface FlipsOutcome {
  readonly trials: number
  /** By kind of file and kind of damage. */
  readonly done: Readonly<Record<string, number>>
  /** What `verify` did not find, or found in another file. */
  readonly unfound: readonly string[]
  readonly restores: number
  /** Restored files that are not as the source, or are missing and were not named. */
  readonly wrong: readonly string[]
  /** Files that restores gave back, and that they named as not restored. */
  readonly filesBack: number
  readonly filesNamed: number
}

export async function soakFlips(options: FlipsOptions): Promise<FlipsOutcome> {
  const { discs, trials, restoreEvery } = options
  const random = randomNumbers(options.seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const kinds = filesByKind(discs)
  const done: Record<string, number> = {}
  const unfound: string[] = []
  const wrong: string[] = []
  let [restores, filesBack, filesNamed, harmed] = [0, 0, 0, 0]
  const secrets = options.passphrase === undefined ? {} : { passphrase: options.passphrase }
  for (let trial = 0; trial < trials; trial++) {
    // What restores read, more often than each of the others.
    const [kind, files] = pick([...kinds].flatMap((one) => (readKinds.has(one[0]) ? [one, one] : [one])))
    const file = pick(files)
    const sound = fs.readFileSync(file)
    const { damage, bytes } = spoil(sound, random)
    fs.writeFileSync(file, bytes)
    const what = `trial ${trial}: ${damage} in ${file}`
    try {
      const found: string[] = []
      const onFile = ({ place, name, status }: Finding): void => {
        if (isDamage(status)) found.push(path.join(place, name))
      }
      const summary = await verify({ from: discs, ...secrets, onFile })
      if (!found.includes(file) || found.length !== 1) unfound.push(`${what}: ${found.join(', ')}`)
      if (summary.damaged + summary.missing + summary.misplaced === 0) unfound.push(`${what}: sound`)
      const label = `${kind}: ${damage.split(' ')[0]}`
      done[label] = (done[label] ?? 0) + 1
      if (readKinds.has(kind) && ++harmed % restoreEvery === 0) {
        restores++
        const back = await restoreAndCompare(options, secrets)
        wrong.push(...back.wrong.map((one) => `${what}: ${one}`))
        filesBack += back.files
        filesNamed += back.named
      }
    } finally {
      fs.writeFileSync(file, sound)
    }
  }
  return { trials, done, unfound, restores, wrong, filesBack, filesNamed }
}

const readKinds: ReadonlySet<string> = new Set(['chunk', 'catalog'])

function filesByKind(discs: readonly string[]): Map<string, string[]> {
  const kinds = new Map<string, string[]>()
  for (const disc of discs) {
    for (const name of fs.readdirSync(disc, { recursive: true, encoding: 'utf8' }) as string[]) {
      const file = path.join(disc, name)
      if (!fs.statSync(file).isFile()) continue
      const kind = name.startsWith('chunks/') ? 'chunk' : name.startsWith('catalog') ? 'catalog' : name
      kinds.set(kind, [...(kinds.get(kind) ?? []), file])
    }
  }
  return kinds
}

const sectorBytes = 2048

/** Mostly one bit; now and then a sector of zeros, or the end cut off. */
function spoil(sound: Buffer, random: () => number): { readonly damage: string; readonly bytes: Buffer } {
  const offset = Math.floor(random() * sound.length)
  const choice = random()
  if (choice < 0.08) return { damage: `cut at ${offset}`, bytes: sound.subarray(0, offset) }
  const bytes = Buffer.from(sound)
  if (choice < 0.16) {
    const start = offset - (offset % sectorBytes)
    bytes.fill(0, start, Math.min(start + sectorBytes, bytes.length))
    if (!bytes.equals(sound)) return { damage: `zeros at ${start}`, bytes }
  }
  const bit = Math.floor(random() * 8)
  bytes[offset] = (bytes[offset] as number) ^ (1 << bit)
  return { damage: `bit ${bit} of byte ${offset}`, bytes }
}

async function restoreAndCompare(
  { discs, source, scratch }: FlipsOptions,
  secrets: { readonly passphrase?: string },
): Promise<{ readonly wrong: string[]; readonly files: number; readonly named: number }> {
  const named = new Set<string>()
  fs.rmSync(scratch, { recursive: true, force: true })
  await restore({
    from: discs,
    destination: scratch,
    jobs: 1,
    ...secrets,
    report: (event) => {
      if (event.type === 'warning' && event.path !== undefined) named.add(event.path)
    },
  })
  const wrong: string[] = []
  let files = 0
  for (const name of fs.readdirSync(source, { recursive: true, encoding: 'utf8' }) as string[]) {
    if (!fs.statSync(path.join(source, name)).isFile()) continue
    const back = path.join(scratch, name)
    if (!fs.existsSync(back)) {
      if (!named.has(name)) wrong.push(`${name} is missing, and nothing was told`)
    } else if (fs.readFileSync(back).equals(fs.readFileSync(path.join(source, name)))) files++
    else wrong.push(`${name} came back wrong`)
  }
  fs.rmSync(scratch, { recursive: true, force: true })
  return { wrong, files, named: named.size }
}

/** Mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
