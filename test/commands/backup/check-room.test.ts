import { expect, test } from 'vitest'
import { checkRoom, type RoomNeeded } from '../../../src/commands/backup/check-room.ts'
import { parseMedium } from '../../../src/format/medium.ts'

const bd25 = parseMedium('bd25')
const wide: RoomNeeded = {
  source: '/home/me/my photos',
  destination: '/dest',
  medium: bd25,
  emptyRoomBytes: bd25.capacityBytes - 1e8,
  bytes: 1.9e12,
  discs: 79,
  maxDiscs: Infinity,
  dryRun: false,
}

function told(more: Partial<RoomNeeded>, freeBytes: number): string[] {
  const messages: string[] = []
  checkRoom(
    { ...wide, ...more },
    (event) => {
      if (event.type === 'warning') messages.push(event.message)
    },
    freeBytes,
  )
  return messages
}

const follow = `burn as you go: butcher burn /dest --follow '/home/me/my photos'`

test('what fits is no news', () => {
  expect(told({}, 2e12)).toEqual([])
  expect(told({}, Infinity)).toEqual([])
  expect(told({ bytes: 0, discs: 0 }, 0)).toEqual([])
  expect(told({ maxDiscs: 12 }, 12.5 * bd25.capacityBytes)).toEqual([])
})

test('what does not fit is told in discs, with the way out', () => {
  expect(told({}, 300e9)).toEqual([
    `this backup needs about 1.91 TB (79 discs bd25); /dest has 300 GB free: stage 12 discs at a time (--max-discs 12), or ${follow}`,
  ])
  expect(told({}, 30e9)[0]).toMatch(/: stage 1 disc at a time \(--max-discs 1\), or burn as you go/)
  expect(told({ maxDiscs: 20 }, 300e9)[0]).toMatch(
    /^this backup needs about 484 GB \(20 discs bd25\); .*--max-discs 12/,
  )
})

test('where not even a disc fits, the way out is room', () => {
  expect(told({}, 10e9)[0]).toContain(
    `/dest has 10.0 GB free: make room for one disc, or choose a smaller --medium; then ${follow}`,
  )
  expect(told({ maxDiscs: 1 }, 10e9)[0]).toMatch(/make room for one disc, or choose a smaller --medium$/)
  expect(told({ bytes: 20e9, discs: 1 }, 10e9)[0]).toMatch(/make room, or choose another destination$/)
  expect(told({ medium: parseMedium('unlimited'), emptyRoomBytes: Infinity, discs: 0 }, 10e9)).toEqual([
    'this backup needs about 1.90 TB; /dest has 10.0 GB free: make room, or choose another destination',
  ])
})

test('where nothing fits, a backup fails before it begins, and a dry run says so', () => {
  expect(() => told({}, 100_000)).toThrow(expect.objectContaining({ code: 'no-space' }) as Error)
  expect(told({ dryRun: true }, 100_000)).toHaveLength(1)
  expect(told({ bytes: 50_000, discs: 0 }, 100_000)).toEqual([])
})
