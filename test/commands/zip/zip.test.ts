import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { backup } from '../../../src/commands/backup/backup.ts'
import { zip, type ZipFacts, type ZipOptions } from '../../../src/commands/zip/zip.ts'
import {
  centralHeader,
  endRecords,
  localHeader,
  packedBytes,
  zipBytes,
  type ZipEntry,
} from '../../../src/commands/zip/zip-records.ts'

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'zip-'))
const at = (...names: readonly string[]): string => path.join(home, ...names)
const signal = new AbortController().signal
const passphrase = 'a passphrase'
const large = Buffer.alloc(3_000_000, 'abcdefghijklmnopqrstuvwxyz0123456789')

beforeAll(async () => {
  const write = (name: string, content: string | Buffer): void => {
    fs.mkdirSync(path.dirname(at('source', name)), { recursive: true })
    fs.writeFileSync(at('source', name), content)
  }
  write('صور/‏ä ö.txt', 'umlauts and more')
  write('صور/empty', '')
  write('صور/inner/large.bin', large)
  write('..\\..\\evil.exe', 'a backslash is a slash on Windows')
  fs.mkdirSync(at('source', 'no files here'))
  fs.symlinkSync('/etc/passwd', at('source', 'link'))
  fs.linkSync(at('source', 'صور', 'empty'), at('source', 'hard link of empty'))
  fs.linkSync(at('source', 'صور/inner/large.bin'), at('source', 'again.bin'))
  fs.writeFileSync(Buffer.concat([Buffer.from(at('source/')), Buffer.from([0x6e, 0xff])]), 'not UTF-8')
  fs.utimesSync(at('source', 'صور', 'empty'), 1_700_000_001, 1_700_000_001)
  spawnSync('mkfifo', [at('source', 'pipe')])
  for (const name of ['plain', 'encrypted'])
    await backup({
      source: at('source'),
      destination: at(name),
      medium: 'unlimited',
      chunkSizeBytes: 1_000_000,
      ...(name === 'encrypted' ? { passphrase } : {}),
    })
})

/** Makes the file `out.zip`, and returns the facts. */
async function made(options: Partial<ZipOptions>): Promise<ZipFacts> {
  let found: ZipFacts | undefined
  await zip({ from: at('plain'), backup: 1, paths: [], signal, ...options }, async (facts, bytes) => {
    found = facts
    const file = fs.openSync(at('out.zip'), 'w')
    for await (const piece of bytes) fs.writeSync(file, piece)
    fs.closeSync(file)
  })
  return found as ZipFacts
}

/** What Python's zipfile reads: it checks each CRC. */
function members(): Readonly<Record<string, readonly [bytes: number, mode: string, content: string]>> {
  const script = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps({i.filename: [i.file_size, oct(i.external_attr >> 16), z.read(i)[:40].decode()] for i in z.infolist()}))`
  const { stdout, stderr } = spawnSync('python3', ['-c', script, at('out.zip')], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return JSON.parse(stdout) as ReturnType<typeof members>
}

test.each(['plain', 'encrypted'])('a whole %s backup, with each name and kind of entry', async (name) => {
  const facts = await made({ from: at(name), ...(name === 'encrypted' ? { passphrase } : {}) })
  expect(facts).toMatchObject({ files: 7, directories: 3, skipped: 1, missingDiscs: [] })
  expect(fs.statSync(at('out.zip')).size).toBe(facts.zipBytes)
  const found = members()
  expect(Object.keys(found).toSorted()).toEqual(
    ['.._.._evil.exe', 'again.bin', 'hard link of empty', 'link', 'n\ufffd', 'no files here/', 'صور/', 'صور/empty', 'صور/inner/', 'صور/inner/large.bin', 'صور/‏ä ö.txt'].toSorted(),
  ) // prettier-ignore
  expect(found['link']).toEqual([11, '0o120777', '/etc/passwd'])
  expect(found['صور/‏ä ö.txt']?.[2]).toBe('umlauts and more')
  expect(found['صور/inner/large.bin']?.[0]).toBe(large.length)
  expect(found['again.bin']?.[0]).toBe(large.length)
  // Info-ZIP reads from the beginning, and checks the blocks.
  const tested = spawnSync('unzip', ['-tqq', at('out.zip')], { encoding: 'utf8' })
  expect(tested).toMatchObject({ status: 0, stdout: '' })
})

test('a folder keeps its own name, a file comes alone, and an unknown path is an error', async () => {
  expect(await made({ paths: ['صور/inner'] })).toMatchObject({ files: 1, directories: 1 })
  expect(Object.keys(members())).toEqual(['inner/', 'inner/large.bin'])
  await made({ paths: ['صور/inner/large.bin', 'link'] })
  expect(Object.keys(members())).toEqual(['link', 'صور/inner/large.bin'])
  await expect(made({ paths: ['../source'] })).rejects.toMatchObject({ code: 'no-match' })
  await expect(made({ from: at('encrypted') })).rejects.toMatchObject({ code: 'secret' })
})

test('a damaged chunk ends the file with an error', async () => {
  fs.cpSync(at('plain'), at('damaged'), { recursive: true })
  const chunks = at('damaged', 'disc-0001', 'chunks')
  for (const name of fs.readdirSync(chunks)) {
    const bytes = fs.readFileSync(path.join(chunks, name))
    fs.writeFileSync(path.join(chunks, name), bytes.fill(0, bytes.length >> 1))
  }
  await expect(made({ from: at('damaged') })).rejects.toMatchObject({ code: 'damaged' })
})

test('the records of files above 4 GiB, and of many files', () => {
  const entry = (sizeBytes: number): ZipEntry => ({
    name: Buffer.from('a'),
    kind: 'file',
    mode: 0o644,
    mtime: 0,
    sizeBytes,
  })
  const huge = entry(5 * 2 ** 30)
  // The zip64 field has both sizes, and the place if it is far.
  expect(localHeader(huge, 0).readUInt32LE(18)).toBe(0xffff_ffff)
  expect(localHeader(huge, 0).readUInt16LE(31)).toBe(1)
  const central = centralHeader({ entry: huge, crc: 1, offset: 2 ** 33 })
  expect(central.readUInt16LE(47)).toBe(1)
  expect(central.readUInt16LE(49)).toBe(24)
  expect(central.readBigUInt64LE(51)).toBe(BigInt(huge.sizeBytes))
  expect(central.readBigUInt64LE(59)).toBe(BigInt(packedBytes(huge)))
  expect(central.readBigUInt64LE(67)).toBe(2n ** 33n)
  expect(endRecords(70_000, 100, 100).length).toBe(98)
  expect(endRecords(3, 100, 100).length).toBe(22)
  expect(zipBytes([huge, huge])).toBeGreaterThan(2 * packedBytes(huge))
})
