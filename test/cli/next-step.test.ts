/** After damage, `verify` and `restore` name the command that mends it, and that command works. */

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { backup } from '../../src/commands/backup/backup.ts'
import { makeSpare } from '../../src/commands/spare/make-spare.ts'
import { remedyHint } from '../../src/cli/remedy-text.ts'
import { noise } from '../support/sample-trees.ts'
import { cli, cliJson, lastLine, program } from './cli.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-next-step-'))
const source = path.join(folder, 'source')
const set = path.join(folder, 'set')
afterAll(() => fs.rmSync(folder, { recursive: true }))

beforeEach(() => {
  for (const old of fs.readdirSync(folder)) fs.rmSync(path.join(folder, old), { recursive: true })
  fs.mkdirSync(source)
  for (let i = 0; i < 6; i++) fs.writeFileSync(path.join(source, `${i}`), noise(500_000, i))
})

const stage = (redundancy: number) =>
  backup({ source, destination: set, medium: '2MB', chunkSizeBytes: 400_000, jobs: 1, redundancy })

/** Bytes in the middle of a chunk of disc 2. */
function damage(): string {
  const chunks = path.join(set, 'disc-0002/chunks')
  const file = path.join(chunks, fs.readdirSync(chunks).sort()[0] as string)
  const bytes = fs.readFileSync(file)
  bytes.fill(0xff, 5000, 9000)
  fs.writeFileSync(file, bytes)
  return path.join(set, 'disc-0002')
}

/** Runs the command that an error names, in a folder of its own. */
function runNamed(error: string): { readonly status: number | null; readonly out: string } {
  const [, words] = /: butcher ([^(;]*) \(/.exec(error) ?? []
  const cwd = fs.mkdtempSync(path.join(folder, 'cwd-'))
  const call = `${program.join(' ')} ${words}`
  const { status } = spawnSync('sh', ['-c', call], { cwd })
  return { status, out: path.join(cwd, 'disc-0002') }
}

test('by a spare', async () => {
  await stage(0)
  await makeSpare({ destination: set, discs: [1, 2] })
  const disc = damage()
  const step = `to mend disc 2: butcher recover 2 ${set} disc-0002 (by spare 1 and disc 1)`
  const restored = cli(['restore', set, path.join(folder, 'out')])
  expect(restored.status).toBe(1)
  expect(lastLine(restored.stderr)).toMatch(/^error: \d files? not restored \(/)
  expect(lastLine(restored.stderr)).toContain(step)
  // The catalog on the disc itself is older than the spare.
  for (const words of [[set], [disc, '--index', path.join(set, 'catalog.sqlite')]]) {
    const verified = cli(['verify', ...words])
    expect(verified.status).toBe(1)
    expect(lastLine(verified.stderr)).toContain(step)
  }
  const { status, out } = runNamed(lastLine(restored.stderr))
  expect(status).toBe(0)
  expect(cli(['verify', out]).status).toBe(0)
  expect(cliJson(['verify', set]).find(({ type }) => type === 'summary')).toMatchObject({
    remedies: [{ disc: 2, place: disc, has_parity: false, spare: { spare: 1, discs: [1] }, copies: [] }],
  })
})

test('a spare: how to burn it, and its place', async () => {
  await stage(0)
  const made = cli(['spare', set, '1-2'])
  expect(made.stdout).toContain(`\nto burn it: butcher iso ${set} spare-1, then burn`)
  const located = cli(['discs', set, '--locate', 'spare-1', 'safe'])
  expect(located).toMatchObject({ status: 0, stderr: '' })
  expect(located.stdout).toMatch(/^spare 1 of discs 1, 2: \S+_SPARE_0001, .*, safe\n$/)
  const lines = cliJson(['discs', set, '--locate', 'spare-1', 'bank', '--locate', '1', 'shelf'])
  expect(lines.map(({ type, location }) => [type, location])).toEqual([
    ['disc', 'shelf'],
    ['spare', 'bank'],
    ['summary', undefined],
  ])
  expect(cli(['discs', set, '--lost', 'spare-1']).stderr).toBe(
    'spare 1 is lost: no later command counts on it\n',
  )
})

test('by parity', async () => {
  await stage(20)
  const disc = damage()
  const step = `to mend disc 2: butcher repair ${disc} disc-0002 (by its parity)`
  const verified = lastLine(cli(['verify', set]).stderr)
  expect(verified).toContain(step)
  expect(lastLine(cli(['restore', set, path.join(folder, 'out')]).stderr)).toContain(step)
  const { status, out } = runNamed(verified)
  expect(status).toBe(0)
  expect(cli(['verify', out]).status).toBe(0)
})

test('by nothing', async () => {
  await stage(0)
  damage()
  expect(lastLine(cli(['verify', set]).stderr)).not.toContain('to mend')
  expect(lastLine(cli(['restore', set, path.join(folder, 'out')]).stderr)).toMatch(
    /\(the warnings above name them; use another copy of the disc; --salvage also writes damaged files\)$/,
  )
})

test('another copy comes first, and each disc has its own step', () => {
  const remedy = { place: '/media/cd rom', hasParity: false, spare: null, copies: [] }
  expect(
    remedyHint(
      [
        { ...remedy, disc: 1, copies: [{ copy: 2, location: 'bank' }], hasParity: true },
        { ...remedy, disc: 3, spare: { spare: 2, discs: [4, 5] } },
        { ...remedy, disc: 7 },
      ],
      ['/srv/discs'],
    ),
  ).toBe(
    `to mend disc 1: use copy 2 (at: bank); or butcher repair '/media/cd rom' disc-0001 (by its parity); ` +
      `to mend disc 3: butcher recover 3 /srv/discs disc-0003 (by spare 2 and discs 4, 5)`,
  )
})
