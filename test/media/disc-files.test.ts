import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  bytesOf,
  imageAt,
  isImage,
  isInImage,
  inspectFile,
  namesIn,
  openFile,
} from '../../src/media/disc-files.ts'
import { readDirectory } from '../../src/media/iso9660.ts'
import { fabricateImage, makeImage } from '../support/make-image.ts'
import { noise } from '../support/sample-trees.ts'

const sectorBytes = 2048
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'image-'))
afterAll(() => fs.rmSync(scratch, { recursive: true }))
const at = (...names: string[]): string => path.join(scratch, ...names)

const files: Readonly<Record<string, Buffer>> = {
  'README.txt': Buffer.from('words'),
  SHA256SUMS: Buffer.alloc(0),
  'catalog.sqlite.bz2.gpg': noise(5000, 1),
  'chunks/00000001.tar.bz2.gpg': noise(300_001, 2),
  'chunks/00000002.tar': noise(2048, 3),
  [`chunks/${'long '.repeat(48)}`]: noise(10, 4),
}

beforeAll(() => {
  fs.mkdirSync(at('disc', 'chunks'), { recursive: true })
  for (const [name, bytes] of Object.entries(files)) fs.writeFileSync(at('disc', name), bytes)
  fs.symlinkSync('README.txt', at('disc', 'link'))
  makeImage(at('disc'), at('both.iso'))
  makeImage(at('disc'), at('rock.iso'), ['-R'])
  makeImage(at('disc'), at('joliet.iso'), ['-J', '-joliet-long'])
})

async function content(file: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of bytesOf(file)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Changes a copy of an image; answers its name. */
function changed(name: string, change: (image: Buffer) => Buffer | void, from = 'both.iso'): string {
  const image = fs.readFileSync(at(from))
  fs.writeFileSync(at(name), change(image) ?? image)
  return at(name)
}

const zero = (image: Buffer, sector: number): void =>
  void image.fill(0, sector * sectorBytes, (sector + 1) * sectorBytes)

const rootSector = (image: Buffer, descriptor: number): number =>
  image.readUInt32LE(descriptor * sectorBytes + 158)

describe('the files in an image', () => {
  test.each(['both.iso', 'rock.iso'])('%s has the folder’s names and contents', async (image) => {
    expect(isImage(at(image))).toBe(true)
    expect(imageAt(at(image))?.label).toBe('LABEL')
    expect(namesIn(at(image))).toEqual(fs.readdirSync(at('disc')).sort())
    expect(namesIn(at(image, 'chunks'))).toEqual(fs.readdirSync(at('disc', 'chunks')).sort())
    for (const [name, bytes] of Object.entries(files)) {
      expect(inspectFile(at(image, name))).toEqual({ kind: 'file', sizeBytes: bytes.length })
      expect((await content(at(image, name))).equals(bytes)).toBe(true)
    }
    expect(inspectFile(at(image, 'link'))).toEqual({ kind: 'other', sizeBytes: 0 })
    expect(inspectFile(at(image, 'chunks'))?.kind).toBe('folder')
    expect(inspectFile(at(image, 'none'))).toBeUndefined()
    expect(isInImage(at(image, 'README.txt'))).toBe(true)
    expect(() => openFile(at(image, 'none'))).toThrow('ENOENT')
    expect(() => openFile(at(image, 'chunks'))).toThrow('it is not a file')
  })

  test('without Rock Ridge, the names are those of Joliet', async () => {
    expect(namesIn(at('joliet.iso', 'chunks'))).toContain('00000001.tar.bz2.gpg')
    const file = at('joliet.iso', 'chunks', '00000001.tar.bz2.gpg')
    expect((await content(file)).equals(files['chunks/00000001.tar.bz2.gpg'] as Buffer)).toBe(true)
  })

  test('what is no image is a file', () => {
    expect(isImage(at('disc', 'README.txt'))).toBe(false)
    expect(isImage(at('disc'))).toBe(false)
    expect(isImage('/dev/null')).toBe(false)
    expect(inspectFile(at('disc', 'README.txt', 'x'))).toBeUndefined()
    expect(() => namesIn(at('disc', 'README.txt'))).toThrow('ENOTDIR')
    expect(() => openFile(at('disc', 'README.txt', 'x'))).toThrow('ENOTDIR')
  })

  test('another image under the same name is read anew', () => {
    fs.copyFileSync(at('both.iso'), at('drive.iso'))
    expect(namesIn(at('drive.iso'))).toContain('chunks')
    fs.writeFileSync(
      at('drive.iso'),
      fabricateImage({ 20: [{ name: 'OTHER.;1', sector: 30, sizeBytes: 5 }] }),
    )
    expect(namesIn(at('drive.iso'))).toEqual(['other'])
  })
})

describe('a damaged image', () => {
  test.each([
    ['the first descriptor', (image: Buffer) => zero(image, 16)],
    ['the root of the names of Rock Ridge', (image: Buffer) => zero(image, rootSector(image, 16))],
    ['the root of the names of Joliet', (image: Buffer) => zero(image, rootSector(image, 17))],
  ])('without %s, the other directory has the files', async (_, damage) => {
    const image = changed('damaged.iso', (bytes) => {
      damage(bytes)
    })
    const name = 'chunks/00000001.tar.bz2.gpg'
    expect((await content(`${image}/${name}`)).equals(files[name] as Buffer)).toBe(true)
  })

  test('one that is cut off has what is before the cut', async () => {
    const whole = imageAt(at('both.iso'))?.entries.get('chunks/00000001.tar.bz2.gpg')
    if (whole?.kind !== 'file') throw new Error('no such file')
    const cut = (whole.extents[0]?.offset as number) + 100_000
    const image = changed('cut.iso', (bytes) => bytes.subarray(0, cut))
    expect(inspectFile(`${image}/chunks/00000001.tar.bz2.gpg`)?.sizeBytes).toBe(300_001)
    expect(await content(`${image}/chunks/00000001.tar.bz2.gpg`)).toHaveLength(100_000)
    expect(isImage(changed('cut.iso', (bytes) => bytes.subarray(0, 10_000)))).toBe(false)
  })

  test('sectors of a directory that cannot be read cost the names in them', () => {
    const image = fs.readFileSync(at('rock.iso'))
    const root = rootSector(image, 16)
    const found = readDirectory((buffer, offset) => {
      if (offset === root * sectorBytes) throw Object.assign(new Error('EIO'), { code: 'EIO' })
      return image.copy(buffer, 0, offset, offset + buffer.length)
    })
    expect(found?.entries.get('')).toMatchObject({ names: [], trouble: 'input/output error' })
  })
})

describe('an image that somebody means harm with', () => {
  const read = (image: Buffer) => readDirectory((buffer, offset) => image.copy(buffer, 0, offset, offset + buffer.length)) // prettier-ignore

  test('a file of several extents is one', () => {
    const part = 0xffff_f800
    const image = fabricateImage({
      20: [
        { name: 'LARGE.;1', sector: 30, sizeBytes: part, flags: 0x80 },
        { name: 'LARGE.;1', sector: 2_097_181, sizeBytes: 5000 },
        { name: 'SMALL.;1', sector: 2_097_190, sizeBytes: 5 },
      ],
    })
    expect(read(image)?.entries.get('large')).toEqual({
      kind: 'file',
      sizeBytes: part + 5000,
      extents: [
        { offset: 30 * sectorBytes, sizeBytes: part },
        { offset: 2_097_181 * sectorBytes, sizeBytes: 5000 },
      ],
    })
    expect(read(image)?.entries.get('small')).toMatchObject({ sizeBytes: 5 })
  })

  test('folders in a circle end', () => {
    const up = { name: 'UP', sector: 20, sizeBytes: sectorBytes, flags: 2 }
    const image = fabricateImage({
      20: [{ name: 'DOWN', sector: 21, sizeBytes: sectorBytes, flags: 2 }],
      21: [up],
    })
    expect(read(image)?.entries.get('down/up')).toMatchObject({
      names: [],
      trouble: expect.stringMatching(/circle/) as string,
    })
  })

  test('names that lead elsewhere, and folders without an end, are left out', () => {
    const names = ['../X', 'A/B', '..', 'OK']
    const image = fabricateImage({
      20: [
        ...names.map((name) => ({ name, sector: 30, sizeBytes: 5 })),
        { name: 'HUGE', sector: 22, sizeBytes: 0xffff_ffff, flags: 2 },
      ],
    })
    expect(read(image)?.entries.get('')).toMatchObject({ names: ['huge', 'ok'] })
    expect(read(image)?.entries.get('huge')).toMatchObject({
      names: [],
      trouble: expect.stringMatching(/larger/) as string,
    })
  })

  test('whatever bytes are other ones, it ends', () => {
    const sound = fs.readFileSync(at('both.iso')).subarray(0, 64 * sectorBytes)
    for (let turn = 0; turn < 200; turn++) {
      const image = Buffer.from(sound)
      const bytes = noise(60, turn + 1)
      for (let i = 0; i < 20; i++) {
        const where = 16 * sectorBytes + (bytes.readUInt16LE(i * 3) % (40 * sectorBytes))
        image[where] = bytes[i * 3 + 2] as number
      }
      expect(read(image)?.entries.size ?? 0).toBeLessThan(1000)
    }
  })
})
