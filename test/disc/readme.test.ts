import { expect, test } from 'vitest'
import { type ReadmeInfo, readmeReserveBytes, readmeText } from '../../src/disc/readme.ts'

const info: ReadmeInfo = {
  setId: '00112233445566778899aabbccddeeff',
  disc: 3,
  label: 'BUTCHER_00112233_0003',
  medium: 'bd25',
  capacityBytes: 24_220_008_448,
  hasParity: true,
  hasPieces: true,
  discCount: 5,
  encryption: 'none',
  hash: 'sha256',
  compressions: ['bz2', 'none'],
  backups: [
    { number: 1, name: 'photos', startedMs: 0, source: '/home/ann/photos', files: 12, bytes: 3_400_000 },
    { number: 2, name: null, startedMs: 86_400_000, source: '/home/ann/photos', files: null, bytes: null },
  ],
  chunks: [
    { file: 'chunks/00000007.tar.bz2', bytes: 1000 },
    { file: 'chunks/00000008.tar', bytes: 234 },
  ],
  programVersion: '1.2.3',
  createdMs: Date.UTC(2026, 10, 20),
}

const kinds = ['none', 'passphrase', 'recipients', 'both'] as const

test('says which disc this is, and what it holds', () => {
  const text = readmeText(info)
  expect(text).toContain('Set id:      00112233445566778899aabbccddeeff\n')
  expect(text).toContain('This disc:   3, labelled BUTCHER_00112233_0003\n')
  expect(text).toContain('Chunks here: 2, of 1234 bytes, from chunks/00000007.tar.bz2\n')
  expect(text).toContain(
    '      1  1970-01-01 00:00  12 files, 3.40 MB\n         photos of /home/ann/photos\n',
  )
  expect(text).toContain('      2  1970-01-02 00:00\n')
  expect(text).not.toContain('gpg')
})

test.each(kinds)('plain ASCII of at most 79 columns, within what is set aside for it: %s', (encryption) => {
  const long = 'x\u{1f600}\udcff\u001b[31m'.repeat(2000)
  const extreme: ReadmeInfo = {
    ...info,
    encryption,
    label: long,
    medium: long,
    programVersion: long,
    hash: 'sha512',
    disc: 99_999,
    discCount: 999_999,
    capacityBytes: Number.MAX_SAFE_INTEGER,
    compressions: ['none', 'bz2', 'gz', 'zstd', 'xz', 'bz2'],
    backups: Array.from({ length: 500 }, (_, i) => ({
      number: 99_999 - 500 + i,
      name: long,
      startedMs: Date.UTC(2046, 1, 1),
      source: long,
      files: 999_999_999,
      bytes: Number.MAX_SAFE_INTEGER,
    })),
    chunks: Array.from({ length: 3 }, () => ({
      file: `chunks/${'9'.repeat(12)}.tar.bz2.gpg`,
      bytes: 2 ** 40,
    })),
  }
  for (const each of [extreme, { ...info, encryption }, { ...info, encryption, backups: [], chunks: [] }]) {
    const text = readmeText(each)
    expect(text).toMatch(/^[\x20-\x7e\n]*$/)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(79)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(readmeReserveBytes)
  }
  // The newest backup is always among those shown.
  expect(readmeText(extreme)).toContain('  99998  2046-02-01')
})

test.each(['passphrase', 'recipients', 'both'] as const)(
  'an encrypted set tells no names: %s',
  (encryption) => {
    const text = readmeText({ ...info, encryption })
    expect(text).toContain('      1  1970-01-01 00:00\n')
    expect(text).not.toContain('photos')
    expect(text).not.toContain('/home/ann')
  },
)
