import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ButcherError, checkPartition, openPartitionImage, type PartitionCheck } from '../../src/index.ts'
import type { Damage } from '../../src/index.ts'
import { cli, cliJson } from '../cli/cli.ts'
import { scratchFolder } from '../support/backup-set.ts'
import { sums, writeImage } from './images.ts'
import { blockOf, makePartclone, makePartclone1 } from './make-image.ts'

const { folder, remove } = scratchFolder()
afterAll(remove)

async function check(image: string): Promise<PartitionCheck & { readonly found: readonly Damage[] }> {
  const found: Damage[] = []
  return { ...(await checkPartition({ image, onDamage: (damage) => void found.push(damage) })), found }
}

/** What a check finds, or the error with which it ends. */
async function verdict(image: string): Promise<'sound' | 'damaged'> {
  try {
    return (await check(image)).sound ? 'sound' : 'damaged'
  } catch (error) {
    if (error instanceof ButcherError && ['damaged', 'usage', 'source'].includes(error.code)) return 'damaged'
    throw error
  }
}

function flip(file: string, at: number): void {
  const bytes = fs.readFileSync(file)
  bytes[at] = (bytes[at] as number) ^ 0x10
  fs.writeFileSync(file, bytes)
}

const names = [...Object.keys(sums), 'ntfs-metadata-only.ntfsclone']

describe.each(names)('%s', (name) => {
  test('is sound, and a flipped byte of its blocks is found, or said to be undetectable', async () => {
    const image = writeImage(name, folder)
    const sound = await check(image)
    expect(sound).toMatchObject({ sound: true, blocksDamaged: 0, damages: 0, found: [] })
    flip(image, Math.floor(fs.statSync(image).size * 0.7))
    expect(await verdict(image)).toBe(sound.covered === 'every byte' ? 'damaged' : 'sound')
    const warns = /checksum/.test(sound.warnings.join())
    expect(warns).toBe(sound.covered !== 'every byte')
  })

  test('is damaged if it is cut', async () => {
    const image = writeImage(name, folder)
    fs.truncateSync(image, fs.statSync(image).size - 5)
    expect(await verdict(image)).toBe('damaged')
  })
})

test('every byte of an image of partclone 0002 is covered', async () => {
  const sound = await makePartclone({ group: 4 })
  const file = path.join(folder, 'every-byte.img')
  for (let at = 0; at < sound.length; at += 1 + (at > 200 ? 211 : 0)) {
    const bytes = Buffer.from(sound)
    bytes[at] = (bytes[at] as number) ^ 1
    fs.writeFileSync(file, bytes)
    expect([at, await verdict(file)]).toEqual([at, 'damaged'])
  }
})

/** The place of stored block `rank` of an image without a header of known size. */
const placeOf = (image: Buffer, block: number): number => image.indexOf(blockOf(block, 512))

describe('damaged groups', () => {
  const names16 = [0x20, 0x30, 0x31] as const
  test.each(names16)('are named one by one to the end, mode %i', async (mode) => {
    const image = await makePartclone({ mode, group: 4 })
    const file = path.join(folder, 'groups.img')
    // Of the second group, and of the last, shorter one.
    for (const block of [7, 98]) image[placeOf(image, block) + 3] = 0
    fs.writeFileSync(file, image)
    const { found, ...result } = await check(file)
    const range = (firstBlock: number, blocks: number): object => ({
      firstBlock,
      blocks,
      offset: firstBlock * 512,
      bytes: blocks * 512,
    })
    expect(found).toMatchObject([
      { kind: 'checksum', ranges: [range(6, 4)] },
      { kind: 'checksum', ranges: [range(64, 1), range(70, 1), range(98, 1)] },
    ])
    expect(result).toMatchObject({ sound: false, blocksDamaged: 7, bytesDamaged: 7 * 512, damages: 2 })
  })

  test('of running checksums: a CRC tells each group, an XXH128 only the first', async () => {
    for (const [mode, kinds] of [
      [0x20, ['checksum', 'checksum']],
      [0x31, ['checksum', 'unchecked', 'unchecked']],
    ] as const) {
      const image = await makePartclone({ mode, group: 4, reseed: false })
      for (const block of [7, 98]) image[placeOf(image, block) + 3] = 0
      const file = path.join(folder, 'running.img')
      fs.writeFileSync(file, image)
      expect((await check(file)).found.map(({ kind }) => kind)).toEqual(kinds)
    }
  })

  test('of version 0001 are told by their first byte only', async () => {
    const image = makePartclone1({})
    const file = path.join(folder, 'version-1.img')
    image[placeOf(image, 7)] = 0
    image[placeOf(image, 33) + 1] = 0
    fs.writeFileSync(file, image)
    const { found, covered } = await check(file)
    expect(covered).toBe('first bytes')
    expect(found).toMatchObject([{ kind: 'checksum', ranges: [{ firstBlock: 7, blocks: 1 }] }])
  })

  test('of an image that ends too early are missing', async () => {
    const image = await makePartclone({ group: 4 })
    const file = path.join(folder, 'cut.img')
    fs.writeFileSync(file, image.subarray(0, placeOf(image, 64) + 10))
    const { found } = await check(file)
    expect(found).toMatchObject([
      { kind: 'missing', ranges: [{ firstBlock: 64 }, { firstBlock: 70 }, { firstBlock: 98 }] },
    ])
    const opened = await openPartitionImage(file)
    expect(opened.facts.warnings.join()).toMatch(/^the image is cut: \d+ of its \d+ bytes are missing$/)
    await opened.close()
  })
})

describe('on the command line', () => {
  test('each range is a line, and the status is 1', () => {
    const image = writeImage('ext4-k64.img', folder)
    flip(image, 1_000_000)
    const { status, stdout, stderr } = cli(['partition', 'check', image])
    expect(status).toBe(1)
    expect(stdout).toMatch(
      /^(?:blocks? \d+.*\(bytes \d+ to \d+\): these blocks do not match their checksum\n)+read: 1,701 blocks/,
    )
    expect(stderr).toMatch(/^error: .* is damaged: 64 blocks \(65\.5 kB\)/)
    const lines = cliJson(['partition', 'check', image])
    expect(lines.map(({ type }) => type).filter((type) => type !== 'progress')).toEqual([
      'damage',
      'summary',
      'error',
    ])
    expect(lines.at(-2)).toMatchObject({
      sound: false,
      blocks_damaged: 64,
      covered: 'every byte',
      files: null,
    })
  })

  test('--files names the files of the file system', () => {
    const ext4 = writeImage('ext4-k1.img', folder)
    const raw = path.join(folder, 'ext4.raw')
    expect(cli(['partition', 'restore', ext4, raw]).status).toBe(0)
    const block = execFileSync('debugfs', ['-R', 'blocks /random20k.bin', raw], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
    const content = fs
      .readFileSync(raw)
      .subarray(Number(block.split(' ')[0]) * 1024)
      .subarray(0, 64)
    flip(ext4, fs.readFileSync(ext4).indexOf(content))
    expect(cli(['partition', 'check', ext4, '--files']).stdout).toMatch(
      /^damaged file: \/random20k\.bin \(inode 18\)$/m,
    )
    const ntfs = writeImage('ntfs-a1.img', folder)
    flip(ntfs, fs.statSync(ntfs).size - 100)
    const files = cliJson(['partition', 'check', ntfs, '--files']).filter(({ type }) => type === 'file')
    expect(files.map((file) => file['path'])).toContain('/$LogFile')
    const vfat = cli(['partition', 'check', writeImage('vfat-a1.img', folder), '--files'])
    expect([vfat.status, vfat.stderr]).toEqual([2, expect.stringContaining('NTFS only, not for FAT16')])
  })
})
