/**
 * Runs the `sh` blocks of the documents, in order and as they are printed, in a new home with some photos. A
 * block that cannot run has a comment before it, `not run: WHY`.
 */

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { program } from '../cli/cli.ts'
import { noise } from '../support/sample-trees.ts'
import { documents, fences, isGenerated, preparation, readDocument } from './markdown.ts'

/** Here a test of its own runs the blocks: test/by-hand/document.test.ts. */
const elsewhere = 'docs/restore-by-hand.md'

function blocksOf(document: string): readonly string[] {
  const text = readDocument(document)
  if (isGenerated(text)) return []
  return fences(text)
    .filter(({ language, notRun }) => language === 'sh' && notRun === null)
    .map(({ code }) => code)
}

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'docs-'))
const bin = path.join(work, 'bin')
fs.mkdirSync(bin)
fs.writeFileSync(
  path.join(bin, 'butcher'),
  `#!/bin/sh\nexec ${program.map((word) => `'${word}'`).join(' ')} "$@"\n`,
  { mode: 0o755 },
)
const secret = path.join(work, 'passphrase')
fs.writeFileSync(secret, 'five random words of yours\n')
afterAll(() => fs.rmSync(work, { recursive: true, force: true }))

function makeHome(name: string): string {
  const home = path.join(work, name)
  for (const year of ['2024', '2025']) {
    fs.mkdirSync(path.join(home, 'photos', year), { recursive: true })
    for (let i = 1; i <= 6; i++) {
      const photo = path.join(home, 'photos', year, `IMG_000${i}.jpg`)
      fs.writeFileSync(photo, noise(300_000 + i, Number(year) + i))
    }
  }
  return home
}

const runnable = documents().filter((document) => document !== elsewhere && blocksOf(document).length > 0)

test('README and tutorial have blocks that run', () => {
  expect(runnable).toEqual(expect.arrayContaining(['README.md', 'docs/tutorial-photos.md']))
})

test.each(documents())('each comment "not run" of %s stands before a block', (document) => {
  const text = readDocument(document)
  const comments = text.match(/^<!-- not run: .* -->$/gm) ?? []
  expect(fences(text).filter(({ notRun }) => notRun !== null)).toHaveLength(comments.length)
})

/** Places of the machine itself, which no test may touch. */
const outside = /(?<=[\s=:"'])\/(?:etc|home|media|mnt|opt|root|srv|tmp|usr|var)\b\S*/g

test.each(runnable)('the shell blocks of %s run', (document) => {
  expect(blocksOf(document).join('\n').match(outside)).toBeNull()
  const home = makeHome(path.basename(document, '.md'))
  const script = ['set -eux', preparation(readDocument(document)), ...blocksOf(document)].join('\n')
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    cwd: home,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      HOME: home,
      PATH: `${bin}:${process.env['PATH']}`,
      TMPDIR: process.env['TMPDIR'] ?? os.tmpdir(),
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
      BUTCHER_PASSPHRASE_FILE: secret,
    },
  })
  expect(status, `${stdout}\n${stderr}`).toBe(0)
})
