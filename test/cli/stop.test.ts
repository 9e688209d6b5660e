/** SIGINT and SIGTERM: a command stops cleanly, says so in one line, and leaves nothing half-written. */

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { passphrase, runBackup, scratchFolder } from '../support/backup-set.ts'
import { builtPackage } from '../support/built.ts'
import { noise } from '../support/sample-trees.ts'
import { lastLine, program } from './cli.ts'
import { rows } from '../support/rows.ts'

const scratch = scratchFolder()
const at = (...names: string[]): string => path.join(scratch.folder, ...names)
const destination = at('dest')
const disc = at('dest', 'disc-0001')

beforeAll(async () => {
  fs.mkdirSync(at('source'))
  for (let i = 0; i < 10; i++) fs.writeFileSync(at('source', `file-${i}`), noise(4_000_000, i))
  await runBackup({
    source: at('source'),
    destination,
    passphrase,
    compress: 'none',
    chunkSizeBytes: 4_500_000,
  })
})
afterAll(scratch.remove)

interface Stopped {
  readonly status: number | null
  readonly stderr: string
}

/** Signals a run as soon as `isUnderWay`; once more where it says that this stops at once. */
async function stop(
  words: readonly string[],
  signals: readonly NodeJS.Signals[],
  isUnderWay: (stdout: string) => boolean,
  command: readonly string[] = program,
): Promise<Stopped> {
  const [file, ...before] = command as [string, ...string[]]
  fs.mkdirSync(at('tmp'), { recursive: true })
  const child = spawn(file, [...before, ...words, '--passphrase', passphrase, '--no-progress'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: at('tmp') },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
  const timer = setInterval(() => {
    if (!isUnderWay(stdout)) return
    clearInterval(timer)
    for (const signal of signals) child.kill(signal)
  }, 1)
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearInterval(timer)
  return { status, stderr }
}

const namesIn = (folder: string): string[] => (fs.existsSync(folder) ? fs.readdirSync(folder) : [])
const isRestoring = (out: string) => (): boolean =>
  namesIn(out).some((name) => name.startsWith('.butcher-restore-'))

/** A file that is there is there as it was; its time is the last thing it gets, before its name. */
function checkRestored(out: string): void {
  for (const name of namesIn(out)) {
    expect(name).toMatch(/^file-\d$/)
    expect(fs.readFileSync(path.join(out, name)).equals(fs.readFileSync(at('source', name)))).toBe(true)
  }
}

test.each(rows(['SIGINT', 'SIGTERM'] as const, [1]))('restore at %s', async (signal) => {
  const out = at(`out-${signal}`)
  const stopped = await stop(['restore', destination, out], [signal], isRestoring(out))
  expect(stopped).toEqual({
    status: 130,
    stderr:
      'stopping... press Ctrl-C again to quit at once\nerror: stopped; run the same command again to continue\n',
  })
  checkRestored(out)
  expect(namesIn(at('tmp'))).toEqual([])
})

test('restore at a second signal: at once, and no half file has its name', async () => {
  const out = at('out-twice')
  const stopped = await stop(['restore', destination, out], ['SIGINT', 'SIGTERM'], isRestoring(out))
  expect([stopped.status, lastLine(stopped.stderr)]).toEqual([
    130,
    'error: stopped; run the same command again to continue',
  ])
  checkRestored(out)
  expect(namesIn(at('tmp'))).toEqual([])
})

test('verify', async () => {
  // A hole takes no room, and seconds to be read through.
  const holed = at('holed', 'disc-0001')
  fs.mkdirSync(path.join(holed, 'chunks'), { recursive: true })
  fs.writeFileSync(path.join(holed, 'hole'), '')
  fs.truncateSync(path.join(holed, 'hole'), 20e9)
  fs.writeFileSync(path.join(holed, 'SHA256SUMS'), `${'0'.repeat(64)}  hole\n`)
  const stopped = await stop(['verify', holed, '--json'], ['SIGINT'], (told) => told.includes('"progress"'))
  expect([stopped.status, stopped.stderr.split('\n').filter((line) => /^error|stop/.test(line))]).toEqual([
    130,
    ['error: stopped'],
  ])
  expect(namesIn(at('tmp'))).toEqual([])
})

test('rebuild', async () => {
  const catalog = at('catalog.sqlite')
  const isReading = (): boolean => namesIn(at('tmp')).some((name) => name.startsWith('butcher-rebuild-'))
  const stopped = await stop(['rebuild', disc, catalog], ['SIGTERM'], isReading)
  expect(stopped).toEqual({ status: 130, stderr: 'error: stopped\n' })
  expect([fs.existsSync(catalog), namesIn(at('tmp'))]).toEqual([false, []])
})

test('iso', async () => {
  const isMaking = (): boolean => namesIn(at('dest/.butcher/new')).some((name) => name.endsWith('.iso'))
  const stopped = await stop(['iso', destination], ['SIGINT'], isMaking)
  expect(stopped).toEqual({ status: 130, stderr: 'error: stopped\n' })
  expect(namesIn(destination).filter((name) => name.endsWith('.iso'))).toEqual([])
  expect(namesIn(at('dest/.butcher/new'))).toEqual([])
  expect(fs.existsSync(at('dest/.butcher/lock'))).toBe(false)
})

test('as it is installed', async () => {
  const out = at('out-installed')
  const butcher = [process.execPath, path.join(builtPackage(), 'bin/butcher.js')]
  const stopped = await stop(['restore', destination, out], ['SIGTERM'], isRestoring(out), butcher)
  expect([stopped.status, lastLine(stopped.stderr)]).toEqual([
    130,
    'error: stopped; run the same command again to continue',
  ])
  checkRestored(out)
  expect(namesIn(at('tmp'))).toEqual([])
})
