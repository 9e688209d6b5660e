import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { discs, type InventoryDisc } from '../../../src/commands/catalog/discs.ts'
import { discPlaces } from '../../../src/set/disc-places.ts'
import { burn } from '../../../src/commands/burn/burn.ts'
import type { BurnedCopy, BurnOptions, NeededBlank } from '../../../src/commands/burn/burn-options.ts'
import { CopiesToBurn } from '../../../src/commands/burn/copies-to-burn.ts'
import { changeSet } from '../../../src/set/change-set.ts'
import type { DiscSource } from '../../../src/set/disc-source.ts'
import { putBetween } from '../../support/xorriso-between.ts'
import { longTest } from '../../support/rows.ts'
import { noise } from '../../support/sample-trees.ts'
import { runBackup, scratchFolder } from '../../support/backup-set.ts'

const { folder: scratch, remove } = scratchFolder()
afterAll(remove)

let folder: string
let destination: string
let turn = 0
const base = path.join(scratch, 'base')
const file = (name: string): string => path.join(folder, name)

/** Two discs. */
beforeAll(async () => {
  const source = path.join(base, 'source')
  fs.mkdirSync(source, { recursive: true })
  for (const [i, name] of ['a', 'b', 'c'].entries())
    fs.writeFileSync(path.join(source, name), noise(500_000, i))
  await runBackup({
    source,
    destination: path.join(base, 'destination'),
    medium: '1400kB',
    chunkSizeBytes: 450_000,
  })
})

beforeEach(() => {
  folder = path.join(scratch, String(++turn))
  destination = file('destination')
  fs.cpSync(base, folder, { recursive: true, preserveTimestamps: true })
})

async function burnAll(options: Partial<BurnOptions>) {
  const copies: BurnedCopy[] = []
  const warnings: string[] = []
  const summary = await burn({
    destination,
    ...options,
    onCopy: (copy) => copies.push(copy),
    report: (event) => {
      if (event.type === 'warning') warnings.push(event.message)
    },
  })
  return { copies, warnings, summary }
}

const inventory = async (): Promise<InventoryDisc[]> =>
  changeSet({ destination }, ({ set }) => discs(set.db, discPlaces(destination)))

const drives = (...names: string[]): string[] => names.map((name) => `stdio:${file(`${name}-%d-%c.iso`)}`)
const numbers = (copies: readonly BurnedCopy[]): string[] =>
  copies.map(({ disc, copy }) => `${disc}.${copy}`).sort()

test('two drives share the copies: each is burned once, by the drive that is free', async () => {
  const { copies, summary } = await burnAll({
    device: drives('left', 'right'),
    copies: 2,
    removeStaged: true,
  })
  const all = numbers(copies)
  expect(all.length).toBeGreaterThanOrEqual(4)
  expect(all).toEqual(summary.discs.flatMap((disc) => [`${disc}.1`, `${disc}.2`]).sort())
  expect(new Set(copies.map(({ device }) => path.basename(device).split('-')[0]))).toEqual(
    new Set(['left', 'right']),
  )
  expect(summary.removed).toEqual(summary.discs)
  expect((await inventory()).map(({ state }) => state)).toEqual(summary.discs.map(() => 'verified'))
})

test('a drive that fails gets no more discs, and the other one burns all', async () => {
  const between = putBetween(
    file('between'),
    `if [[ "$*" == *cdrecord* && "$*" == *left* ]]; then
      echo "xorriso : FATAL : SCSI error on write" >&2; exit 5
    fi
    real "$@"`,
  )
  try {
    const { copies, warnings, summary } = await burnAll({ device: drives('left', 'right') })
    expect(summary.spoilt).toBe(1)
    expect(numbers(copies)).toEqual((await inventory()).map(({ disc }) => `${disc}.1`))
    expect(copies.every(({ device, verified }) => verified && device.includes('right'))).toBe(true)
    expect(warnings).toEqual([expect.stringMatching(/left-%d-%c\.iso gets no more discs: .*SCSI error/)])
  } finally {
    between.remove()
  }
})

longTest('with no drive left the run fails, and the same command burns the rest', async () => {
  const between = putBetween(
    file('between'),
    `if [[ "$*" == *cdrecord* && ! -e "$here/works" ]]; then
      echo "xorriso : FATAL : SCSI error on write" >&2; exit 5
    fi
    real "$@"`,
  )
  try {
    await expect(burnAll({ device: drives('left', 'right') })).rejects.toThrow('SCSI error on write')
    expect((await inventory()).flatMap(({ copies }) => copies)).toEqual([])
    fs.writeFileSync(file('between/works'), '')
    const { copies } = await burnAll({ device: drives('left', 'right') })
    expect(numbers(copies)).toEqual((await inventory()).map(({ disc }) => `${disc}.1`))
  } finally {
    between.remove()
  }
})

longTest('only one drive prompts at a time, and "stop" ends all', async () => {
  let open = 0
  const asked: NeededBlank[] = []
  const requestBlank = async (need: NeededBlank): Promise<boolean> => {
    asked.push(need)
    expect(++open).toBe(1)
    await new Promise((resolve) => setImmediate(resolve))
    open--
    return false
  }
  fs.writeFileSync(file('left'), 'x'.repeat(5000))
  fs.writeFileSync(file('right'), 'x'.repeat(5000))
  const device = [`stdio:${file('left')}`, `stdio:${file('right')}`]
  await expect(burnAll({ device, requestBlank })).rejects.toMatchObject({ code: 'aborted' })
  expect(asked).toHaveLength(1)
})

test('a drive that is given twice is refused', async () => {
  const [left = ''] = drives('left')
  await expect(burnAll({ device: [left, left] })).rejects.toMatchObject({ code: 'usage' })
})

/** The slot of the drive is one file; the robot moves it to and from its magazine. */
const robot = (magazine: string) => ({
  loadCommand: `echo "load $BUTCHER_DISC.$BUTCHER_COPY" >>'${file('log')}'; n=$(ls '${magazine}' | head -1)
    [ -n "$n" ] || exit 4; mv "${magazine}/$n" "$BUTCHER_DEVICE"`,
  unloadCommand: `echo "unload $BUTCHER_DISC.$BUTCHER_COPY $BUTCHER_RESULT" >>'${file('log')}'
    mv "$BUTCHER_DEVICE" '${file('out')}'/"$BUTCHER_LABEL.$BUTCHER_COPY.$BUTCHER_RESULT"`,
})

function makeMagazine(blanks: number): string {
  const magazine = file('magazine')
  fs.mkdirSync(magazine)
  fs.mkdirSync(file('out'))
  for (let i = 0; i < blanks; i++) fs.writeFileSync(path.join(magazine, `blank${i}`), '')
  return magazine
}

test('a loader feeds the drive, sorts its discs, and an empty magazine ends the run', async () => {
  const magazine = makeMagazine(1)
  fs.writeFileSync(path.join(magazine, 'a-full-one'), 'x'.repeat(100_000))
  fs.writeFileSync(file('slot'), 'an old disc that somebody left')
  const device = `stdio:${file('slot')}`
  await expect(burnAll({ device, ...robot(magazine) })).rejects.toMatchObject({
    code: 'medium',
    message: `${device}: the load command ended with status 4`,
  })
  expect(fs.readFileSync(file('log'), 'utf8').trim().split('\n')).toEqual([
    'unload 1.1 unfit', 'load 1.1', 'unload 1.1 unfit', 'load 1.1', 'unload 1.1 verified', 'load 2.1',
  ]) // prettier-ignore
  expect(fs.readdirSync(file('out')).filter((name) => name.endsWith('verified'))).toHaveLength(1)
})

longTest('a loader that brings no fit disc is not asked for ever', async () => {
  const magazine = makeMagazine(0)
  for (let i = 0; i < 9; i++) fs.writeFileSync(path.join(magazine, `full${i}`), 'x'.repeat(5000))
  const device = `stdio:${file('slot')}`
  await expect(burnAll({ device, ...robot(magazine) })).rejects.toMatchObject({
    code: 'medium',
    message: `${device}: the disc in it is not blank`,
    hint: '3 discs in a row did not serve: look into the loader',
  })
  expect(fs.readdirSync(magazine)).toHaveLength(6)
})

test('a number is free again after a spoilt blank, and a waiting drive gets the copy', async () => {
  const source = { goodCopies: 0, nextCopy: 4 } as DiscSource
  const finished: number[] = []
  const copies = new CopiesToBurn([source], 1, {
    check: async () => ({ source, image: undefined, bytes: 1 }),
    finish: () => void finished.push(1),
  })
  const first = await copies.take()
  const second = copies.take()
  expect(first?.copy).toBe(4)
  first?.end(false, false)
  const again = await second
  expect(again?.copy).toBe(4)
  expect(copies.isLacking).toBe(false)
  again?.end(true, true)
  expect(await copies.take()).toBeUndefined()
  expect(finished).toEqual([1])
})
