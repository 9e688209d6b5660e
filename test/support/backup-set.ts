/** Runs real backups for the tests, and reads back what they left with the programs that others would use. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { backup } from '../../src/commands/backup/backup.ts'
import type { BackupOptions, BackupSummary } from '../../src/commands/backup/backup-options.ts'
import { restore } from '../../src/commands/restore/restore.ts'
import type { RestoreOptions } from '../../src/commands/restore/restore-options.ts'
import type { ButcherEvent } from '../../src/events.ts'
import { parseMedium } from '../../src/format/medium.ts'
import { describeTree, program } from './tree.ts'

export const passphrase = 'correct horse'

/** A folder for one test file; `remove` it in the end. */
export function scratchFolder(): { readonly folder: string; readonly remove: () => void } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backup-'))
  return { folder, remove: () => fs.rmSync(folder, { recursive: true, force: true }) }
}

export interface BackupRun extends BackupSummary {
  readonly events: readonly ButcherEvent[]
  /** Paths and messages of the warnings. */
  readonly told: readonly string[]
}

export async function runBackup(
  options: BackupOptions,
  onEvent: (event: ButcherEvent) => void = () => {},
): Promise<BackupRun> {
  const events: ButcherEvent[] = []
  const report = (event: ButcherEvent): void => {
    events.push(event)
    onEvent(event)
  }
  const summary = await backup({ jobs: 1, ...options, report })
  const told = events.flatMap((event) =>
    event.type === 'warning' ? [`${event.path ?? ''}: ${event.message}`] : [],
  )
  return { ...summary, events, told }
}

/** Restores into a new folder, and describes what came back. */
export async function restored(
  options: Omit<RestoreOptions, 'destination'> & { readonly into: string },
): Promise<string[]> {
  const { into, ...rest } = options
  fs.rmSync(into, { recursive: true, force: true })
  const told: string[] = []
  const summary = await restore({
    jobs: 1,
    ...rest,
    destination: into,
    report: (event) => event.type === 'warning' && told.push(`${event.path ?? ''}: ${event.message}`),
  })
  expect(told).toEqual([])
  expect(summary.failed).toBe(0)
  return describeTree(into)
}

/** The disc folders in `place`, disc 1 first. */
export const discFolders = (place: string): string[] =>
  fs
    .readdirSync(place)
    .filter((name) => /^disc-\d+$/.test(name))
    .sort()
    .map((name) => path.join(place, name))

/** As somebody who burns the discs: moves them away. */
export function burn(destination: string, shelf: string): void {
  fs.mkdirSync(shelf, { recursive: true })
  for (const disc of discFolders(destination)) fs.renameSync(disc, path.join(shelf, path.basename(disc)))
}

/** The chunk files of discs, in the order of their numbers. */
export const chunkFiles = (discs: readonly string[]): string[] =>
  discs
    .flatMap((disc) =>
      fs.readdirSync(path.join(disc, 'chunks')).map((name) => path.join(disc, 'chunks', name)),
    )
    .sort((a, b) => (path.basename(a) < path.basename(b) ? -1 : 1))

const decompressors: Readonly<Record<string, string>> = { bz2: 'bzip2', gz: 'gzip', zst: 'zstd', xz: 'xz' }

/** The tar in a chunk, got out with gpg and the compressor's own program. */
export function tarOf(chunk: string, secret: string = passphrase): Buffer {
  let bytes: Buffer = fs.readFileSync(chunk)
  let name = path.basename(chunk)
  if (name.endsWith('.gpg')) {
    bytes = decryptByGpg(bytes, secret)
    name = name.slice(0, -4)
  }
  const extension = path.extname(name).slice(1)
  const used = decompressors[extension]
  return used === undefined ? bytes : program(used, ['-dc'], { input: bytes })
}

export function decryptByGpg(message: Uint8Array, secret: string = passphrase): Buffer {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'bg-'))
  try {
    const given = path.join(home, 'passphrase')
    fs.writeFileSync(given, secret)
    const options = ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback']
    return program('gpg', [...options, '--passphrase-file', given, '-d'], { input: message })
  } finally {
    fs.rmSync(home, { recursive: true, force: true })
  }
}

export interface Member {
  /** Bytes that are no UTF-8 as lone surrogates, as in src/format/path-text.ts. */
  readonly name: string
  readonly type: 'file' | 'dir' | 'symlink' | 'fifo' | 'other'
  readonly size: number
  readonly mode: number
  readonly mtime: number
  readonly uid: number
  readonly link: string
  readonly sha256: string
}

/**
 * The names of a tar's members as tar itself lists them, their bytes in latin1, without those of the program.
 */
export const memberNames = (tar: Buffer): string[] =>
  program('tar', ['-t', '--quoting-style=c', '-f', '-'], { input: tar })
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map(unquoted)
    .filter((name) => !name.startsWith('.butcher/'))

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
}

/** A name as C would write it. */
const unquoted = (quoted: string): string =>
  quoted
    .slice(1, -1)
    .replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
      /^[0-7]{3}$/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (escapes[code] ?? code),
    )

/** The members of tars as Python's tarfile reads them, without those of the program itself. */
export function membersOf(tars: readonly Buffer[]): Member[] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backup-tars-'))
  try {
    const files = tars.map((tar, i) => path.join(folder, String(i)))
    for (const [i, file] of files.entries()) fs.writeFileSync(file, tars[i] as Buffer)
    return JSON.parse(program('python3', ['-c', listScript, ...files]).toString()) as Member[]
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

const listScript = `
import hashlib, json, sys, tarfile
kinds = {tarfile.REGTYPE: 'file', tarfile.DIRTYPE: 'dir', tarfile.SYMTYPE: 'symlink', tarfile.FIFOTYPE: 'fifo'}
found = []
for name in sys.argv[1:]:
    with tarfile.open(name, mode='r:') as tar:
        for m in tar:
            if m.name.startswith('.butcher/'): continue
            data = tar.extractfile(m).read() if m.isreg() else b''
            found.append(dict(name=m.name, type=kinds.get(m.type, 'other'), size=m.size, mode=m.mode, mtime=m.mtime,
                uid=m.uid, link=m.linkname, sha256=hashlib.sha256(data).hexdigest()))
print(json.dumps(found))
`

/** Every member of the chunks but what the program keeps there for itself. */
export const storedMembers = (chunks: readonly string[]): Member[] =>
  membersOf(chunks.map((chunk) => tarOf(chunk)))

/** Whether the discs hold what they say and fit their medium, told by sha256sum and xorriso. */
export function checkDiscs(discs: readonly string[], medium: string): void {
  const { capacityBytes } = parseMedium(medium)
  for (const disc of discs) {
    program('sha256sum', ['-c', '--strict', '--quiet', 'SHA256SUMS'], { cwd: disc })
    const listed = fs
      .readFileSync(path.join(disc, 'SHA256SUMS'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(66))
    const there = (fs.readdirSync(disc, { recursive: true, encoding: 'utf8' }) as string[]).filter((name) =>
      fs.statSync(path.join(disc, name)).isFile(),
    )
    expect(there.filter((name) => name !== 'SHA256SUMS').sort()).toEqual(listed.sort())
    if (capacityBytes !== Infinity) expect(imageSectors(disc) * 2048).toBeLessThanOrEqual(capacityBytes)
  }
}

/** The sectors that the disc takes as ISO 9660 with Rock Ridge and Joliet. */
export function imageSectors(disc: string): number {
  const args = ['-as', 'mkisofs', '-quiet', '-iso-level', '3', '-R', '-J', '-no-pad', '-print-size', disc]
  return Number(program('xorriso', args).toString().trim().split('\n').at(-1))
}

/** Every file below a folder with its size and time, to tell whether anything was written. */
export function fingerprint(folder: string): string[] {
  if (!fs.existsSync(folder)) return ['(not there)']
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[]
  return names.sort().map((name) => {
    const stat = fs.lstatSync(path.join(folder, name), { bigint: true })
    return `${name} ${stat.isDirectory() ? 'dir' : `${stat.size} ${stat.mtimeNs} ${stat.ino}`}`
  })
}
