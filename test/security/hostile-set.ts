/** Hostile sets made by hand, and the real program run on them with a time limit and its memory measured. */

import Database from 'better-sqlite3'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { restore } from '../../src/commands/restore/restore.ts'
import type { RestoreOptions, RestoreSummary } from '../../src/commands/restore/restore-options.ts'
import { program } from '../cli/cli.ts'
import { countCpuSeconds } from '../support/cpu-time.ts'
import { stagedCatalogFile } from '../../src/format/layout.ts'
import { makeSet, type MadeSet, type TestSet, type TestTree, writeChecksums } from '../support/make-set.ts'

let root: string

beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'hostile-'))
})

afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

/** A new folder of this test file. */
export const freshFolder = (): string => fs.mkdtempSync(path.join(root, 'case-'))

export interface HostileSet extends MadeSet {
  /** What must not be touched: beside the set, with a file `victim`. */
  readonly outside: string
  /** Where to restore to: below two folders that hold nothing else. */
  readonly restored: string
}

/**
 * A set of `tree` whose catalog `sql` has changed; `OUTSIDE` in it is the folder that must not be touched.
 */
export async function hostileSet(
  tree: TestTree,
  sql = '',
  more: Omit<TestSet, 'backups'> = {},
): Promise<HostileSet> {
  const folder = freshFolder()
  const set = await makeSet(path.join(folder, 'set'), { backups: [{ tree }], chunkBytes: 1e6, ...more })
  const outside = path.join(folder, 'outside')
  fs.mkdirSync(outside)
  fs.writeFileSync(path.join(outside, 'victim'), 'untouched')
  changeCatalog(set.catalog, sql.replaceAll('OUTSIDE', outside))
  return { ...set, outside, restored: path.join(folder, 'a', 'b', 'restored') }
}

/** Runs `sql` on a plain catalog, with whatever SQLite lets do who asks for it. */
export function changeCatalog(file: string, sql: string): void {
  if (sql === '') return
  const db = new Database(file)
  try {
    db.unsafeMode(true)
    db.exec(sql)
  } finally {
    db.close()
  }
}

/** An SQL statement that adds an entry; the rest is as the file `good` has it. */
export const addEntry = (name: string, type: string, link = 'NULL', content = 'NULL'): string =>
  `CREATE TEMP TABLE new AS SELECT * FROM entry WHERE path = 'good';
   UPDATE new SET path = ${name}, type = '${type}', mode = 511, content = ${content}, member = 'good', link = ${link};
   INSERT INTO entry SELECT * FROM new; DROP TABLE new;`

/** Nothing beside the destination is there that was not, and nothing there was touched. */
export function expectNothingOutside({ outside, restored }: HostileSet): void {
  expect(fs.readFileSync(path.join(outside, 'victim'), 'utf8')).toBe('untouched')
  expect(fs.readdirSync(outside)).toEqual(['victim'])
  const above = path.dirname(path.dirname(restored))
  if (!fs.existsSync(above)) return
  expect(fs.readdirSync(above)).toEqual(['b'])
  expect(fs.readdirSync(path.join(above, 'b'))).toEqual(['restored'])
}

/** What is in the destination. */
export const restoredNames = ({ restored }: HostileSet): string[] =>
  (fs.readdirSync(restored, { recursive: true, encoding: 'utf8' }) as string[]).sort()

export interface HostileRun {
  readonly status: number | null
  readonly stdout: string
  /** The lines of stderr. */
  readonly told: readonly string[]
  /** Of the program and everything it started, resident, in MB. */
  readonly peakMegabytes: number
}

const measure = path.resolve(import.meta.dirname, '../../scripts/peak-memory.ts')

/** Runs butcher; each of its processes must end by itself within so much CPU time. */
export function runHostile(args: readonly string[], cpuSeconds = 30): HostileRun {
  const [node, ...main] = program as [string, ...string[]]
  const { status, stdout, stderr } = spawnSync(
    node,
    // The shell's status tells that the kernel killed the program.
    [measure, 'bash', '-c', `ulimit -t ${cpuSeconds}; "$@"; exit $?`, '-', node, ...main, ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' },
      maxBuffer: 1e9,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  if (status === 137) throw new Error(`still at work after ${cpuSeconds} s of CPU: ${args.join(' ')}`)
  const lines = stderr.trimEnd().split('\n')
  const peak = /^peak (\d+) MB/m.exec(stderr)
  return {
    status,
    stdout,
    told: lines.filter((line) => !/^peak \d+ MB/.test(line)),
    peakMegabytes: Number(peak?.[1] ?? Number.NaN),
  }
}

/** Control characters, and what makes text read otherwise than it is written. */
// oxlint-disable-next-line no-control-regex
export const dangerous = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/u

/** The run failed, and said why in one plain line. */
export function expectOneLine(run: HostileRun, pattern: RegExp): void {
  expect(run.told.join('\n')).toMatch(pattern)
  expect(run.status).toBe(1)
  expect(run.told.filter((line) => line.startsWith('error:'))).toHaveLength(1)
  expect(run.told.at(-1)).toMatch(/^error: /)
  expect(run.told.join('\n')).not.toMatch(/^\s+at |SqliteError|TypeError|RangeError/m)
  expect(run.told.join('\n')).not.toMatch(dangerous)
}

/**
 * Puts `bytes` in the place of chunk `chunk`. The catalog and SHA256SUMS say that this was stored, and
 * nothing else speaks.
 */
export function putChunk(set: MadeSet, chunk: number, bytes: Uint8Array): void {
  const file = set.chunks[chunk - 1] as string
  fs.writeFileSync(file, bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  changeCatalog(
    set.catalog,
    `UPDATE chunk SET bytes = ${bytes.length}, sha256 = x'${sha256}' WHERE number = ${chunk}`,
  )
  for (const disc of set.discs) {
    fs.rmSync(path.join(disc, stagedCatalogFile(false)), { force: true })
    writeChecksums(disc)
  }
}

/** Restores in this process; what was told as warnings comes with the summary. */
export async function restoreHostile(
  set: HostileSet,
  more: Partial<RestoreOptions> = {},
): Promise<{
  readonly summary: RestoreSummary
  readonly told: readonly string[]
  readonly cpuSeconds: number
}> {
  const told: string[] = []
  const cpuSeconds = countCpuSeconds()
  const summary = await restore({
    from: [set.destination],
    destination: set.restored,
    jobs: 1,
    report: (event) => event.type === 'warning' && told.push(event.message),
    ...more,
  })
  return { summary, told, cpuSeconds: cpuSeconds() }
}
