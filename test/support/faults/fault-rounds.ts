/**
 * A small encrypted set whose backup is broken off at any call that changes the disk, gone on with, and
 * checked.
 */

import fs from 'node:fs'
import path from 'node:path'
import { backup } from '../../../src/commands/backup/backup.ts'
import { filesBelow, tellsInClear, troublesOf } from '../check-set.ts'
import { noise } from '../sample-trees.ts'
import { type PowerLoss, powerLoss, recordBase } from './power-loss.ts'
import { buildFaults, type Call, type Fault, type FaultOptions, type FaultRun } from './faults.ts'

const passphrase = 'correct horse'
/** In the names and contents of the source, so nowhere below the destination. */
const secrets = ['secret-folder', 'secret-name', 'SECRET CONTENT', 'secret backup', 'secret source']
const medium = '420KB'
const chunkSizeBytes = 150_000

export interface Scenario {
  readonly name: string
  /** The destination before the run that the fault befalls. */
  readonly base: string
  readonly source: string
  readonly calls: readonly Call[]
}

export interface FaultRounds {
  readonly first: Scenario
  readonly second: Scenario
  readonly goingOn: Scenario
  /** What is wrong after a fault at call `at`, and after the same command once more without one. */
  readonly round: (scenario: Scenario, fault: Fault, at: number) => Promise<string[]>
  readonly runWith: (scenario: Scenario, options?: Partial<FaultOptions>) => FaultRun
  /** Goes on from what stands in the destination, and tells what is wrong in the end. */
  readonly goOn: (scenario: Scenario) => Promise<string[]>
  /** Runs the scenario, and answers what the disk is when the power fails at any of its syncs. */
  readonly recordPowerLoss: (scenario: Scenario) => PowerLoss
  /** The folder that holds nothing but the destination. */
  readonly world: string
  readonly destination: string
  readonly passphrase: string
}

export async function faultRounds(scratch: string): Promise<FaultRounds> {
  const run = buildFaults(scratch)
  const world = path.join(scratch, 'world')
  const destination = path.join(world, 'dest')
  const temporary = path.join(scratch, 'tmp')
  const saved = (name: string): string => path.join(scratch, `base-${name}`)
  fs.mkdirSync(temporary)
  const source = path.join(scratch, 'secret source')
  const later = path.join(scratch, 'later', 'secret source')
  plant(source)
  fs.cpSync(source, later, { recursive: true, preserveTimestamps: true })
  change(later)

  const words = (from: string): string[] => [
    'backup', from, destination, '--passphrase', passphrase, '--jobs', '1', '--medium', medium,
    '--chunk-size', String(chunkSizeBytes), '--name', 'secret backup', '--no-progress',
  ] // prettier-ignore
  const reset = (base: string): void => {
    fs.rmSync(world, { recursive: true, force: true })
    fs.mkdirSync(world)
    if (fs.existsSync(base)) fs.cpSync(base, destination, { recursive: true, preserveTimestamps: true })
  }
  const runWith: FaultRounds['runWith'] = (scenario, options = {}) => {
    reset(scenario.base)
    return run(words(scenario.source), { below: world, env: { TMPDIR: temporary }, ...options })
  }
  const recordScenario = (name: string, base: string, from: string): Scenario => {
    const bare = { name, base, source: from, calls: [] }
    const { status, stderr, calls } = runWith(bare)
    if (status !== 0) throw new Error(`the ${name} run fails without a fault: ${stderr}`)
    return { ...bare, calls }
  }

  const goOn: FaultRounds['goOn'] = async ({ source: from }) => {
    const before = recordedChunks(destination)
    try {
      await backup({
        source: from, destination, passphrase, jobs: 1, medium, chunkSizeBytes, name: 'secret backup',
      }) // prettier-ignore
    } catch (error) {
      return [`does not go on: ${String(error)}`]
    }
    const kept = before
      .filter(({ file, bytes }) => !fs.existsSync(file) || !fs.readFileSync(file).equals(bytes))
      .map(({ file }) => `made again, though recorded: ${file}`)
    const into = path.join(scratch, 'out')
    return [...kept, ...(await troublesOf({ destination, passphrase, source: from, secrets, into }))]
  }

  const round: FaultRounds['round'] = async (scenario, fault, at) => {
    const ended = runWith(scenario, { fault, at })
    const troubles = [...endingTroubles(ended, fault, at, world), ...tellsInClear(destination, secrets)]
    return [...troubles, ...(await goOn(scenario))].map(
      (trouble) => `${scenario.name}, ${fault} at ${at}: ${trouble}`,
    )
  }

  const recordPowerLoss: FaultRounds['recordPowerLoss'] = (scenario) => {
    const snapshots = path.join(scratch, 'snapshots')
    fs.rmSync(snapshots, { recursive: true, force: true })
    fs.mkdirSync(snapshots)
    reset(scenario.base)
    const base = recordBase(world, snapshots)
    const { calls } = run(words(scenario.source), { below: world, env: { TMPDIR: temporary }, snapshots })
    return powerLoss(calls, snapshots, world, base)
  }

  const first = recordScenario('first', saved('none'), source)
  fs.cpSync(destination, saved('second'), { recursive: true, preserveTimestamps: true })
  const second = recordScenario('second', saved('second'), later)
  // Where the first chunks are recorded, the next is under its final name without a record, and another half
  // written.
  const records = first.calls.filter(({ name, other }) => name === 'rename' && other.includes('/journal/'))
  runWith(first, { fault: 'kill', at: (records[2] as Call).number })
  fs.cpSync(destination, saved('going on'), { recursive: true, preserveTimestamps: true })
  fs.writeFileSync(path.join(saved('going on'), '.butcher/new/00000009.tar.gpg'), noise(1000, 9))
  const goingOn = recordScenario('going on', saved('going on'), source)
  return { first, second, goingOn, round, runWith, goOn, recordPowerLoss, world, destination, passphrase }
}

/** Chunks that have a journal record: they are never made again. */
function recordedChunks(destination: string): { file: string; bytes: Buffer }[] {
  const records = new Set(
    filesBelow(path.join(destination, '.butcher/journal')).map((name) => name.slice(0, 8)),
  )
  return filesBelow(destination)
    .filter((name) => /chunks\/\d{8}\.tar/.test(name) && records.has(path.basename(name).slice(0, 8)))
    .map((name) => path.join(destination, name))
    .map((file) => ({ file, bytes: fs.readFileSync(file) }))
}

const causes: Readonly<Record<Fault, RegExp>> = {
  enospc: /no space left on the device/,
  full: /no space left on the device/,
  eio: /input\/output error/,
  gone: /input\/output error/,
  kill: /$^/,
  'kill-after': /$^/,
}

/** A kill ends it by the signal; else it ends with 1 and one line, which names a path and the cause. */
function endingTroubles(
  { status, signal, stderr, calls }: FaultRun,
  fault: Fault,
  at: number,
  world: string,
): string[] {
  if (calls.every(({ number }) => number < at)) return []
  if (fault.startsWith('kill')) return signal === 'SIGKILL' ? [] : [`ends with ${status} ${signal}`]
  if (status === 0) return [] // a call it can do without; what comes of it is checked
  // A destination that was made, and another source, are named before anything can fail.
  const told = stderr.replace(/^created .*\n/, '').replace(/^the source is now .*\n/m, '')
  const lines = told.trimEnd().split('\n')
  const isClear =
    status === 1 &&
    lines.length === 1 &&
    told.startsWith('error: ') &&
    told.includes(world) &&
    causes[fault].test(told)
  return isClear ? [] : [`ends with ${status} ${signal}: ${stderr}`]
}

function plant(source: string): void {
  fs.mkdirSync(path.join(source, 'secret-folder'), { recursive: true })
  for (let i = 0; i < 4; i++) {
    const text = `SECRET CONTENT ${i}\n`.repeat(20)
    fs.writeFileSync(
      path.join(source, `secret-folder/secret-name-${i}`),
      text + noise(3000, i).toString('latin1'),
    )
  }
  fs.writeFileSync(path.join(source, 'secret-name-large'), noise(330_000, 99))
  fs.linkSync(path.join(source, 'secret-folder/secret-name-1'), path.join(source, 'secret-name-link'))
  fs.symlinkSync('secret-folder', path.join(source, 'secret-name-symlink'))
}

function change(source: string): void {
  fs.writeFileSync(path.join(source, 'secret-folder/secret-name-2'), 'SECRET CONTENT, changed')
  fs.rmSync(path.join(source, 'secret-folder/secret-name-3'))
  fs.renameSync(path.join(source, 'secret-name-large'), path.join(source, 'secret-name-moved'))
  fs.writeFileSync(path.join(source, 'secret-name-new'), noise(200_000, 100))
}
