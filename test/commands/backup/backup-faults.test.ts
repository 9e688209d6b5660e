/**
 * A backup with a fault at a call that changes the disk: refused, killed, or the power gone. Here at some
 * calls of each kind, a third of them each day; `npm run test:faults` takes all of them.
 */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { troublesOf } from '../../support/check-set.ts'
import { type FaultRounds, faultRounds, type Scenario } from '../../support/faults/fault-rounds.ts'
import type { Call, Fault } from '../../support/faults/faults.ts'
import { takesAllRows as isLong } from '../../support/rows.ts'
import type { NamesModel } from '../../support/faults/power-loss.ts'

const takesAll = process.env['FAULTS'] === 'all'
const takesAllRows = takesAll || isLong
/** Long runs take every call, or with FAULTS_STEP every so many. */
const step = Number(process.env['FAULTS_STEP'] ?? 1)
/** Where the steps begin; in the suite which third it is. */
const start = Number(process.env['FAULTS_START'] ?? (takesAll ? 0 : Math.floor(Date.now() / 86_400_000) % 3))
const longMs = takesAll ? 4 * 3_600_000 : 1_200_000
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'faults-'))
let rounds: FaultRounds
let injected = 0
/** Each fault takes other calls. */
let shift = start

beforeAll(async () => void (rounds = await faultRounds(scratch)))
afterAll(() => {
  fs.rmSync(scratch, { recursive: true, force: true })
  if (takesAll) console.log(`${injected} faults injected`)
  else
    console.log(
      `FAULTS_START=${start} takes these faults again, ${(start + 1) % 3} and ${(start + 2) % 3} the others`,
    )
})

type Pick = (calls: readonly Call[]) => Call | undefined

const call =
  (name: RegExp, place: RegExp): Pick =>
  (calls) =>
    calls.find((one) => name.test(one.name) && place.test(`${one.path} ${one.other}`))
const lastCall =
  (name: RegExp, place: RegExp): Pick =>
  (calls) =>
    calls.findLast((one) => name.test(one.name) && place.test(`${one.path} ${one.other}`))

const chosen = (scenario: Scenario, picks: readonly Pick[]): readonly Call[] =>
  takesAll
    ? scenario.calls.filter(({ number }) => number % step === shift % step)
    : picks.map((pick) => {
        const found = pick(scenario.calls)
        if (!found) throw new Error('there is no such call')
        return found
      })

async function troublesAt(scenario: Scenario, fault: Fault, picks: readonly Pick[]): Promise<string[]> {
  const troubles: string[] = []
  shift += 5
  for (const { number, name, path: where, other } of chosen(scenario, picks)) {
    injected++
    const found = await rounds.round(scenario, fault, number)
    troubles.push(...found.map((trouble) => `${trouble} (${name} ${where} ${other})`))
  }
  return troubles
}

const chunk = /new\/\d{8}\.tar/
type ScenarioName = 'first' | 'second' | 'goingOn'
const faults: readonly (readonly [Fault, ScenarioName, readonly Pick[]])[] = [
  ['kill', 'first', [lastCall(/rename/, /journal/)]],
  ['kill', 'second', [lastCall(/fsync/, /dest $/)]],
  ['kill', 'goingOn', [call(/unlink/, chunk)]],
  ['kill-after', 'first', [call(/rename/, /chunks/)]],
  ['eio', 'first', [call(/fsync/, chunk)]],
  ['eio', 'second', [lastCall(/rename/, /SHA256SUMS/)]],
  ['enospc', 'first', [call(/write/, chunk)]],
  ['full', 'second', [call(/create/, /jsonl/)]],
  ['gone', 'goingOn', [call(/create/, chunk)]],
]

test.each(faults.filter((_, i) => takesAllRows || i % 3 === start % 3))(
  'after %s in the %s run the same command resumes, and the set is sound',
  { timeout: longMs },
  async (fault, name, picks) => {
    expect(await troublesAt(rounds[name], fault, picks)).toEqual([])
  },
)

const losses: readonly (readonly [ScenarioName, NamesModel])[] = [
  ...(takesAllRows || start % 3 === 0 ? ([['first', 'synced']] as const) : []),
  ...(takesAllRows || start % 3 === 1 ? ([['second', 'ahead']] as const) : []),
  ...(takesAll
    ? ([
        ['first', 'ahead'],
        ['second', 'synced'],
        ['goingOn', 'synced'],
        ['goingOn', 'ahead'],
      ] as const)
    : []),
]

test.each(losses)(
  'after a power loss in the %s run, names %s, what was recorded is there, and the rest is made again',
  { timeout: longMs },
  async (name, names) => {
    const scenario = rounds[name]
    const loss = rounds.recordPowerLoss(scenario)
    const { world, destination } = rounds
    // Once it has ended with status 0, nothing is lost; what was removed below .butcher may come back.
    loss.build(loss.points.at(-1) as number, names, world)
    const end = await troublesOf({ destination, passphrase: rounds.passphrase })
    expect(
      end.filter((trouble) => !/left in \.butcher: (lock|journal|new|options\.json)/.test(trouble)),
    ).toEqual([])
    const middle = Math.floor(loss.points.length * 0.6)
    const points = takesAll
      ? loss.points.filter((_, i) => i % step === shift % step)
      : [loss.points[middle] as number]
    for (const point of points) {
      loss.build(point, names, world)
      injected++
      expect({ point, troubles: await rounds.goOn(scenario) }).toEqual({ point, troubles: [] })
    }
  },
)

test('every final name is given to a file that is synced, and the folder is synced before the next step', () => {
  for (const { calls } of [rounds.first, rounds.second, rounds.goingOn]) {
    const renames = calls.filter(({ name, answer }) => name === 'rename' && answer === 0)
    expect(renames.length).toBeGreaterThan(10)
    for (const { number, path: from, other: to } of renames) {
      const before = calls.filter((one) => one.path === from && one.number < number && one.answer >= 0)
      expect([to, before.at(-1)?.name]).toEqual([to, 'fsync'])
      expect([to, calls[number]?.name, calls[number]?.path]).toEqual([to, 'fsync', path.dirname(to)])
    }
    // The options of the run come first. A chunk's record comes after the chunk, the catalog after all
    // records, the discs after the catalog.
    const stepOf = (to: string): number =>
      /\.butcher\/options/.test(to)
        ? -1
        : /chunks\/|journal\//.test(to)
          ? 0
          : to === `${rounds.destination}/catalog.sqlite.bz2.gpg`
            ? 1
            : 2
    const steps = renames.map(({ other }) => stepOf(other))
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    const chunksAndRecords = renames
      .filter(({ other }) => stepOf(other) === 0)
      .map(({ other }) => path.basename(other).slice(0, 8))
    expect(chunksAndRecords).toEqual([...new Set(chunksAndRecords)].flatMap((number) => [number, number]))
    const removals = calls.filter(({ name, path: where }) => name === 'unlink' && where.includes('/journal/'))
    expect(Math.min(...removals.map(({ number }) => number))).toBeGreaterThan(
      renames.at(-1)?.number as number,
    )
  }
})
