import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { restorePartition } from '../../src/index.ts'
import { cli, cliJson, program } from '../cli/cli.ts'
import { scratchFolder } from '../support/backup-set.ts'
import { imageBytes, sha256, sums, writeImage } from './images.ts'

const { folder, remove } = scratchFolder()
afterAll(remove)
const out = path.join(folder, 'out.raw')

const names = [
  'ext4-a3.img',
  'vfat-v1.img',
  'ntfs-10.1.ntfsclone',
  'ext2-split.pimg.000',
  'sda1.ext4-ptcl-img.gz.aa',
]

describe.each(names)('%s', (name) => {
  test('becomes the partition that its tool restores, with holes', async () => {
    const restored = await restorePartition({ image: writeImage(name, folder), out, overwrite: true })
    expect(restored).toMatchObject({ sha256: sums[name], damaged: [] })
    expect(sha256(fs.readFileSync(out))).toBe(sums[name])
    const { size, blocks } = fs.statSync(out)
    expect(size).toBe(restored.bytes)
    expect(blocks * 512).toBeLessThan(restored.bytesUsed + 200_000)
    expect(fs.readdirSync(folder).filter((file) => file.includes('.partial'))).toEqual([])
  })
})

test('stdin and stdout, with the sum on stderr', () => {
  const [node, ...main] = program as [string, ...string[]]
  const { stdout, stderr, status } = spawnSync(node, [...main, 'partition', 'restore', '-', '-'], {
    input: Buffer.concat(['aa', 'ab'].map((end) => imageBytes(`sda1.ext4-ptcl-img.zst.${end}`))),
    maxBuffer: 1e8,
  })
  expect([status, sha256(stdout)]).toEqual([0, sums['ext4-a1.img']])
  expect(stderr.toString()).toContain(`sha256: ${sums['ext4-a1.img']}\n`)
})

test('the fill pattern is in every unused block, and in the sum', () => {
  const image = writeImage('vfat-a1.img', folder)
  const [summary] = cliJson(['partition', 'restore', image, out, '--overwrite', '--fill', 'dead']).slice(-1)
  const raw = fs.readFileSync(out)
  expect(summary).toMatchObject({ type: 'summary', sha256: sha256(raw), bytes: raw.length })
  const zeros = path.join(folder, 'zeros.raw')
  expect(cli(['partition', 'restore', image, zeros]).status).toBe(0)
  const plain = fs.readFileSync(zeros)
  expect(raw.subarray(-4).toString('hex')).toBe('deaddead')
  expect(plain.subarray(-4).toString('hex')).toBe('00000000')
  expect(raw.subarray(0, 512).equals(plain.subarray(0, 512))).toBe(true)
})

test('the boot sector is copied to the end of an NTFS partition', async () => {
  for (const name of ['ntfs-a1.img', 'ntfs-10.1.ntfsclone']) {
    const image = writeImage(name, folder)
    const restored = await restorePartition({ image, out, overwrite: true, bootSectorCopy: true })
    expect(restored.sha256).toBe(sums['ntfs-10.1.ntfsclone'])
    expect(sha256(fs.readFileSync(out))).toBe(restored.sha256)
  }
})

describe('a damaged image', () => {
  const damaged = (): string => {
    const image = writeImage('ext4-k64.img', folder)
    const bytes = fs.readFileSync(image)
    bytes[1_000_000] = (bytes[1_000_000] as number) ^ 1
    fs.writeFileSync(image, bytes)
    return image
  }

  test('is not restored, and leaves no file', () => {
    fs.rmSync(out, { force: true })
    const { status, stderr } = cli(['partition', 'restore', damaged(), out])
    expect(status).toBe(1)
    expect(stderr).toMatch(/: blocks? \d+.*these blocks do not match their checksum \(.*--ignore-checksums/)
    expect(fs.readdirSync(folder).filter((file) => file.startsWith('out.raw'))).toEqual([])
  })

  test('is restored with --ignore-checksums, and each range is named: status 3', () => {
    const { status, stderr, stdout } = cli(['partition', 'restore', damaged(), out, '--ignore-checksums'])
    expect(status).toBe(3)
    expect(stderr).toMatch(/^warning: .*: blocks? \d+ .*these blocks do not match their checksum$/m)
    expect(stdout).toMatch(/^damaged: 65\.5 kB, named above$/m)
    const raw = fs.readFileSync(out)
    expect(raw.length).toBe(8_388_608)
    expect(sha256(raw)).not.toBe(sums['ext4-k64.img'])
  })

  test('with a damaged header is not restored either', () => {
    const image = writeImage('ext4-a1.img', folder)
    const bytes = fs.readFileSync(image)
    bytes[20] = 0x39
    fs.writeFileSync(image, bytes)
    expect(cli(['partition', 'restore', image, out, '--overwrite']).stderr).toMatch(
      /^error: cannot read the partition image .*: the header does not match its checksum/,
    )
    const again = cli(['partition', 'restore', image, out, '--overwrite', '--ignore-checksums'])
    expect(again.stderr).toContain('warning: the header does not match its checksum')
    expect(sha256(fs.readFileSync(out))).toBe(sums['ext4-a1.img'])
  })
})

test('what is in the way is kept, and targets that cannot be are refused', () => {
  const image = writeImage('vfat-a1.img', folder)
  const kept = path.join(folder, 'kept')
  fs.writeFileSync(kept, 'mine')
  const refused = (...words: string[]): string => cli(['partition', 'restore', image, ...words]).stderr
  expect(refused(kept)).toBe(`error: ${kept} exists (replace it with --overwrite)\n`)
  expect(fs.readFileSync(kept, 'utf8')).toBe('mine')
  expect(refused(image, '--overwrite')).toContain('is the image itself')
  expect(refused(folder)).toContain('is a folder')
  expect(refused(out, '--used-only', '--overwrite')).toContain('is not a device')
  expect(refused('-', '--json')).toContain('cannot both go to stdout')
  expect(refused(out, '--fill', 'xyz', '--overwrite')).toMatch(/--fill must be bytes in hex/)
  expect(refused(out, '--boot-sector-copy', '--overwrite')).toContain(
    'the partition is not NTFS: it has FAT16',
  )
})
