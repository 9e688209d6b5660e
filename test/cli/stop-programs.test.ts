/** SIGINT while another program gives no answer: the command ends, and the program with it. */

import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findProgram } from '../../src/programs/find-program.ts'
import { runBackup, scratchFolder } from '../support/backup-set.ts'
import { noise } from '../support/sample-trees.ts'
import { lastLine, program } from './cli.ts'

const scratch = scratchFolder()
const at = (...names: string[]): string => path.join(scratch.folder, ...names)
const destination = at('dest')
const disc = at('dest', 'disc-0001')

beforeAll(async () => {
  fs.mkdirSync(at('source'))
  for (let i = 0; i < 3; i++) fs.writeFileSync(at('source', `file-${i}`), noise(300_000, i))
  fs.writeFileSync(at('source', 'text'), 'packed well\n'.repeat(100_000))
  await runBackup({ source: at('source'), destination, compress: 'bz2', medium: '100MB' })
  await runBackup({ source: at('source'), destination: at('xz'), compress: 'xz', medium: '100MB' })
})
afterAll(scratch.remove)

/**
 * Puts a program in place of `name` that hangs, and does not obey SIGTERM, where its words are like
 * `pattern`.
 */
function hangingProgram(
  name: string,
  pattern: string,
): { readonly folder: string; readonly pids: () => string[] } {
  const folder = fs.mkdtempSync(at('bin-'))
  const hangs = `trap '' TERM; echo $$ >>'${folder}/hung'; sleep 100; sleep 100`
  const script = `#!/bin/bash\ncase "$*" in ${pattern}) ${hangs};; esac\nexec '${findProgram(name)}' "$@"\n`
  fs.writeFileSync(path.join(folder, name), script, { mode: 0o755 })
  const pids = (): string[] => {
    const file = path.join(folder, 'hung')
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : []
  }
  return { folder, pids }
}

const groupsThere = (pids: readonly string[]): string[] =>
  execFileSync('ps', ['-eo', 'pgid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => pids.some((pid) => new RegExp(`^\\s*${pid}\\s+[^Z]`).test(line)))

test.each([
  ['xorriso', '*print-size*', ['iso', destination]],
  ['xorriso', '*mkisofs*-o?-*', ['iso', destination]],
  ['xorriso', '*-toc*', ['burn', destination, '--device', `stdio:${at('1.iso')}`]],
  ['xorriso', '*mkisofs*-o?-*', ['burn', destination, '--device', `stdio:${at('2.iso')}`]],
  ['xorriso', '*cdrecord*', ['burn', destination, '--device', `stdio:${at('3.iso')}`]],
  ['xz', '*-d*', ['restore', at('xz'), at('out')]],
  ['lbzip2', '*-d*', ['list', disc]],
  ['lbzip2', '*-d*', ['rebuild', disc, at('catalog.sqlite')]],
] as const)('%s %s, for %j', async (name, pattern, words) => {
  expect(findProgram(name), `${name} is not installed`).toBeDefined()
  const hanging = hangingProgram(name, pattern)
  const [file, ...before] = program as [string, ...string[]]
  const child = spawn(file, [...before, ...words, '--quiet'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PATH: `${hanging.folder}:${process.env['PATH']}` },
  })
  let stderr = ''
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
  const timer = setInterval(() => {
    if (hanging.pids().length === 0) return
    clearInterval(timer)
    child.kill('SIGINT')
  }, 20)
  const status = await new Promise((resolve) => child.on('close', resolve))
  clearInterval(timer)
  expect([status, lastLine(stderr)]).toEqual([130, expect.stringMatching(/^error: stopped/)])
  expect(groupsThere(hanging.pids())).toEqual([])
})

test.each([['xz', '*-6*', 'xz']])(
  '%s %s in a backup: the second signal does not wait for its chunk',
  async (name, pattern, compress) => {
    const hanging = hangingProgram(name, pattern)
    const [file, ...before] = program as [string, ...string[]]
    const words = ['backup', at('source'), at(`new-${compress}`), '--compress', compress]
    const child = spawn(file, [...before, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PATH: `${hanging.folder}:${process.env['PATH']}` },
    })
    let stderr = ''
    child.stderr.on('data', (piece: Buffer) => {
      const isFirst = !stderr.includes('stopping')
      stderr += piece.toString()
      if (isFirst && stderr.includes('stopping')) child.kill('SIGINT')
    })
    const timer = setInterval(() => {
      if (hanging.pids().length === 0) return
      clearInterval(timer)
      child.kill('SIGINT')
    }, 20)
    const status = await new Promise((resolve) => child.on('close', resolve))
    clearInterval(timer)
    expect([status, lastLine(stderr)]).toEqual([130, expect.stringMatching(/^error: stopped/)])
    expect(groupsThere(hanging.pids())).toEqual([])
  },
)
