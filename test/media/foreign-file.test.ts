/** A file that is no disc is called by its kind, by every command that takes discs. */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { openCatalog } from '../../src/set/open-catalog.ts'
import { repair } from '../../src/commands/repair/repair.ts'
import { foldersAt } from '../../src/spare/find-group.ts'
import { knownKind, whyNoDisc } from '../../src/media/foreign-file.ts'
import { findChunks } from '../../src/rebuild/find-chunks.ts'
import { findDiscFolders } from '../../src/verify/find-disc-folders.ts'
import { scratchFolder } from '../support/backup-set.ts'

const { folder, remove } = scratchFolder()
afterAll(remove)
const at = (name: string): string => path.join(folder, name)

/** A file with texts at offsets. */
function plant(name: string, ...texts: readonly (readonly [offset: number, bytes: string])[]): string {
  const bytes = Buffer.alloc(200_000)
  for (const [offset, text] of texts) bytes.write(text, offset, 'latin1')
  fs.writeFileSync(at(name), bytes)
  return at(name)
}

const udf = (): string => plant('udf.img', [32_769, 'BEA01'], [34_817, 'NSR03'], [36_865, 'TEA01'])

test.each([
  ['HFS+', [1024, 'H+']],
  ['NTFS', [3, 'NTFS    ']],
  ['exFAT', [3, 'EXFAT   ']],
  ['FAT', [82, 'FAT32   ']],
  ['ext2, ext3 or ext4', [1080, '\x53\xef']],
  ['Btrfs', [0x10040, '_BHRfS_M']],
] as const)('an image with %s and no ISO 9660 wants mounting', (name, sign) => {
  const file = plant('image.img', sign)
  expect(whyNoDisc(file)).toEqual({
    message: `${file} has ${name} and no ISO 9660: butcher cannot read it as a disc`,
    hint: 'mount it read-only and give the folder: mount -o loop,ro IMAGE FOLDER',
  })
})

test.each([
  ['is a ZIP archive', Buffer.from('PK\x03\x04')],
  ['is compressed by gzip', zlib.gzipSync('x')],
  ['is encrypted by LUKS', Buffer.from('LUKS\xba\xbe', 'latin1')],
  ['has raw sectors of 2352 bytes', Buffer.from(`\0${'\xff'.repeat(10)}\0`, 'latin1')],
  ['begins with zeros only', Buffer.alloc(5000)],
  ['is empty', Buffer.alloc(0)],
])('%s', (is, bytes) => {
  fs.writeFileSync(at('file'), bytes)
  expect(knownKind(at('file'))).toMatchObject({ is })
})

test('of another file it is known that it has no ISO 9660, of a folder nothing', () => {
  fs.writeFileSync(at('text'), 'some text')
  expect(whyNoDisc(at('text'))?.message).toBe(`no disc in ${at('text')}: it has no ISO 9660 file system`)
  expect(whyNoDisc(folder)).toBeUndefined()
  expect(whyNoDisc(at('nothing'))).toBeUndefined()
})

test('every command says it', async () => {
  const file = udf()
  const said = /udf\.img.* has UDF and no ISO 9660/
  expect(() => findDiscFolders([file])).toThrow(said)
  expect(() => findChunks([file])).toThrow(said)
  expect(() => foldersAt([file])).toThrow(said)
  await expect(openCatalog([file], {})).rejects.toThrow(/udf\.img is not a butcher catalog: it has UDF/)
  await expect(repair({ disc: file, out: at('out') })).rejects.toThrow(/udf\.img: it has UDF/)
})

test('what mkudffs makes is UDF', () => {
  fs.writeFileSync(at('real.img'), '')
  fs.truncateSync(at('real.img'), 20_000_000)
  execFileSync('mkudffs', ['-b', '2048', at('real.img')], { stdio: 'ignore' })
  expect(knownKind(at('real.img'))?.is).toBe('has UDF and no ISO 9660')
})
