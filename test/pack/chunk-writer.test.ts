import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { rows } from '../support/rows.ts'
import { compressor } from '../../src/compress/compress.ts'
import type { Compressor } from '../../src/compress/compress-stream.ts'
import type { EncryptionKeys } from '../../src/crypto/encrypt.ts'
import { attributesText } from '../../src/format/attributes.ts'
import { type Compression, compressionExtension } from '../../src/format/layout.ts'
import { TarReader } from '../../src/format/read-tar.ts'
import { tarHeader, type TarHeader, tarMemberBytes } from '../../src/format/tar-header.ts'
import { chunkBound } from '../../src/pack/chunk-bound.ts'
import { ChunkWriter } from '../../src/pack/chunk-writer.ts'
import { membersOf, passphrase, tarOf } from '../support/backup-set.ts'
import { noise } from '../support/sample-trees.ts'
import { program } from '../support/tree.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'chunk-writer-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

const common = {
  mode: 0o644,
  uid: 0,
  gid: 0,
  user: null,
  group: null,
  mtime: 1_600_000_000_000_000_000n,
}
const header = (name: string, size: number): TarHeader => tarHeader({ ...common, name, type: 'file', size })

async function open(
  compression: Compression,
  keys?: EncryptionKeys,
): Promise<{ writer: ChunkWriter; file: string; used: Compressor }> {
  const folder = fs.mkdtempSync(path.join(root, 'c-'))
  const file = path.join(folder, `00000001.tar${compressionExtension[compression]}${keys ? '.gpg' : ''}`)
  const used = compressor(compression, 2)
  const writer = await ChunkWriter.open({
    file,
    compressor: used,
    parallelism: 2,
    keys,
  })
  return { writer, file, used }
}

const compressions: Compression[] = ['none', 'bz2', 'gz', 'zstd', 'xz']

const cases: readonly [Compression, EncryptionKeys | undefined][] = [
  ...compressions.map((one): [Compression, undefined] => [one, undefined]),
  ['none', { passphrase }],
  ['bz2', { passphrase }],
]

describe.each(rows(cases, [3, 4, 6]))('%s, keys %o', (compression, keys) => {
  const contents = [
    noise(10, 1),
    noise(2_600_000, 2),
    Buffer.alloc(300_000),
    noise(70_000, 3),
    Buffer.alloc(0),
  ]

  test('what is written is what tar reads, its size is told and within its bound', async () => {
    const { writer, file, used } = await open(compression, keys)
    let tar = 0
    for (const [i, data] of contents.entries()) {
      const pieces = [data.subarray(0, 1000), data.subarray(1000)].filter(({ length }) => length > 0)
      if (i % 2 === 0) await writer.add(header(`m${i}`, data.length), data)
      else await writer.addStream(header(`m${i}`, data.length), pieces)
      tar += tarMemberBytes(header(`m${i}`, data.length))
      expect(await writer.flush()).toBeGreaterThanOrEqual(compression === 'none' ? tar : 0)
    }
    const { bytes, sha256 } = await writer.finish()
    await used.close()
    expect(fs.statSync(file).size).toBe(bytes)
    expect(program('sha256sum', [file]).toString().slice(0, 64)).toBe(sha256)
    expect(bytes).toBeLessThanOrEqual(chunkBound(keys)(compression, { stored: 0, tar, manifest: 0 }))
    const members = membersOf([tarOf(file)])
    expect(members.map(({ size }) => size)).toEqual(contents.map(({ length }) => length))
    const input = contents[1] as Buffer
    expect(members[1]?.sha256).toBe(program('sha256sum', [], { input }).toString().slice(0, 64))
  })
})

test('content that ends too soon is filled with zeros, so that the tar stays whole', async () => {
  const { writer, file } = await open('none')
  await writer.addStream(header('short', 5000), [Buffer.from('abc')])
  await writer.add(header('next', 3), Buffer.from('xyz'))
  await writer.finish()
  const [short, next] = membersOf([tarOf(file)])
  expect(short).toMatchObject({ name: 'short', size: 5000 })
  expect(next).toMatchObject({ name: 'next', size: 3 })
})

test('dropped, nothing is left; one that is there is not written over', async () => {
  const { writer, file } = await open('bz2', { passphrase })
  await writer.add(header('a', 100_000), noise(100_000, 1))
  await writer.drop()
  expect(fs.existsSync(file)).toBe(false)
  fs.writeFileSync(file, 'stays')
  const again = ChunkWriter.open({
    file,
    compressor: compressor('none', 1),
    parallelism: 1,
    keys: undefined,
  })
  await expect(again).rejects.toThrow(`cannot write ${file}: exists already`)
  expect(fs.readFileSync(file, 'utf8')).toBe('stays')
})

test('a destination that is full is told by its name', async () => {
  const full = path.join(root, 'full')
  fs.mkdirSync(full)
  program('mount', ['-t', 'tmpfs', '-o', 'size=300k', 'none', full])
  try {
    const file = path.join(full, '00000001.tar')
    const writer = await ChunkWriter.open({
      file,
      compressor: compressor('none', 1),
      parallelism: 1,
      keys: undefined,
    })
    const written = (async () => {
      await writer.add(header('a', 3_000_000), noise(3_000_000, 1))
      await writer.finish()
    })()
    await expect(written).rejects.toMatchObject({ code: 'no-space', path: file })
    await writer.drop()
    expect(fs.readdirSync(full)).toEqual([])
  } finally {
    program('umount', ['-l', full])
  }
})

test('attributes of any bytes are pax records as long as was said, and the next member stands right', async () => {
  const { writer, file } = await open('none')
  const values = {
    'user.bytes': Buffer.from([0, 255, 61, 10, 128]),
    'user.a=b%': noise(5000, 4),
    'user.empty': Buffer.alloc(0),
  }
  const attributes = attributesText(new Map(Object.entries(values)))
  const long = `${'folder/'.repeat(40)}caf\u00e9`
  const headers = [
    { name: long, type: 'file', size: 3 },
    { name: 'plain', type: 'file', size: 3 },
    { name: 'folder/', type: 'directory', size: 0 },
    { name: 'link', type: 'symlink', size: 0, link: 'x'.repeat(200) },
  ] as const
  for (const one of headers) {
    const full = tarHeader({ ...common, ...one, attributes })
    await writer.add(full, one.size > 0 ? Buffer.from('abc') : undefined)
  }
  await writer.add(header('after', 3), Buffer.from('xyz'))
  await writer.finish() // throws where a member is not as long as its header says
  const found = membersOf([tarOf(file)])
  expect(found.map(({ name }) => name)).toEqual([long, 'plain', 'folder', 'link', 'after'])
  expect(found[3]?.link).toBe('x'.repeat(200))
  const names: string[] = []
  const reader = new TarReader({
    begin: ({ name }) => names.push(name) < 0,
    data: () => {},
    hole: () => {},
    end: () => {},
  })
  reader.feed(tarOf(file))
  expect([names, reader.ended]).toEqual([[long, 'plain', 'folder/', 'link', 'after'], true])
})
