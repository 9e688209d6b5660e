/**
 * What a run needs and leaves around itself: another machine after a crash, signals, readers beside it, a
 * full TMPDIR.
 */

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, lastLine, program } from '../../cli/cli.ts'
import { troublesOf } from '../../support/check-set.ts'
import { buildFaults } from '../../support/faults/faults.ts'
import { noise } from '../../support/sample-trees.ts'
import { program as tool } from '../../support/tree.ts'
import { fingerprint, passphrase, runBackup } from '../../support/backup-set.ts'

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'surroundings-'))
const source = path.join(scratch, 'source')
const destination = path.join(scratch, 'dest')
const at = (name: string): string => path.join(scratch, name)
let run: ReturnType<typeof buildFaults>

beforeAll(async () => {
  fs.mkdirSync(source)
  for (let i = 0; i < 4; i++) fs.writeFileSync(path.join(source, `secret-name-${i}`), noise(60_000, i))
  await runBackup({ source, destination, passphrase })
  run = buildFaults(scratch)
})
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }))

const words = (into: string, ...more: string[]): string[] => [
  'backup', source, into, '--passphrase', passphrase, '--chunk-size', '70KB', '--jobs', '1', '--no-progress', ...more,
] // prettier-ignore

test('commands that read change nothing below a destination', () => {
  const before = fingerprint(destination)
  const calls: readonly string[][] = [
    ['restore', destination, at('out')],
    ['restore', path.join(destination, 'disc-0001'), at('out')],
    ['list', destination],
    ['find', destination, '*'],
    ['verify', path.join(destination, 'disc-0001')],
  ]
  for (const call of calls) {
    const ended = run([...call, '--passphrase', passphrase], { below: destination })
    expect([call, ended.status, ended.stderr, ended.calls]).toEqual([call, 0, '', []])
  }
  expect(fingerprint(destination)).toEqual(before)
})

test('after a kill the destination is enough: another folder for temporary files, home and host', async () => {
  const into = at('world/dest')
  fs.mkdirSync(at('world'))
  fs.mkdirSync(at('tmp-1'))
  const { calls } = run(words(into, '--dry-run'), { below: at('world') })
  expect(calls).toEqual([])
  const killed = run(words(into), { below: at('world'), at: 60, fault: 'kill', env: { TMPDIR: at('tmp-1') } })
  expect(killed.signal).toBe('SIGKILL')
  const records = fs.readdirSync(path.join(into, '.butcher/journal'))
  expect(records.length).toBeGreaterThan(0)
  // The lock is that of a container that is gone, which stops renewing it.
  fs.rmSync(at('tmp-1'), { recursive: true })
  fs.mkdirSync(at('tmp-2'))
  const lock = path.join(into, '.butcher/lock')
  fs.writeFileSync(
    lock,
    JSON.stringify({ ...JSON.parse(fs.readFileSync(lock, 'utf8')), host: 'container-1' }),
  )
  const refused = cli(words(into))
  expect(lastLine(refused.stderr)).toMatch(/^error: .* is in use by process \d+ on container-1, since /)
  const longAgo = new Date(Date.now() - 150_000)
  fs.utimesSync(lock, longAgo, longAgo)
  const chunks = fs.readdirSync(path.join(into, 'disc-0001/chunks')).slice(0, records.length)
  expect(cli(words(into), { TMPDIR: at('tmp-2'), HOME: at('tmp-2') })).toMatchObject({
    status: 0,
    stderr: '',
  })
  expect(fs.readdirSync(path.join(into, 'disc-0001/chunks'))).toEqual(expect.arrayContaining(chunks))
  const out = at('out-2')
  expect(
    await troublesOf({ destination: into, passphrase, source, secrets: ['secret-name'], into: out }),
  ).toEqual([])
})

test('a folder for temporary files that is full or not there is named', () => {
  const full = at('full')
  fs.mkdirSync(full)
  tool('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', full]) // needs root
  try {
    const cases: readonly (readonly [string, string, string])[] = [
      [at('dest-2'), full, 'no space left on the device .*/full'],
      [destination, full, '/full.*: no space left on the device'],
      [at('dest-2'), at('nowhere'), '/nowhere.*: no such file or directory'],
    ]
    for (const [into, place, line] of cases) {
      const { status, stderr } = cli(words(into), { TMPDIR: place })
      expect([status, lastLine(stderr)]).toEqual([1, expect.stringMatching(`^error: .*${line}`)])
      expect(fs.existsSync(at('dest-2'))).toBe(false)
    }
  } finally {
    tool('umount', [full])
  }
})

test('a stop is heard while the source is walked', async () => {
  const stop = new AbortController()
  const seen: string[] = []
  const stopped = runBackup({ source, destination: at('dest-3'), signal: stop.signal }, (event) => {
    if (event.type === 'stage' && event.stage === 'scan') setImmediate(() => stop.abort())
    seen.push(event.type)
  })
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
  expect(seen.filter((type) => type !== 'note')).toEqual(['stage'])
})

test.each(['SIGTERM', 'SIGHUP'] as const)('%s stops a run cleanly, a second one at once', async (signal) => {
  const into = at(`dest-${signal}`)
  const [command, ...before] = program as [string, ...string[]]
  const child = spawn(command, [...before, ...words(into, '--compress', 'bz2')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (piece: Buffer) => {
    const isAsked = /press Ctrl-C again to quit at once/.test(stderr)
    stderr += piece.toString()
    if (signal !== 'SIGHUP' || isAsked) return
    if (stderr.includes('press Ctrl-C again to quit at once')) child.kill(signal)
  })
  const timer = setInterval(() => {
    if (!fs.existsSync(path.join(into, '.butcher/lock'))) return
    clearInterval(timer)
    child.kill(signal)
  }, 2)
  const status = await new Promise((resolve) => child.on('close', resolve))
  clearInterval(timer)
  expect(status).toBe(130)
  expect(lastLine(stderr)).toMatch(
    /^error: stopped(: nothing is stored yet; run the same command to begin again|; run the same command again to continue)$/,
  )
})
