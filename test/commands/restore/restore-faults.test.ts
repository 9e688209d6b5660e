/**
 * A restore with a fault at a call that changes the disk; here at some, `npm run test:faults` takes all of
 * them.
 */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restore } from '../../../src/commands/restore/restore.ts'
import { buildFaults, type Call, type Fault } from '../../support/faults/faults.ts'
import { rows } from '../../support/rows.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree } from '../../support/tree.ts'
import { passphrase, runBackup } from '../../support/backup-set.ts'

const takesAll = process.env['FAULTS'] === 'all'
const step = Number(process.env['FAULTS_STEP'] ?? 1)
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'restore-faults-'))
const source = path.join(scratch, 'source')
const destination = path.join(scratch, 'dest')
const world = path.join(scratch, 'world')
const into = path.join(world, 'out')
let run: ReturnType<typeof buildFaults>
let calls: readonly Call[]
let injected = 0

const words = ['restore', destination, into, '--passphrase', passphrase, '--jobs', '1', '--no-progress']
const clear = (): void => {
  fs.rmSync(world, { recursive: true, force: true })
  fs.mkdirSync(world)
}

beforeAll(async () => {
  run = buildFaults(scratch)
  fs.mkdirSync(path.join(source, 'folder'), { recursive: true })
  for (const name of ['a', 'b', 'folder/c'])
    fs.writeFileSync(path.join(source, name), noise(20_000, name.length))
  fs.writeFileSync(path.join(source, 'large'), noise(200_000, 9))
  fs.writeFileSync(path.join(source, 'empty'), '')
  fs.linkSync(path.join(source, 'a'), path.join(source, 'linked'))
  fs.symlinkSync('a', path.join(source, 'symlink'))
  fs.chmodSync(path.join(source, 'folder'), 0o555)
  await runBackup({ source, destination, passphrase, chunkSizeBytes: 90_000 })
  clear()
  calls = run(words, { below: world }).calls
})
afterAll(() => {
  fs.rmSync(scratch, { recursive: true, force: true })
  if (takesAll) console.log(`${injected} faults injected`)
})

const causes: Partial<Record<Fault, RegExp>> = {
  eio: /input\/output error/,
  enospc: /no space left on the device/,
  gone: /input\/output error/,
}

async function troublesAt(fault: Fault, { number, name, path: where }: Call): Promise<string[]> {
  injected++
  clear()
  const { status, signal, stderr } = run(words, { below: world, at: number, fault })
  const last = stderr.trimEnd().split('\n').at(-1) ?? ''
  const isClear =
    fault === 'kill'
      ? signal === 'SIGKILL'
      : status === 0 ||
        (status === 1 && last.startsWith('error: ') && causes[fault]?.test(stderr) && stderr.includes(world))
  const what = `${fault} at ${number}, ${name} ${where}`
  const troubles = isClear ? [] : [`${what}: ended with ${status} ${signal}: ${stderr}`]
  try {
    await restore({ from: [destination], destination: into, passphrase, jobs: 1 })
  } catch (error) {
    troubles.push(`${what}: does not go on: ${String(error)}`)
  }
  const [was, is] = [describeTree(source), describeTree(into)]
  return [
    ...troubles,
    ...is.filter((line) => !was.includes(line)),
    ...was.filter((line) => !is.includes(line)),
  ]
}

const picks: readonly (readonly [Fault, (call: Call) => boolean])[] = [
  ['kill', ({ name, other }) => name === 'rename' && other.endsWith('/large')],
  ['eio', ({ name }) => name === 'write'],
  ['enospc', ({ name, path: where }) => name === 'mkdir' && where.endsWith('/folder')],
  ['gone', ({ name }) => name === 'rename'],
]

test.each(takesAll ? picks : rows(picks, [0, 2]))(
  'after %s the same command restores the rest, and leaves nothing else',
  { timeout: takesAll ? 3_600_000 : 1_200_000 },
  async (fault, pick) => {
    const found = takesAll ? calls.filter(({ number }) => number % step === 0) : [calls.find(pick) as Call]
    for (const call of found) expect(await troublesAt(fault, call)).toEqual([])
  },
)
