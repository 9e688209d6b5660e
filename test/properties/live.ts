/**
 * Plays the life of a tree, backs it up as it goes, and checks that every backup of the history comes back.
 */

import Database from 'better-sqlite3'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathForSystem, showPath } from '../../src/format/path-text.ts'
import { backup, type ButcherEvent, restore } from '../../src/index.ts'
import { decryptByGpg } from '../support/backup-set.ts'
import { describeTree, program, tryProgram } from '../support/tree.ts'
import type { Life, Step } from './arbitraries.ts'
import { doEdit } from './edits.ts'

const passphrase = 'correct horse'
const reader = path.join(import.meta.dirname, '../independent-reader/read.py')

/** Rejects with what was done, in words, and what did not come back. */
export async function live(life: Life): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'life-'))
  const told: string[] = [`${life.encrypted ? 'encrypted' : 'not encrypted'}, ${life.hash}`]
  try {
    await play(life, folder, told)
  } catch (error) {
    const { message, stack } = error as Error
    throw new Error(`${message}\nafter:\n${told.join('\n')}\n${stack}`, { cause: error })
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

async function play(life: Life, folder: string, told: string[]): Promise<void> {
  const set = {
    source: path.join(folder, 'source'),
    destination: path.join(folder, 'destination'),
    shelf: path.join(folder, 'shelf'),
    secret: path.join(folder, 'secret'),
    ...(life.encrypted ? { passphrase } : {}),
    hash: life.hash,
  }
  fs.writeFileSync(set.secret, `${passphrase}\n`)
  const sources = life.names.map((name) => `${set.source}/${name}`)
  for (const one of [set.source, ...sources]) fs.mkdirSync(pathForSystem(one))
  const roots = sources.length === 0 ? [set.source] : sources
  if (sources.length > 0) told.push(`sources: ${life.names.map(showPath).join(', ')}`)
  fs.mkdirSync(set.shelf)
  const states: string[][] = []
  let lastWithChunk = 0
  for (const step of life.steps) {
    const away =
      step.away === undefined || sources.length === 0 ? undefined : sources[step.away % sources.length]
    // What is away stays as it was.
    const there = roots.filter((root) => root !== away)
    const done = step.edits.map((edit, turn) => tryEdit(there[turn % there.length] as string, edit, step))
    sources.forEach(keepFilled)
    states.push(describe(set.source))
    told.push(`backup ${states.length}: ${JSON.stringify(step.options)}${step.burned ? ', burned' : ''}`)
    told.push(...done.flatMap((line) => (line === undefined ? [] : [`  ${line}`])))
    if (away !== undefined) told.push(`  away: ${showPath(away)}`)
    const aside = path.join(folder, 'away')
    if (away !== undefined) fs.renameSync(pathForSystem(away), aside)
    if (
      (await backUp({ ...set, source: sources.length === 0 ? set.source : sources }, step, states.length)) > 0
    )
      lastWithChunk = states.length
    if (away !== undefined) fs.renameSync(aside, pathForSystem(away))
  }
  checkPlan(set)
  // The folder around several sources is nobody's.
  const compare = (what: string, expected: readonly string[], actual: readonly string[]): void =>
    sources.length === 0
      ? compareAll(what, expected, actual)
      : compareAll(what, expected.filter(isInside), actual.filter(isInside))
  for (const [index, expected] of states.entries()) {
    const number = index + 1
    const out = path.join(folder, `restored-${number}`)
    await restoreByButcher(set, number, out)
    compare(`backup ${number} as butcher restores it`, expected, describe(out))
    fs.rmSync(out, { recursive: true })
    restoreByReader(set, number, out)
    compare(`backup ${number} as the independent reader restores it`, expected, describe(out))
    fs.rmSync(out, { recursive: true })
    // Of a backup that made no chunk no chunk tells, before there is a later one.
    if (number > lastWithChunk) continue
    restoreByReader(set, number, out, '--chunks-only')
    compare(`backup ${number} as its chunks alone tell it`, expected, describe(out))
    fs.rmSync(out, { recursive: true })
  }
}

const isInside = (line: string): boolean => !line.startsWith('. ')

/** A source that is empty, and was not, counts as one that is not mounted. */
function keepFilled(source: string): void {
  const folder = pathForSystem(source)
  if (fs.readdirSync(folder).length === 0) fs.writeFileSync(pathForSystem(`${source}/left`), 'left')
}

interface Set {
  readonly source: string | readonly string[]
  readonly destination: string
  /** Where discs are moved to. */
  readonly shelf: string
  /** A file of the passphrase. */
  readonly secret: string
  readonly passphrase?: string
  readonly hash: 'sha256' | 'sha512'
}

function tryEdit(source: string, edit: Step['edits'][number], step: Step): string | undefined {
  try {
    return doEdit(source, edit, step.options.chunkSizeBytes as number)
  } catch (error) {
    // Names are up to 255 bytes long, and folders stand in folders.
    if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return undefined
    throw error
  }
}

/**
 * The same call until the backup is complete, as a user would whose discs run out; gives how many chunks it
 * made.
 */
async function backUp(set: Set, step: Step, number: number): Promise<number> {
  const { source, destination, shelf, secret: _, ...rest } = set
  let chunks = 0
  for (let run = 1; ; run++) {
    const warnings: string[] = []
    const summary = await backup({
      source,
      destination,
      ...rest,
      ...step.options,
      report: warningsTo(warnings),
    })
    if (warnings.length > 0) throw new Error(`backup ${number} warns: ${warnings.join('; ')}`)
    if (summary.backup !== number) throw new Error(`backup ${number} became backup ${summary.backup}`)
    if (step.burned) {
      for (const name of fs.readdirSync(destination).filter((entry) => entry.startsWith('disc-'))) {
        fs.renameSync(path.join(destination, name), path.join(shelf, name))
      }
    }
    chunks += summary.chunks
    if (summary.complete) return chunks
    if (run > 60) throw new Error(`backup ${number} is not complete after ${run} runs`)
  }
}

async function restoreByButcher(set: Set, number: number, out: string): Promise<void> {
  const warnings: string[] = []
  const summary = await restore({
    // A place that holds nothing of the set is refused.
    from: fs.readdirSync(set.shelf).length === 0 ? [set.destination] : [set.destination, set.shelf],
    destination: out,
    at: String(number),
    jobs: 1,
    ...(set.passphrase === undefined ? {} : { passphrase }),
    report: warningsTo(warnings),
  })
  if (warnings.length > 0 || summary.failed > 0) {
    throw new Error(`restore of backup ${number} warns: ${warnings.join('; ')}`)
  }
}

function restoreByReader(set: Set, number: number, out: string, ...more: string[]): void {
  const secret = set.passphrase === undefined ? [] : ['--passphrase-file', set.secret]
  const places = [set.destination, set.shelf, out]
  const run = tryProgram('python3', [reader, ...secret, ...more, '--at', String(number), ...places])
  if (run.status !== 0)
    throw new Error(`the independent reader ${more.join(' ')}, backup ${number}: ${run.stderr}`)
}

/**
 * Every row of a file names a chunk that is on the disc it says; that the member is in it shows when a reader
 * takes it.
 */
function checkPlan(set: Set): void {
  const file = path.join(set.destination, 'catalog.sqlite')
  const plain =
    set.passphrase === undefined
      ? fs.readFileSync(file)
      : program('bzip2', ['-dc'], { input: decryptByGpg(fs.readFileSync(`${file}.bz2.gpg`), passphrase) })
  const db = new Database(plain)
  try {
    const rows = db
      .prepare(
        `SELECT p.backup, p.path, p.part, p.parts, p.disc, p.member, c.file FROM restore_plan p
         LEFT JOIN chunks c ON c.chunk = p.chunk AND c.disc = p.disc WHERE p.type = 'file'`,
      )
      .all() as { disc: number | null; member: unknown; part: number; parts: number; file: string | null }[]
    for (const row of rows) {
      const disc = `disc-${String(row.disc).padStart(4, '0')}`
      const there = [set.destination, set.shelf].some(
        (place) => row.file !== null && fs.existsSync(path.join(place, disc, row.file)),
      )
      if (!there || row.member === null || !(row.part >= 1 && row.part <= row.parts)) {
        throw new Error(`restore_plan is not complete: ${JSON.stringify(row)}`)
      }
    }
  } finally {
    db.close()
  }
}

const rightWarnings = [
  // A source may be emptied by its edits.
  /is its file system mounted\?$/,
  /^the source .*\/source\/.* cannot be read: no such file or directory; its? .*stays? as in the backup before$/s,
  /^the names .* are one name on some file systems/s,
]

function warningsTo(warnings: string[]): (event: ButcherEvent) => void {
  return (event) => {
    const isRight = event.type === 'warning' && rightWarnings.some((pattern) => pattern.test(event.message))
    if (event.type === 'warning' && !isRight) warnings.push(`${event.path ?? ''}: ${event.message}`)
  }
}

/**
 * With the files that have holes, and every extended attribute, ACLs among them, as find and getfattr have
 * them.
 */
export function describe(folder: string): string[] {
  const said = program('getfattr', ['-R', '-P', '-h', '-d', '-m', '-', '-e', 'hex', '.'], { cwd: folder })
  const attributes = said.toString('latin1').trim().split('\n\n')
  const sparse = program('find', ['.', '-type', 'f', '-size', '+0', '-printf', '%S %p\\0'], { cwd: folder })
    .toString('latin1')
    .split('\0')
    // The share of the size that is stored.
    .filter((line) => Number.parseFloat(line) < 1)
    .map((line) => `holes in ${line.slice(line.indexOf(' ') + 1)}`)
  return [...describeTree(folder), ...sparse, ...attributes.map((text) => text.split('\n').join('  '))]
}

export function compareAll(what: string, expected: readonly string[], actual: readonly string[]): void {
  const missing = expected.filter((line) => !actual.includes(line))
  const surplus = actual.filter((line) => !expected.includes(line))
  if (missing.length + surplus.length === 0) return
  const lines = [...missing.map((line) => `- ${line}`), ...surplus.map((line) => `+ ${line}`)]
  throw new Error(`${what} is not what was backed up:\n${lines.join('\n')}`)
}
