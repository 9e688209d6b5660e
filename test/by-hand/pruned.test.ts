/** After prunes, every backup that is left comes back by hand: by restore.sh and by the document. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { differences } from '../support/plant-tree.ts'
import { makePrunedSet, type PrunedSet } from '../support/pruned-set.ts'
import { rows } from '../support/rows.ts'
import { program } from '../support/tree.ts'
import { handPath, harmful, plantStartupFiles, runBash, shortFolder } from './hand-tools.ts'
import { documentScript, readmeScripts } from './shell-blocks.ts'

const base = shortFolder()
const bin = handPath(path.join(base, 'bin'), ['sqlite3', 'setfattr'])
const without = handPath(path.join(base, 'bin-plain'))
const passphrase = 'correct hörse'
afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

/** As `rclone copy` fetches them, after each prune. */
const sets: PrunedSet[] = []

beforeAll(async () => {
  const kinds = [
    ['open', { compress: 'none' as const }],
    ['locked', { passphrase }],
  ] as const
  for (const [name, options] of rows(kinds, [0])) {
    await makePrunedSet(path.join(base, name), options, async ({ source, destination, states }) => {
      const fetched = path.join(base, `${name}-${states.size}-${sets.length}`)
      program('rclone', ['copy', destination, path.join(fetched, 'discs')])
      const now = path.join(fetched, 'source')
      program('cp', ['-a', '--sparse=always', source, now])
      sets.push({ source: now, destination: path.join(fetched, 'discs'), states: new Map(states) })
    })
  }
})

let homes = 0
function newHome(set: PrunedSet): string {
  const home = path.join(base, `h${++homes}`)
  fs.mkdirSync(home)
  plantStartupFiles(home)
  fs.symlinkSync(set.destination, path.join(home, 'discs'))
  fs.writeFileSync(path.join(home, 'passphrase.txt'), `${passphrase}\n`)
  return home
}

const secretOf = (set: PrunedSet): Readonly<Record<string, string>> =>
  set.destination.includes('locked') ? { BUTCHER_PASSPHRASE: passphrase } : {}

test.each(rows([0, 1, 2, 3], [1]))('restore.sh with sqlite3: every backup of set %i', (place) => {
  const set = sets[place] as PrunedSet
  expect(set.states.size).toBe(2)
  for (const [number, state] of set.states) {
    const out = path.join(base, `out-${place}-${number}`)
    const args = [path.join(set.destination, 'disc-0001/restore.sh'), '--at', String(number), out]
    expect(runBash(bin, args, { env: secretOf(set) })).toMatchObject({ status: 0 })
    expect(differences(state, out)).toBe('')
  }
})

/** The catalog alone knows their names. */
const otherNames = ['stays', 'odd.butcher-name-0123456789abcdef', '.butcher/own', 'folder', 'moved']

/** The plain way brings older files besides. */
function expectNewest(set: PrunedSet, out: string, left: readonly string[] = []): void {
  const names = fs.readdirSync(set.source, { recursive: true, encoding: 'utf8' }) as string[]
  const wrong = names.filter((name) => {
    const [was, is] = [set.source, out].map((root) => path.join(root, name)) as [string, string]
    if (!fs.lstatSync(was).isFile() || [...otherNames, ...left].includes(name)) return false
    return !fs.existsSync(is) || !fs.readFileSync(is).equals(fs.readFileSync(was))
  })
  expect(wrong).toEqual([])
}

test.each(rows([0, 1, 2, 3], [1]))('restore.sh without sqlite3: the newest of set %i', (place) => {
  const set = sets[place] as PrunedSet
  const out = path.join(base, `plain-${place}`)
  const done = runBash(without, [path.join(set.destination, 'disc-0001/restore.sh'), out], {
    env: secretOf(set),
  })
  expect(done.stderr).not.toMatch(/on none of these discs|others are missing|not restored/)
  expect(done).toMatchObject({ status: 0 })
  expectNewest(set, out)
})

const catalog = ['Preparations', 'Opening a chunk', 'The catalog'] as const
const everything = [
  'Everything', 'Files in parts', 'Links', 'Is it all there, and right?', 'Extended attributes and ACLs',
  'Modes and times', 'Afterwards',
] // prettier-ignore

/** The document leaves the folder itself as the user made it. */
const inside = (lines: string): string[] =>
  lines.split('\n').filter((line) => line !== '' && !/^\.d\S+ \.\/$/.test(line))

test.each(rows([0, 1, 2, 3], [0]))('by the document: an older backup of set %i, and the newest', (place) => {
  const set = sets[place] as PrunedSet
  const [older, newest] = [...set.states.keys()] as [number, number]
  for (const [number, folder, headings] of [
    [older, 'restored-2', [...catalog, 'An older backup', ...everything]],
    [newest, 'restored', [...catalog, ...everything]],
  ] as const) {
    const home = newHome(set)
    const script = documentScript(headings).replace('BACKUP=2', `BACKUP=${older}`)
    const done = runBash(bin, ['-c', script], { cwd: home, env: { ...harmful, HOME: home } })
    expect(done.stdout).not.toMatch(/not sound|not right|damaged|FAILED|not here/)
    expect(done).toMatchObject({ status: 0, stderr: '' })
    expect(
      inside(differences(set.states.get(number) as string, path.join(home, folder), '-rlptHDAXJnc')),
    ).toEqual([])
  }
})

test.each(rows([0, 1, 2, 3], [1]))('by the document without sqlite3, and by README.txt: set %i', (place) => {
  const set = sets[place] as PrunedSet
  const home = newHome(set)
  const env = { ...harmful, HOME: home, ...secretOf(set) }
  const script = documentScript(['Preparations', 'Opening a chunk', 'Without sqlite3'])
  const plain = runBash(bin, ['-c', script], { cwd: home, env })
  expect(plain.stdout).not.toMatch(/not sound|not right|damaged|FAILED/)
  // Its chunks with the folder were dropped, and an older file of this name is still there.
  expectNewest(set, path.join(home, 'restored-all'), ['becomes-a-folder/inside'])
  const disc = path.join(set.destination, 'disc-0001')
  const readme = readmeScripts(fs.readFileSync(path.join(disc, 'README.txt'), 'utf8'))
  const steps = `${readme.get('WHAT IS NEEDED') ?? ''}${readme.get('EVERYTHING BACK, BY THE SCRIPT') as string}`
  expect(runBash(bin, ['-e', '-c', steps], { cwd: disc, env })).toMatchObject({ status: 0 })
  const newest = [...set.states.values()].at(-1) as string
  expect(inside(differences(newest, path.join(home, 'restored')))).toEqual([])
})
