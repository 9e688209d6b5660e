/** Disks that are slow, have bad sectors, are unplugged, or lie. `npm run test:devices` runs this. */

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backupDevice, restoreDevice } from '../../src/index.ts'
import type { ButcherEvent } from '../../src/events.ts'
import { cli, program } from '../cli/cli.ts'
import { needsRoot } from '../support/needs-root.ts'
import { noise } from '../support/sample-trees.ts'
import { attachNbd, type NbdDisk } from './nbd-disk.ts'

const MiB = 1 << 20
const bytes = 16 * MiB
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'bad-disks-'))
const at = (name: string): string => path.join(root, name)
const content = noise(bytes, 1)
const sumOf = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')
const plain = ['file', at('disk')]
let disk: NbdDisk | undefined

const attach = async (...words: readonly string[]): Promise<NbdDisk> =>
  (disk = await attachNbd(at('mount'), words))
const left = (): string[] => fs.readdirSync(root).filter((name) => name.startsWith('card.img'))

beforeAll(() => needsRoot('sets up loop devices'))
beforeEach(() => fs.writeFileSync(at('disk'), content))
afterEach(async () => {
  await disk?.detach()
  disk = undefined
  for (const name of left()) fs.rmSync(at(name))
})
afterAll(() => fs.rmSync(root, { recursive: true }))

/** Calls `act` at the first progress in the stage. */
const inTheMiddle = (stage: string, act: () => unknown): ((event: ButcherEvent) => void) => {
  let isDone = false
  return (event) => {
    if (isDone || event.type !== 'progress' || event.stage !== stage) return
    isDone = true
    act()
  }
}

describe('bad sectors', () => {
  const sector = (number: number): string => `0x${(number * 512).toString(16).toUpperCase().padStart(8, '0')}`
  // Two runs of sectors; one begins in the middle of a page.
  const bad = [
    { from: 8000, count: 8 },
    { from: 20_488, count: 16 },
  ]
  const withBadSectors = (): Promise<NbdDisk> => {
    let next = 0
    const lines = bad.flatMap(({ from, count }) => {
      const before = [`${sector(next)} ${sector(from - next)} +`, `${sector(from)} ${sector(count)} -`]
      next = from + count
      return before
    })
    const rest = `${sector(next)} ${sector(bytes / 512 - next)} +`
    fs.writeFileSync(at('ddrescue'), ['0x00000000 + 1', ...lines, rest, ''].join('\n'))
    return attach('--filter=ddrescue', ...plain, `ddrescue-mapfile=${at('ddrescue')}`)
  }

  test('without a map the backup fails, names the place, and leaves nothing', async () => {
    const { path: device } = await withBadSectors()
    const run = cli(['device', 'backup', device, at('card.img.zst')])
    expect(run.status).toBe(1)
    expect(run.stderr).toMatch(
      new RegExp(
        `error: cannot read ${device} at byte ${8000 * 512}: input/output error \\(clean the contacts`,
      ),
    )
    expect(left()).toEqual([])
  })

  test('with a map they are zeros, and the second run reads only them', async () => {
    const call = ['device', 'backup', (await withBadSectors()).path, at('card.img.zst'), '--map', at('map')]
    const first = cli(call)
    expect(first.status).toBe(3)
    const badBytes = bad.reduce((sum, { count }) => sum + count * 512, 0)
    expect(first.stdout).toContain('unreadable, and zeros in the image: 12.3 kB')
    expect(badBytes).toBe(12_288)
    const map = fs.readFileSync(at('map'), 'utf8')
    for (const { from, count } of bad) expect(map).toContain(`${sector(from)}  ${sector(count)}  -`)
    await disk?.detach()
    // The sectors can be read now. All others have changed: they must not be read.
    const changed = Buffer.alloc(bytes, 7)
    for (const { from, count } of bad)
      changed.set(content.subarray(from * 512, (from + count) * 512), from * 512)
    fs.writeFileSync(at('disk'), changed)
    const { path: device } = await attach(...plain)
    const second = cli(call.map((word) => (word.startsWith('/dev/') ? device : word)))
    expect(second).toMatchObject({ status: 0 })
    expect(JSON.parse(fs.readFileSync(at('card.img.zst.json'), 'utf8'))).toMatchObject({
      raw_sha256: sumOf(content),
      bad_bytes: 0,
    })
  })
})

describe('unplugged in the middle', () => {
  test('of a backup: nothing is left', async () => {
    const { path: device, unplug } = await attach('--filter=delay', ...plain, 'delay-read=20ms')
    const report = inTheMiddle('read-device', unplug)
    await expect(backupDevice({ device, image: at('card.img'), report })).rejects.toThrow(
      // By chance: a request that was under way fails, or a new one is refused.
      new RegExp(`cannot read ${device} at byte \\d+: (input/output error|the disk refuses the request)`),
    )
    expect(left()).toEqual([])
  })

  test('of a restore: the disk is named', async () => {
    fs.writeFileSync(at('image'), content)
    const { path: device, unplug } = await attach('--filter=delay', ...plain, 'delay-write=20ms')
    const report = inTheMiddle('write-device', unplug)
    await expect(
      restoreDevice({ image: at('image'), devices: [device], erase: [`${device}:${bytes}`], report }),
    ).rejects.toThrow(
      new RegExp(`cannot write to ${device} at byte \\d+: .*; ${device} holds part of an image now`),
    )
  })

  test('of the comparison', async () => {
    fs.writeFileSync(at('image'), content)
    const { path: device, unplug } = await attach('--filter=delay', ...plain, 'delay-read=20ms')
    const report = inTheMiddle('compare-device', unplug)
    await expect(
      restoreDevice({ image: at('image'), devices: [device], erase: [`${device}:${bytes}`], report }),
    ).rejects.toThrow(
      new RegExp(`read back from ${device} .*; ${device} holds the whole image now, which was not compared`),
    )
  })
})

test('a card that announces more than it has is found out before the image is written', async () => {
  const has = 8 * MiB
  const { path: device } = await attach(
    'eval',
    `get_size=echo ${bytes}`,
    `pread=dd if=${at('disk')} iflag=skip_bytes,count_bytes skip=$4 count=$3 bs=64K status=none`,
    `pwrite=if [ $4 -lt ${has} ]; then dd of=${at('disk')} oflag=seek_bytes conv=notrunc seek=$4 bs=64K status=none; else cat >/dev/null; fi`,
    'can_write=exit 0',
    'can_flush=exit 0',
    'flush=exit 0',
  )
  fs.writeFileSync(at('image'), content)
  await expect(
    restoreDevice({ image: at('image'), devices: [device], erase: [`${device}:${bytes}`] }),
  ).rejects.toThrow(`${device} lost what was written to its end`)
  expect(fs.readFileSync(at('disk')).subarray(0, has).equals(content.subarray(0, has))).toBe(true)
})

describe('a slow disk', () => {
  async function startBackup(signal: NodeJS.Signals): Promise<{ status: number | null; errors: string }> {
    const { path: device } = await attach('--filter=delay', ...plain, 'delay-read=30ms')
    const [command, ...words] = program as [string, ...string[]]
    const run = spawn(command, [...words, 'device', 'backup', device, at('card.img')])
    let errors = ''
    run.stderr.setEncoding('utf8').on('data', (text: string) => void (errors += text))
    const closed = new Promise((resolve) => run.once('close', resolve))
    while (run.exitCode === null && !left().includes('card.img.partial')) await sleep(20)
    run.kill(signal)
    await closed
    return { status: run.exitCode, errors }
  }

  test('SIGINT ends a backup, and nothing is left', async () => {
    expect(await startBackup('SIGINT')).toEqual({ status: 130, errors: 'error: stopped\n' })
    expect(left()).toEqual([])
  })

  test('the draft of a backup that was killed goes with the next run', async () => {
    await startBackup('SIGKILL')
    expect(left()).toEqual(['card.img.partial'])
    expect(cli(['device', 'backup', disk?.path ?? '', at('card.img')]).status).toBe(0)
    expect(left()).toEqual(['card.img', 'card.img.json', 'card.img.sha256'])
    expect(sumOf(fs.readFileSync(at('card.img')))).toBe(sumOf(content))
  })
})
