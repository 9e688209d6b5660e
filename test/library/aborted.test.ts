import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ButcherError, type ButcherEvent } from '../../src/index.ts'
import { fingerprint, scratchFolder } from '../support/backup-set.ts'
import { longTest, takesAllRows } from '../support/rows.ts'
import { call, makeWorld, optionsOf, type Verb, verbs } from './calls.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)
const made = path.join(scratch.folder, 'made')
beforeAll(() => makeWorld(made))

/** In the default suite only every so many kinds of events, of these verbs still fewer. */
const strides: Partial<Record<Verb, number>> = { backup: 16 }
const strideOf = (verb: Verb): number => (takesAllRows ? 1 : (strides[verb] ?? 8))

let worlds = 0
function freshWorld(): string {
  const world = path.join(scratch.folder, `world-${++worlds}`)
  fs.cpSync(made, world, { recursive: true, preserveTimestamps: true })
  return world
}

/** How the call ended: `done`, or the code of its error. */
async function endOf(running: Promise<unknown>): Promise<string> {
  try {
    await running
    return 'done'
  } catch (error) {
    return error instanceof ButcherError ? error.code : `no ButcherError: ${String(error)}`
  }
}

/** Functions that are over before anything could be reported. */
const silentVerbs: readonly Verb[] = [
  ...([
    'noteDiscs',
    'pin',
    'unpin',
    'forget',
    'prune',
    'list',
    'find',
    'diff',
    'log',
    'discs',
    'dueDiscs',
    'ifLost',
    'planBurn',
    'label',
    'makeIndex',
    'partitionInfo',
    'clonezillaInfo',
    // They need a disk: their own tests stop them.
    'backupDevice',
    'restoreDevice',
  ] as const),
]

test('there is a call of every exported function', () => {
  expect(Object.keys(optionsOf('')).sort()).toEqual([...verbs].sort())
})

for (const verb of verbs) {
  test(`${verb}, aborted before: ButcherError 'aborted', and nothing is written`, async () => {
    const world = freshWorld()
    const before = fingerprint(world)
    for (const signal of [
      AbortSignal.abort(),
      AbortSignal.abort(new Error('of the caller')),
      AbortSignal.abort(null),
    ])
      expect(await endOf(call(verb, optionsOf(world)[verb], { signal }))).toBe('aborted')
    expect(fingerprint(world)).toEqual(before)
    fs.rmSync(world, { recursive: true })
  })

  if (silentVerbs.includes(verb)) continue
  // The tests of burn and follow stop them, and this would take longest.
  const testIt = verb === 'burn' || verb === 'follow' ? longTest : test
  testIt(
    `${verb}, aborted at the first event of each kind: ButcherError 'aborted', or it was over`,
    async () => {
      const ends: string[] = []
      for (let at = 1, reached = true; reached; at += strideOf(verb)) {
        const world = freshWorld()
        const stop = new AbortController()
        const kinds = new Set<string>()
        const report = (event: ButcherEvent): void => {
          kinds.add(`${event.type} ${'stage' in event ? event.stage : ''}`)
          if (kinds.size === at) stop.abort()
        }
        ends.push(await endOf(call(verb, optionsOf(world)[verb], { signal: stop.signal, report })))
        reached = stop.signal.aborted
        if (at === 1) ends.push(await endOf(call(verb, optionsOf(world)[verb])))
        fs.rmSync(world, { recursive: true })
      }
      expect(ends.slice(0, 2)).toEqual(['aborted', 'done'])
      expect(ends.filter((end) => end !== 'aborted' && end !== 'done')).toEqual([])
    },
  )
}
