import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { differingDigits, parseChecksums } from '../../src/format/checksum-list.ts'
import type { Digest } from '../../src/media/digest.ts'
import { judgeDisc } from '../../src/verify/compare-disc.ts'

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')
const digest = (text: string): Digest => ({ bytes: text.length, sha256: hashOf(text), bad: [] })

const names = ['README.txt', 'catalog.sqlite.bz2', 'chunks/00000001.tar', 'restore.sh']
const sums = names.map((name) => `${hashOf(name)}  ${name}\n`).join('')

function judge(
  changes: Readonly<Record<string, Digest | undefined>>,
  folders: { name: string; reason: string }[] = [],
  list = sums,
) {
  const digests = new Map([
    ...names.map((name) => [name, digest(name)] as const),
    ['SHA256SUMS', digest(sums)] as const,
  ])
  for (const [name, change] of Object.entries(changes)) {
    if (change) digests.set(name, change)
    else digests.delete(name)
  }
  const files = [...digests].map(([name, { bytes }]) => ({ name, sizeBytes: bytes }))
  const { findings } = judgeDisc({
    place: '/disc',
    disc: undefined,
    listing: { files, unreadableFolders: folders },
    digests,
    list: parseChecksums(Buffer.from(list)),
    soundParity: new Set(),
    chunks: undefined,
  })
  return findings
    .filter(({ status }) => status !== 'sound')
    .map(({ name, status, message }) => `${name} ${status}: ${message}`)
}

test('a disc as its list has it is sound', () => expect(judge({})).toEqual([]))

test('an unreadable range makes a file unreadable, with how much', () => {
  const bad = [{ offset: 0, sizeBytes: 65_536, reason: 'input/output error' }, { offset: 131_072, sizeBytes: 65_536, reason: 'input/output error' }] // prettier-ignore
  expect(judge({ 'chunks/00000001.tar': { bytes: 5, sha256: undefined, bad } })).toEqual([
    'chunks/00000001.tar unreadable: 131 kB in 2 places cannot be read: input/output error',
  ])
})

test('where the folder of chunks cannot be listed, its chunks are unreadable, not missing', () => {
  expect(
    judge({ 'chunks/00000001.tar': undefined }, [{ name: 'chunks', reason: 'input/output error' }]),
  ).toEqual([
    'chunks/00000001.tar unreadable: its folder cannot be read: input/output error',
    'chunks unreadable: the folder cannot be read: input/output error',
  ])
})

test.each([
  ['SHA256SUMS cannot be read', { bytes: 9, sha256: undefined, bad: [{ offset: 0, sizeBytes: 9, reason: 'input/output error' }] }],
  ['SHA256SUMS is empty', digest('')],
  ['SHA256SUMS is damaged, and has no line of it', digest('x')],
  ['the disc has no SHA256SUMS', undefined],
] as const)('of files that no list has, the reason is told: %s', (reason, list) => {
  const text = reason.includes('damaged') ? 'x' : ''
  const found = judge({ SHA256SUMS: list && { ...list, bad: [...list.bad] } }, [], text)
  expect(found).toContain(`README.txt unchecked: ${reason}`)
  expect(found).toContain(`restore.sh unchecked: ${reason}`)
}) // prettier-ignore

test('a lost+found that nobody may read is no damage', () => {
  expect(judge({}, [{ name: 'lost+found', reason: 'permission denied' }])).toEqual([
    'lost+found surplus: the folder cannot be read: permission denied',
  ])
})

test.each([
  ['upper case', (text: string) => text.replace(/[a-f]/, (digit) => digit.toUpperCase())],
  ['a tab', (text: string) => text.replace('  ', ' \t')],
  ['a binary mark', (text: string) => text.replace('  ', ' *')],
  ['no last newline', (text: string) => text.slice(0, -1)],
  ['a line twice', (text: string) => text + text.split('\n')[0] + '\n'],
  ['a carriage return', (text: string) => text.replace('\n', '\r\n')],
])('a list with %s is not as it was written', (_, spoil) => {
  expect(parseChecksums(Buffer.from(sums)).wrongLines).toEqual([])
  expect(parseChecksums(Buffer.from(spoil(sums))).wrongLines).not.toEqual([])
})

test('hashes of two files differ in nearly all digits, a damaged one in few', () => {
  expect(differingDigits(hashOf('a'), hashOf('b'))).toBeGreaterThan(40)
  expect(differingDigits(hashOf('a'), hashOf('a').replace(/^./, 'x'))).toBe(1)
})
