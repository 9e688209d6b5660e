import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pack } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { TarReader } from '../../src/format/read-tar.ts'

interface Member {
  readonly name: string
  readonly isFile: boolean
  readonly data: string
}

function read(tar: Uint8Array, pieceBytes = tar.length): Member[] {
  const members: Member[] = []
  let data: Buffer[] = []
  const reader = new TarReader({
    begin: ({ name, isFile, sizeBytes }) => {
      if (!isFile) members.push({ name, isFile, data: '' })
      else if (sizeBytes === 0 || name !== 'passed over') members.push({ name, isFile, data: '?' })
      data = []
      return isFile && name !== 'passed over'
    },
    data: (bytes) => data.push(Buffer.from(bytes)),
    hole: (length) => data.push(Buffer.alloc(length)),
    end: () => members.push({ ...(members.pop() as Member), data: Buffer.concat(data).toString() }),
  })
  for (let at = 0; at < tar.length; at += pieceBytes) reader.feed(tar.subarray(at, at + pieceBytes))
  return members
}

async function tarOf(
  ...entries: [Parameters<ReturnType<typeof pack>['entry']>[0], string?][]
): Promise<Buffer> {
  const tar = pack()
  for (const [header, data] of entries) tar.entry(header, data ?? '')
  tar.finalize()
  const pieces: Buffer[] = []
  for await (const piece of tar) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

const long = `${'long-folder/'.repeat(30)}ümläut 😀`

describe('TarReader', () => {
  test('reads names of every length, whatever the pieces the tar comes in', async () => {
    const tar = await tarOf(
      [{ name: 'a' }, 'content of a'],
      [{ name: `${'p'.repeat(120)}/${'n'.repeat(90)}` }, 'in the prefix'],
      [{ name: long }, 'pax'],
      [{ name: 'dir', type: 'directory' }],
      [{ name: 'link', type: 'symlink', linkname: 'a' }],
      [{ name: 'passed over' }, 'x'.repeat(2000)],
      [{ name: 'empty' }],
      [{ name: 'exact' }, 'y'.repeat(512)],
    )
    for (const pieceBytes of [1, 511, 512, 513, tar.length]) {
      expect(read(tar, pieceBytes)).toEqual([
        { name: 'a', isFile: true, data: 'content of a' },
        { name: `${'p'.repeat(120)}/${'n'.repeat(90)}`, isFile: true, data: 'in the prefix' },
        { name: long, isFile: true, data: 'pax' },
        { name: 'dir', isFile: false, data: '' },
        { name: 'link', isFile: false, data: '' },
        { name: 'empty', isFile: true, data: '' },
        { name: 'exact', isFile: true, data: 'y'.repeat(512) },
      ])
    }
  })

  test('reads what GNU tar writes, in ustar and in pax', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'read-tar-'))
    fs.writeFileSync(path.join(folder, 'ü'), 'one')
    fs.writeFileSync(path.join(folder, 'b'.repeat(200)), 'two')
    for (const format of ['posix', 'ustar']) {
      const names = format === 'posix' ? ['ü', 'b'.repeat(200)] : ['ü']
      const tar = execFileSync('tar', ['-C', folder, '-c', `--format=${format}`, ...names])
      expect(read(tar).map(({ name }) => name)).toEqual(names)
    }
    fs.rmSync(folder, { recursive: true })
  })

  test('sizes of base 256 and of pax', async () => {
    const tar = await tarOf([{ name: 'a' }, 'data'])
    tar.fill(0, 124, 136)
    tar[124] = 0x80
    tar[135] = 4
    fixSum(tar)
    expect(read(tar)).toEqual([{ name: 'a', isFile: true, data: 'data' }])
    const withPax = await tarOf([{ name: 'a', pax: { size: '4' } }, 'data'])
    expect(read(withPax)).toEqual([{ name: 'a', isFile: true, data: 'data' }])
  })

  test('tells damage', async () => {
    const tar = await tarOf([{ name: 'a' }, 'data'], [{ name: long }, 'pax'])
    const changed = (change: (copy: Buffer) => void): Buffer => {
      const copy = Buffer.from(tar)
      change(copy)
      return copy
    }
    const cases = [
      changed((copy) => (copy[3] = 1)),
      changed((copy) => copy.fill(0xff, 0, 512)),
      changed((copy) => {
        copy.write('99999999999', 124)
        fixSum(copy)
      }),
      changed((copy) => {
        copy[124] = 0xff
        fixSum(copy)
      }),
      changed((copy) => copy.write('9', 1536)),
      changed((copy) => copy.write('x', 1536)),
    ]
    for (const damaged of cases) {
      expect(() => read(damaged)).toThrow(expect.objectContaining({ code: 'damaged' }))
    }
  })

  test('pax records of any length that a header claims take no memory', async () => {
    const tar = await tarOf([{ name: long }, 'pax'])
    tar.write('77777777777', 124)
    fixSum(tar)
    expect(() => read(tar)).toThrow('too long')
  })
})

describe('TarReader, of sparse files', () => {
  const hole = Buffer.alloc
  const sparse = (
    map: string,
    data: string,
    realsize: number | string = 10_000,
  ): ReturnType<typeof tarOf> => {
    const pax = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'real' }
    const body = map.padEnd(Math.ceil(map.length / 512) * 512, '\0') + data
    return tarOf(
      [{ name: 'other', pax: { ...pax, 'GNU.sparse.realsize': String(realsize) } }, body],
      [{ name: 'next' }, 'n'],
    )
  }
  const next = { name: 'next', isFile: true, data: 'n' }

  test('data and holes, whatever the pieces the tar comes in', async () => {
    const tar = await sparse('3\n0\n3\n8000\n4\n10000\n0\n', 'abcdefg')
    const content = Buffer.concat([
      Buffer.from('abc'),
      hole(7997),
      Buffer.from('defg'),
      hole(1996),
    ]).toString()
    for (const pieceBytes of [1, 511, 513, tar.length])
      expect(read(tar, pieceBytes)).toEqual([{ name: 'real', isFile: true, data: content }, next])
  })

  test('a map longer than a block, and a file that is all hole', async () => {
    const ranges = Array.from({ length: 200 }, (_, i) => `${i * 50}\n1\n`)
    const [many] = read(await sparse(`200\n${ranges.join('')}`, 'x'.repeat(200)))
    expect(many?.data).toBe(`x${'\0'.repeat(49)}`.repeat(200))
    const [empty] = read(await sparse('1\n10000\n0\n', ''))
    expect(empty?.data).toBe('\0'.repeat(10_000))
  })

  test('what GNU tar itself writes', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'read-tar-'))
    const file = path.join(folder, 'ü')
    fs.writeFileSync(file, 'begin')
    fs.truncateSync(file, 500_000)
    fs.appendFileSync(file, 'end')
    const tar = execFileSync('tar', ['-C', folder, '-c', '-S', '--format=posix', 'ü'])
    expect(tar.length).toBeLessThan(100_000)
    expect(read(tar)).toEqual([{ name: 'ü', isFile: true, data: fs.readFileSync(file, 'utf8') }])
    fs.rmSync(folder, { recursive: true })
  })

  test.each([
    ['overlapping', '2\n0\n3\n2\n4\n'],
    ['not ascending', '2\n50\n3\n0\n4\n'],
    ['beyond the file', '2\n0\n3\n9999\n4\n'],
    ['beyond what a number holds', '2\n0\n3\n9999999999999999\n4\n'],
    ['longer than the data', '1\n0\n8\n'],
    ['shorter than the data', '1\n0\n6\n'],
    ['negative', '1\n-5\n7\n'],
    ['without an end', '2\n0\n3\n'],
    ['of too many ranges', '99999999999999\n0\n7\n'],
    ['no map', 'abcdefghijk'],
    ['empty', ''],
  ])('a map that is %s: the member has no size, and the next is read', async (_, map) => {
    const begun: unknown[] = []
    const reader = new TarReader({
      begin: ({ name, sizeBytes }) => begun.push([name, sizeBytes]) < 0,
      data: () => {},
      hole: () => {},
      end: () => {},
    })
    reader.feed(await sparse(map, 'abcdefg'))
    expect(begun).toEqual([
      ['real', undefined],
      ['next', 1],
    ])
  })

  test('a size that is none is damage', async () => {
    expect(await sparse('1\n0\n7\n', 'abcdefg', -1).then((tar) => () => read(tar))).toThrow(
      'a size in it is none',
    )
  })
})

function fixSum(tar: Buffer): void {
  tar.fill(0x20, 148, 156)
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
}
