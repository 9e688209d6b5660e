import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { longTest } from '../../support/rows.ts'
import { discs, type InventoryDisc } from '../../../src/commands/catalog/discs.ts'
import { discPlaces } from '../../../src/set/disc-places.ts'
import { burn } from '../../../src/commands/burn/burn.ts'
import type { BurnedCopy, BurnOptions, NeededBlank } from '../../../src/commands/burn/burn-options.ts'
import { changeSet } from '../../../src/set/change-set.ts'
import { makeImages } from '../../../src/commands/burn/make-images.ts'
import type { ButcherEvent } from '../../../src/events.ts'
import { checkSums, unpackByXorriso } from '../../support/read-image.ts'
import { putBetween } from '../../support/xorriso-between.ts'
import { noise } from '../../support/sample-trees.ts'
import { runBackup, scratchFolder } from '../../support/backup-set.ts'

const { folder: scratch, remove } = scratchFolder()
afterAll(remove)

let folder: string
let source: string
let destination: string
let turn = 0

const base = path.join(scratch, 'base')
const use = (name: string): void => {
  folder = path.join(scratch, name)
  source = path.join(folder, 'source')
  destination = path.join(folder, 'destination')
}

/** Two discs, the second with room left. */
beforeAll(async () => {
  use('base')
  fs.mkdirSync(source, { recursive: true })
  for (const [i, name] of ['a', 'b', 'c'].entries())
    fs.writeFileSync(path.join(source, name), noise(1_000_000, i))
  await backup()
})

beforeEach(() => {
  use(String(++turn))
  fs.cpSync(base, folder, { recursive: true, preserveTimestamps: true })
})

const backup = () => runBackup({ source, destination, medium: '2500kB', chunkSizeBytes: 900_000 })
const file = (name: string): string => path.join(folder, name)

interface Burned {
  readonly copies: readonly BurnedCopy[]
  readonly warnings: readonly string[]
}

async function burnAll(options: Partial<BurnOptions> = {}): Promise<Burned & { readonly spoilt: number }> {
  const copies: BurnedCopy[] = []
  const warnings: string[] = []
  const report = (event: ButcherEvent): void => {
    if (event.type === 'warning') warnings.push(event.message)
    options.report?.(event)
  }
  const onCopy = (copy: BurnedCopy): void => void copies.push(copy)
  const device = `stdio:${file('disc-%d-%c.iso')}`
  const { spoilt } = await burn({ destination, device, onCopy, ...options, report })
  return { copies, warnings, spoilt }
}

const inventory = async (): Promise<InventoryDisc[]> =>
  changeSet({ destination }, ({ set }) => discs(set.db, discPlaces(destination)))

const sha256 = (name: string): string => createHash('sha256').update(fs.readFileSync(name)).digest('hex')

test('each disc is burned as often as wanted, read back, and recorded copy by copy', async () => {
  const { copies } = await burnAll({ copies: 2 })
  expect(copies.map(({ disc, copy, verified }) => [disc, copy, verified])).toEqual([
    [1, 1, true], [1, 2, true], [2, 1, true], [2, 2, true],
  ])
  for (const name of ['disc-1-2.iso', 'disc-2-1.iso']) {
    unpackByXorriso(file(name), file(`${name}.files`))
    checkSums(file(`${name}.files`))
  }
  const states = (await inventory()).map(({ state, copies: all }) => [state, ...all.map((copy) => [copy.state, copy.burner, copy.reading?.result])])
  const verified = (name: string): unknown => ['verified', `stdio:${file(name)}`, 'sound']
  expect(states).toEqual([
    ['verified', verified('disc-1-1.iso'), verified('disc-1-2.iso')],
    ['verified', verified('disc-2-1.iso'), verified('disc-2-2.iso')],
  ])
  fs.writeFileSync(path.join(source, 'd'), noise(1000, 9))
  expect((await backup()).discs).toEqual([3])
  const again = await burnAll({ copies: 2, discs: [1, 2] })
  expect(again.copies).toEqual([])
}) // prettier-ignore

longTest('from the folder or from the image, the same bytes are burned', async () => {
  await makeImages({ destination, discs: [1] })
  const image = path.join(destination, 'disc-0001.iso')
  const { copies: [fromFolder] } = await burnAll({ discs: [1] })
  expect(fromFolder?.sha256).toBe(sha256(image))
  fs.rmSync(path.join(destination, 'disc-0001'), { recursive: true })
  const { copies: [fromImage] } = await burnAll({ discs: [1], copies: 2 })
  expect(fromImage).toMatchObject({ copy: 2, sha256: fromFolder?.sha256 })
}) // prettier-ignore

longTest('what is staged is removed once every copy wanted was read back, and not before', async () => {
  await burnAll({ discs: [1] })
  await burnAll({ discs: [1], removeStaged: true, copies: 2 })
  await expect(burnAll({ discs: [1], copies: 3 })).rejects.toThrow('disc 1 is no longer in')
  await burnAll({ removeStaged: true })
  expect(fs.readdirSync(destination).sort()).toEqual(['.butcher', 'catalog.sqlite'])
})

test('what went bad in the destination is not burned', async () => {
  const chunks = path.join(destination, 'disc-0001/chunks')
  const chunk = path.join(chunks, fs.readdirSync(chunks)[0] as string)
  const bytes = fs.readFileSync(chunk)
  bytes[1000] = (bytes[1000] as number) ^ 1
  fs.writeFileSync(chunk, bytes)
  await expect(burnAll()).rejects.toThrow(/^disc 1 is not burned: chunks\/\S+ in \S+ is damaged$/)
  expect(fs.readdirSync(folder).sort()).toEqual(['destination', 'source'])
})

test('a disc that is not blank is never erased unasked, and one of this set not at all', async () => {
  const other = file('other')
  fs.writeFileSync(other, 'x'.repeat(1_000_000))
  const device = `stdio:${other}`
  await expect(burnAll({ discs: [1], device })).rejects.toMatchObject({ code: 'medium', message: `${device}: the disc in it is not blank` })
  const asked: unknown[] = []
  const confirmErase = async (disc: unknown): Promise<boolean> => (asked.push(disc), false)
  await expect(burnAll({ discs: [1], device, confirmErase })).rejects.toMatchObject({ code: 'medium' })
  expect(asked).toEqual([{ device, type: 'stdio file, overwriteable', volumeIds: [] }])
  expect(fs.statSync(other).size).toBe(1_000_000)
  await burnAll({ discs: [1], device, blank: true })
  await expect(burnAll({ discs: [2], device, blank: true })).rejects.toThrow(/not blank \(BUTCHER_\w+_0001\)$/)
  expect((await inventory()).map(({ state }) => state)).toEqual(['verified', 'sealed'])
}) // prettier-ignore

longTest('the next blank is asked for by disc and copy; without one the run ends, and goes on later', async () => {
  const needs: NeededBlank[] = []
  const device = `stdio:${file('drive')}`
  const requestBlank = async (need: NeededBlank): Promise<boolean> => {
    needs.push(need)
    if (needs.length === 1) fs.renameSync(file('drive'), file('burned-1'))
    return needs.length < 3
  }
  await expect(burnAll({ device, requestBlank, copies: 2 })).rejects.toMatchObject({ code: 'aborted' })
  expect(needs.map(({ disc, copy, problem }) => [disc, copy, problem])).toEqual([
    [1, 2, undefined],
    [2, 1, undefined],
    [2, 1, expect.stringMatching(/not blank/)],
  ])
  fs.rmSync(file('drive'))
  const rest = await burnAll({ device, requestBlank: async () => (fs.renameSync(file('drive'), file('x')), true), copies: 2 })
  expect(rest.copies.map(({ disc, copy }) => [disc, copy])).toEqual([[2, 1], [2, 2]])
}) // prettier-ignore

longTest('stopped in the middle, nothing is recorded, and the same again burns it', async () => {
  const stop = new AbortController()
  const report = (event: ButcherEvent): void => {
    if (event.type === 'progress' && event.stage === 'burn') stop.abort(new Error('stopped'))
  }
  await expect(burnAll({ signal: stop.signal, report })).rejects.toThrow('stopped')
  expect((await inventory()).map(({ state, copies }) => [state, copies])).toEqual([
    ['sealed', []],
    ['open', []],
  ])
  const { copies } = await burnAll()
  expect(copies.map(({ disc, verified }) => [disc, verified])).toEqual([[1, true], [2, true]]) // prettier-ignore
})

test('a device that is no drive and no plain file is refused', async () => {
  for (const device of ['/dev/null', 'stdio:/dev/null', '/dev/sr77', file('source'), `stdio:${file('source')}`, 'stdio:', `stdio:${file('no')}/x`, `stdio:${destination}/disc-000%d.iso`])
    await expect(burnAll({ device })).rejects.toMatchObject({ code: 'usage' })
  await expect(burnAll({ speed: 'fast' })).rejects.toMatchObject({ code: 'usage' })
  expect((await inventory()).map(({ state }) => state)).toEqual(['sealed', 'open'])
}) // prettier-ignore

test('a copy that is read back wrong is recorded as damaged, and another one is burned', async () => {
  const between = putBetween(
    file('between'),
    `real "$@"; status=$?
    # The first burn ends with a scratch: in the middle of the first chunk.
    if [[ "$*" == *cdrecord* && ! -e "$here/scratched" ]]; then
      touch "$here/scratched"
      for arg; do [[ "$arg" != dev=stdio:* ]] || printf scratch | dd of="\${arg#dev=stdio:}" bs=1 seek=500000 conv=notrunc status=none; done
    fi
    exit $status`,
  )
  try {
    await expect(burnAll({ discs: [1] })).rejects.toMatchObject({
      code: 'damaged',
      message: `disc 1, copy 1, in stdio:${file('disc-1-1.iso')} is not as it was burned`,
    })
    const { copies } = await burnAll({ discs: [1] })
    expect(copies).toMatchObject([{ disc: 1, copy: 2, verified: true }])
    const [first] = await inventory()
    expect(first?.state).toBe('verified')
    expect(first?.copies).toMatchObject([
      { state: 'damaged', reading: { result: 'damaged', damagedFiles: 1 } },
      { state: 'verified', reading: { result: 'sound' } },
    ])
  } finally {
    between.remove()
  }
})

longTest(
  'a burn that fails spoils a blank, is told, not recorded, and tried again with the next',
  async () => {
    const fails = `if [[ "$*" == *cdrecord* && ! -e "$here/failed" ]]; then
    touch "$here/failed"
    head -c 500000 >"$here/../disc-1-1.iso"
    echo "xorriso : FATAL : SCSI error on write" >&2; exit 5
  fi
  real "$@"`
    const between = putBetween(file('between'), fails)
    try {
      await expect(burnAll({ discs: [1] })).rejects.toThrow(/failed: SCSI error on write \(disc 1, copy 1\)$/)
      expect((await inventory())[0]).toMatchObject({ state: 'sealed', copies: [] })
      fs.rmSync(file('between/failed'))
      const { copies, warnings, spoilt } = await burnAll({ discs: [1], requestBlank: async () => true })
      expect(copies).toMatchObject([{ copy: 1, verified: true }])
      expect(warnings).toEqual([expect.stringContaining('SCSI error on write')])
      expect(spoilt).toBe(1)
    } finally {
      between.remove()
    }
  },
)

test('several images into one file are refused before anything is written', async () => {
  const device = `stdio:${file('all.iso')}`
  await expect(burnAll({ device })).rejects.toMatchObject({
    code: 'usage',
    message: `${device} is one file for several images`,
    hint: 'put %d into its name, which becomes the number of the disc',
  })
  const hint = 'put %c into its name, which becomes the number of the copy'
  await expect(burnAll({ device, discs: [1], copies: 2 })).rejects.toMatchObject({ code: 'usage', hint })
  expect(fs.existsSync(file('all.iso'))).toBe(false)
  expect((await inventory()).map(({ state }) => state)).toEqual(['sealed', 'open'])
})
