import fs from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { takesAllRows } from '../support/rows.ts'
import { differences } from '../support/plant-tree.ts'
import { makeHandSet, storedElsewhere, type HandSet } from './hand-set.ts'
import {
  handPath,
  harmful,
  makeKey,
  plantStartupFiles,
  runBash,
  shortFolder,
  stopAgent,
} from './hand-tools.ts'
import { readmeScripts } from './shell-blocks.ts'

const base = shortFolder()
const bin = handPath(path.join(base, 'bin'), ['sqlite3'])
const passphrase = 'correct hörse'

afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

/** What differs in the end but for what only the catalog can tell. */
function differencesByReadme(set: HandSet, own: Readonly<Record<string, string>>): string[] {
  const env = { ...harmful, ...own }
  const disc = set.discs.at(-1) as string
  const scripts = readmeScripts(fs.readFileSync(path.join(disc, 'README.txt'), 'utf8'))
  const needed = scripts.get('WHAT IS NEEDED') ?? ''
  const home = own['HOME'] as string

  const script = `${needed}${scripts.get('EVERYTHING BACK, BY THE SCRIPT') as string}`
  const done = runBash(bin, ['-e', '-c', script], { cwd: disc, env })
  expect(done).toMatchObject({ status: 0 })
  expect(done.stdout).toContain('chunks/')
  expect(done.stdout).toContain('backup 1 ')
  expect(differences(set.states.at(-1) as string, path.join(home, 'restored'))).toBe('')

  // Step by step, in the folder of each disc; joining is the same after each.
  for (const each of set.discs) {
    const commands = readmeScripts(fs.readFileSync(path.join(each, 'README.txt'), 'utf8'))
    const steps = `${needed}${commands.get('EVERYTHING BACK, STEP BY STEP') as string}`
    const step = runBash(bin, ['-c', steps], { cwd: each, env })
    expect(step).toMatchObject({ status: 0, stderr: '' })
    expect(step.stdout).toMatch(/^1\|.*\|file\|/m)
  }
  const lines = differences(set.states.at(-1) as string, path.join(home, 'by-hand'), '-rlDnc').split('\n')
  return lines.filter((line) => line !== '' && !line.startsWith('*deleting') && !storedElsewhere.test(line))
}

function newHome(name: string): string {
  const home = path.join(base, name)
  fs.mkdirSync(home)
  plantStartupFiles(home)
  fs.writeFileSync(path.join(home, 'passphrase.txt'), `${passphrase}\n`)
  return home
}

test('the commands of README.txt, of a set in clear', async () => {
  const set = await makeHandSet(path.join(base, 'open'), {}, 2)
  expect(differencesByReadme(set, { HOME: newHome('h1') })).toEqual([])
})

test('the commands of README.txt, of a set with a passphrase', async () => {
  const set = await makeHandSet(path.join(base, 'locked'), { passphrase }, takesAllRows ? 2 : 1)
  expect(differencesByReadme(set, { HOME: newHome('h2') })).toEqual([])

  // A machine on which gpg never ran.
  const fresh = newHome('h4')
  fs.rmSync(path.join(fresh, '.gnupg'), { recursive: true })
  expect(differencesByReadme(set, { HOME: fresh })).toEqual([])
})

test('the commands of README.txt, of a set to keys', async () => {
  const key = makeKey(base)
  try {
    const set = await makeHandSet(path.join(base, 'keys'), { recipients: [key.publicKey] }, 1)
    expect(differencesByReadme(set, { HOME: newHome('h3'), GNUPGHOME: key.home })).toEqual([])
  } finally {
    stopAgent(key)
  }
})
