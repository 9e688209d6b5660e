import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { hashOpenFile } from '../../src/files/content-hash.ts'
import { pathForSystem } from '../../src/format/path-text.ts'
import { probeContent } from '../../src/pack/probe-content.ts'
import { identityOf, isSame, ofSameFile, openSource, readRange } from '../../src/pack/source-file.ts'
import { noise } from '../support/sample-trees.ts'
import { makeSocket, program } from '../support/tree.ts'

const source = fs.mkdtempSync(path.join(os.tmpdir(), 'source-file-'))
afterAll(() => fs.rmSync(source, { recursive: true }))

const at = (name: string): string => path.join(source, name)

test('a pipe or socket does not hold it up, and a symlink is not followed', () => {
  program('mkfifo', [at('pipe')])
  makeSocket(at('socket'))
  fs.symlinkSync('/etc/passwd', at('link'))
  const { fd, stat } = openSource(source, 'pipe')
  expect(stat.isFIFO()).toBe(true)
  fs.closeSync(fd)
  expect(() => openSource(source, 'link')).toThrow(/ELOOP/)
  expect(() => openSource(source, 'socket')).toThrow(/ENXIO/)
  expect(() => openSource(source, 'nothing')).toThrow(/ENOENT/)
})

test('times of access stay, and a change of any kind shows', () => {
  const name = 'not utf8 \udcff'
  fs.writeFileSync(pathForSystem(at(name)), 'some')
  fs.utimesSync(pathForSystem(at(name)), 1000, 2000)
  const { fd, stat } = openSource(source, name)
  fs.readSync(fd, Buffer.alloc(4))
  const identity = identityOf(stat)
  expect(isSame(identity, identityOf(fs.fstatSync(fd, { bigint: true })))).toBe(true)
  expect(fs.fstatSync(fd).atimeMs).toBe(1_000_000)
  fs.chmodSync(pathForSystem(at(name)), 0o600)
  expect(isSame(identity, identityOf(fs.fstatSync(fd, { bigint: true })))).toBe(false)
  fs.closeSync(fd)
})

test('ranges end where the file does, and hashes are those of the bytes', () => {
  const data = noise(2_500_000, 1)
  fs.writeFileSync(at('data'), data)
  const { fd } = openSource(source, 'data')
  const read = (offset: number, length: number): Buffer => {
    const pieces: Uint8Array[] = []
    for (const piece of readRange(fd, offset, length, () => {})) pieces.push(Uint8Array.from(piece))
    return Buffer.concat(pieces)
  }
  expect(read(0, data.length).equals(data)).toBe(true)
  expect(read(1_000_001, 1_048_577).equals(data.subarray(1_000_001, 2_048_578))).toBe(true)
  expect(read(2_400_000, 1_000_000).equals(data.subarray(2_400_000))).toBe(true)
  expect(read(3_000_000, 10)).toHaveLength(0)
  fs.closeSync(fd)
  const hash = createHash('sha512').update(data).digest()
  const stat = fs.statSync(path.join(source, 'data'), { bigint: true })
  const file = { path: 'data', ...identityOf(stat) }
  const hashed = (): Uint8Array | undefined =>
    ofSameFile(source, file, (open) => hashOpenFile(open, 'sha512'))
  expect(hashed()).toEqual(hash)
  // Of the same size and time, but not what the walk saw.
  fs.utimesSync(path.join(source, 'data'), stat.atime, stat.mtime)
  expect(hashed()).toBeUndefined()
})

test('a probe is the same for holes and for zeros, and tells contents apart', () => {
  const probeOf = (write: (fd: number) => void): string => {
    const fd = fs.openSync(at('probed'), 'w+')
    write(fd)
    const probe = probeContent(fd, fs.fstatSync(fd, { bigint: true }))
    fs.closeSync(fd)
    return Buffer.from(probe).toString('hex')
  }
  const content = Buffer.concat([Buffer.alloc(300_000), noise(100_000, 1), Buffer.alloc(5_000_000)])
  const dense = probeOf((fd) => fs.writeSync(fd, content))
  const withHoles = (data: Buffer, position = 300_000): string =>
    probeOf((fd) => {
      fs.ftruncateSync(fd, content.length)
      fs.writeSync(fd, data, 0, data.length, position)
    })
  expect(withHoles(noise(100_000, 1))).toBe(dense)
  expect(withHoles(noise(100_000, 2))).not.toBe(dense)
  expect(withHoles(noise(100_000, 1), 365_536)).not.toBe(dense)
  const hole = (size: number): string => probeOf((fd) => fs.ftruncateSync(fd, size))
  expect(hole(1_000_000)).toBe(hole(1e13))
  expect(hole(1_000_000)).toBe(probeOf((fd) => fs.writeSync(fd, Buffer.alloc(1_000_000))))
})
