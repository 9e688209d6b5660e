import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clonezillaInfo } from '../../src/index.ts'
import { cli, cliJson } from '../cli/cli.ts'
import { scratchFolder } from '../support/backup-set.ts'
import { imageBytes, writeImage } from './images.ts'

const { folder, remove } = scratchFolder()
afterAll(remove)
const at = (name: string): string => path.join(folder, name)

const texts: Readonly<Record<string, string>> = {
  'clonezilla-img': '',
  disk: 'sda\n',
  parts: 'sda1 sda2 sda4 sda5\n',
  'dev-fs.list': '# <Device name>   <File system>   <Size>\n/dev/sda1 ext4 8M\n/dev/sda2 ntfs 8M\n',
  'sda-mbr': 'x',
  'sda-pt.sf':
    'label: dos\ndevice: /dev/sda\nunit: sectors\n\n/dev/sda1 : start=        2048, size=       16384, type=83\n' +
    '/dev/sda2 : start=       18432, size=       16384, type=7\n',
  'sda-pt.parted': 'Disk /dev/sda: 65536s\nSector size (logical/physical): 512B/512B\n',
  'swappt-sda3.info': 'UUID="x"\n',
  'sda4.dd-img.aa': 'raw bytes',
}

beforeAll(() => {
  for (const [name, text] of Object.entries(texts)) fs.writeFileSync(at(name), text)
  writeImage('sda1.ext4-ptcl-img.gz.aa', folder)
  fs.writeFileSync(at('sda2.ntfs-img.aa'), imageBytes('ntfs-10.1.ntfsclone'))
  fs.writeFileSync(at('sda5.vfat-ptcl-img.zst'), 'not an image')
})

test('the disks, partitions, tables and images of a folder are listed', async () => {
  const { disks, partitions, others } = await clonezillaInfo({ folder })
  expect(disks).toMatchObject([
    { disk: 'sda', bytes: 33_554_432, table: 'dos', partitions: ['sda1', 'sda2', 'sda3', 'sda4', 'sda5'] },
  ])
  expect(disks[0]?.files.map(({ file }) => file)).toEqual(['sda-mbr', 'sda-pt.parted', 'sda-pt.sf'])
  const none = { image: null, problem: null }
  expect(partitions).toMatchObject([
    { partition: 'sda1', bytes: 8_388_608, offset: 1_048_576, fileSystem: 'ext4', kind: 'partclone', file: 'sda1.ext4-ptcl-img.gz.aa', image: { compressed: 'gzip', volumes: 2, blocksUsed: 1701 } }, // prettier-ignore
    {
      partition: 'sda2',
      fileSystem: 'ntfs',
      kind: 'ntfsclone',
      image: { format: 'ntfsclone' },
      problem: null,
    },
    { partition: 'sda3', fileSystem: 'swap', kind: 'swap', file: 'swappt-sda3.info', ...none },
    { partition: 'sda4', kind: 'raw', file: 'sda4.dd-img.aa', ...none },
    { partition: 'sda5', kind: 'partclone', image: null },
  ])
  expect(partitions[4]?.problem).toMatch(/not an image of partclone/)
  expect(others.map(({ file }) => file)).toContain('swappt-sda3.info')
})

test('the command line shows them as a table and as JSON', () => {
  const { stdout, stderr, status } = cli(['partition', 'info', folder])
  expect(status).toBe(0)
  expect(stdout).toMatch(/^disk sda: 33\.6 MB, dos table, 5 partitions$/m)
  expect(stdout).toMatch(
    /^sda1 +ext4 +8\.39 MB +1\.74 MB used +partclone 0002 +gzip +sda1\.ext4-ptcl-img\.gz\.aa$/m,
  )
  expect(stderr).toMatch(/^warning: sda5: .*not an image of partclone/)
  const lines = cliJson(['partition', 'info', folder])
  expect(lines.map(({ type }) => type)).toEqual(['disk', ...Array<string>(5).fill('partition'), 'summary'])
  expect(lines.at(-1)).toEqual({ type: 'summary', disks: 1, partitions: 5, images: 2 })
})

test('another folder is refused', () => {
  fs.mkdirSync(at('empty'))
  expect(cli(['partition', 'info', at('empty')])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is a folder without an image of Clonezilla') as string,
  })
})
