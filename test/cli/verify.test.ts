import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { passphrase, runBackup, scratchFolder } from '../support/backup-set.ts'
import { noise } from '../support/sample-trees.ts'
import { cli, cliJson, lastLine, onTerminal } from './cli.ts'

const scratch = scratchFolder()
const at = (...names: string[]): string => path.join(scratch.folder, ...names)
const disc = at('sound', 'disc-0001')
const spoilt = at('spoilt', 'disc-0001')
const files = ['a-1', 'a-2', 'a-3', 'a-4', 'a-5', 'a-6', 'a-\u001b[2J']

/** An encrypted set that is sound, and a plain one with a chunk, the only one, that is not. */
beforeAll(async () => {
  fs.mkdirSync(at('source'))
  for (const [i, name] of files.entries()) fs.writeFileSync(at('source', name), noise(400, i))
  await runBackup({ source: at('source'), destination: at('sound'), passphrase })
  await runBackup({ source: at('source'), destination: at('spoilt'), compress: 'none' })
  spoil(spoilt)
})
afterAll(scratch.remove)

function spoil(folder: string): void {
  const [name] = fs.readdirSync(path.join(folder, 'chunks')) as [string]
  const file = path.join(folder, 'chunks', name)
  const bytes = fs.readFileSync(file)
  bytes[100] = (bytes[100] as number) ^ 1
  fs.writeFileSync(file, bytes)
}

test('a sound disc', () => {
  const { status, stdout, stderr } = cli(['verify', disc, '--passphrase', passphrase])
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(
    /^read: \d+ files \([^)]+\), in [^;]+; compared with the catalog and SHA256SUMS\nsound: disc 1\n$/,
  )
  expect(cli(['verify', disc, '--passphrase', passphrase, '--quiet'])).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  })
})

test('a damaged disc: which file, what it costs, and status 1', () => {
  const { status, stdout, stderr } = cli(['verify', spoilt])
  expect([status, stderr]).toEqual([
    1,
    'error: not sound: 1 file damaged; 7 source files affected (use another copy of the disc, if there is one; butcher restore finds out which of these files are undamaged)\n',
  ])
  const lines = stdout.split('\n')
  expect(lines.slice(0, 3)).toEqual([
    `disc 1, ${spoilt}`,
    expect.stringMatching(/^ {2}damaged {5}chunks\/00000001\.tar: /),
    'chunk 1 of disc 1 costs 7 files (2.80 kB):',
  ])
  expect(lines.slice(3, 9)).toEqual([
    ...[String.raw`a-\x1b[2J`, 'a-1', 'a-2', 'a-3', 'a-4'].map((name) => `  ${name}  400 B, backup 1`),
    '  and 2 more files: --all names them',
  ])
  expect(lines[9]).toMatch(/^read: /)
  expect(lines.slice(10)).toEqual([''])
})

test('--all names every file that is lost', () => {
  const { status, stdout } = cli(['verify', spoilt, '--all'])
  expect(status).toBe(1)
  expect(stdout.match(/^ {2}a-\S+ {2}400 B, backup 1$/gm)).toHaveLength(files.length)
  expect(stdout).not.toContain('more file')
})

test('--json: an object for each file and each loss, and the summary', () => {
  const rows = cliJson(['verify', spoilt])
  const of = (type: string): Record<string, unknown>[] => rows.filter((row) => row['type'] === type)
  expect(of('file').map((row) => [row['file'], row['status'], row['chunk'], row['disc']])).toEqual(
    expect.arrayContaining([
      ['README.txt', 'sound', null, 1],
      ['SHA256SUMS', 'sound', null, 1],
      ['catalog.sqlite.bz2', 'sound', null, 1],
      ['restore.sh', 'sound', null, 1],
      ['chunks/00000001.tar', 'damaged', 1, 1],
    ]),
  )
  expect(of('loss').map((row) => row['path'])).toEqual(files.toSorted())
  expect(of('loss')[0]).toEqual({
    type: 'loss', disc: 1, chunk: 1, path: files.at(-1), first_backup: 1, last_backup: 1, bytes: 400, copy: null,
  }) // prettier-ignore
  expect(of('summary')).toEqual([
    expect.objectContaining({
      files: 6,
      sound: 5,
      damaged: 1,
      missing: 0,
      lost_chunks: [1],
      lost_files: 7,
      by_catalog: true,
    }),
  ])
  expect(of('error')).toEqual([expect.objectContaining({ message: expect.stringContaining('not sound') })])
})

test('an encrypted set without a secret and a terminal goes by SHA256SUMS, and says so', () => {
  const { status, stdout, stderr } = cli(['verify', disc])
  expect(status).toBe(0)
  expect(stderr).toMatch(/^warning: the set is encrypted, and no passphrase or key was given: compared with/)
  expect(stdout).toMatch(/; compared with SHA256SUMS only\n/)
})

test('a wrong secret is told', () => {
  const { status, stderr } = cli(['verify', disc, '--passphrase', 'another'])
  expect([status, lastLine(stderr)]).toEqual([12, expect.stringMatching(/^error: wrong passphrase/)])
})

test('a terminal is asked for the passphrase; Enter alone goes by SHA256SUMS', async () => {
  const asked = await onTerminal(['verify', disc], [[`Passphrase for ${disc}: `, `${passphrase}\r`]])
  expect(asked.status).toBe(0)
  expect(asked.output).toContain('compared with the catalog and SHA256SUMS')
  expect(asked.output).not.toContain('no passphrase or key was given')
  const without = await onTerminal(['verify', disc], [[`Passphrase for ${disc}: `, '\r']])
  expect(without.status).toBe(0)
  expect(without.output).toContain('compared with SHA256SUMS only')
})
