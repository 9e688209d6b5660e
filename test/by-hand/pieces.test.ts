/** A file in pieces comes back by the commands of README.txt and of the document, with dd. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runBackup } from '../support/backup-set.ts'
import { differences } from '../support/plant-tree.ts'
import { noise } from '../support/sample-trees.ts'
import { handPath, harmful, plantStartupFiles, runBash, shortFolder } from './hand-tools.ts'
import { documentScript, readmeScripts } from './shell-blocks.ts'

const MiB = 1 << 20
const base = shortFolder()
const bin = handPath(path.join(base, 'bin'), ['sqlite3', 'setfattr'])
const source = path.join(base, 'source')
const destination = path.join(base, 'dest')
afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

/** The older state, by its hard link; the newer one is the source. */
const older = path.join(base, 'older')

beforeAll(async () => {
  fs.mkdirSync(path.join(source, 'a folder'), { recursive: true })
  const card = path.join(source, "a folder/a card's image")
  const piece = noise(MiB, 1)
  const end = Buffer.from('the end')
  fs.writeFileSync(card, Buffer.concat([piece, Buffer.alloc(2 * MiB), piece, noise(MiB, 2), end]))
  fs.writeFileSync(path.join(source, 'small'), 'small\n')
  fs.writeFileSync(path.join(source, 'zeros'), Buffer.alloc(2 * MiB))
  const options = { source, destination, piecesFromBytes: MiB, compress: 'none' as const }
  await runBackup(options)
  fs.cpSync(source, older, { recursive: true, preserveTimestamps: true })
  const fd = fs.openSync(card, 'r+')
  fs.writeSync(fd, 'changed', 4.5 * MiB)
  fs.closeSync(fd)
  await runBackup(options)
})

let homes = 0
function newHome(): string {
  const home = path.join(base, `h${++homes}`)
  fs.mkdirSync(home)
  plantStartupFiles(home)
  fs.symlinkSync(destination, path.join(home, 'discs'))
  return home
}

const catalog = ['Preparations', 'Opening a chunk', 'The catalog'] as const
const everything = ['Everything', 'Files in parts', 'Is it all there, and right?', 'Modes and times'] as const

test.each([
  ['the newest backup', [...catalog, ...everything], source, 'restored'],
  ['an older backup', [...catalog, 'An older backup', ...everything], older, 'restored-2'],
  ['without sqlite3', ['Preparations', 'Opening a chunk', 'Without sqlite3'], source, 'restored-all'],
])('by the document: %s', (_, headings, state, folder) => {
  const home = newHome()
  const script = documentScript(headings).replace('BACKUP=2', 'BACKUP=1')
  const done = runBash(bin, ['-c', script], { cwd: home, env: { ...harmful, HOME: home } })
  expect(done).toMatchObject({ status: 0, stderr: '' })
  expect(done.stdout).not.toMatch(/not sound|not right|damaged|FAILED/)
  const lines = differences(state, path.join(home, folder), '-rlnc').split('\n')
  expect(lines.filter((line) => line !== '' && !/^\*deleting .*\.butcher-pieces/.test(line))).toEqual([])
})

test('by README.txt, step by step', () => {
  const home = newHome()
  const disc = path.join(destination, 'disc-0001')
  const readme = fs.readFileSync(path.join(disc, 'README.txt'), 'utf8')
  expect(readme.split('\n').filter((line) => line.length > 79)).toEqual([])
  const scripts = readmeScripts(readme)
  const steps = `${scripts.get('WHAT IS NEEDED')}${scripts.get('EVERYTHING BACK, STEP BY STEP')}`
  const done = runBash(bin, ['-c', steps], { cwd: disc, env: { ...harmful, HOME: home } })
  expect(done).toMatchObject({ status: 0, stderr: '' })
  const lines = differences(source, path.join(home, 'by-hand'), '-rlnc').split('\n')
  expect(lines.filter((line) => line !== '' && !/^\*deleting .*butcher-pieces/.test(line))).toEqual([])
})
