import { expect, test } from 'vitest'
import { isWorthwhile, planPrune, type PrunableChunk } from '../../src/retention/plan-prune.ts'

/** Chunks of 100 bytes, from the percent of each that lives. */
const chunks = (...shares: readonly number[]): PrunableChunk[] =>
  shares.map((liveBytes, i) => ({
    chunk: i + 1,
    bytes: 100,
    contentBytes: 100,
    liveBytes,
    isUnfinished: false,
  }))

test('dead chunks are dropped, and mostly dead ones are rewritten', () => {
  expect(planPrune(chunks(0, 40, 100, 90), [], Infinity)).toEqual({
    drop: [1, 2],
    rewrite: [2],
    wholes: [],
    rewrittenBytes: 40,
    freedBytes: 160,
    lacksRoom: false,
  })
})

test('more chunks are rewritten until the room is at most 1.5 times the live bytes', () => {
  // 60 of 100 each: 400 bytes of room for 240 live ones.
  expect(planPrune(chunks(60, 60, 60, 60), [], Infinity).rewrite).toEqual([1])
  expect(planPrune(chunks(80, 80, 80), [], Infinity).rewrite).toEqual([])
})

test('no more is rewritten than there is room for', () => {
  const plan = planPrune(chunks(10, 20, 30, 100), [], 35)
  expect(plan).toMatchObject({ rewrite: [1, 2], rewrittenBytes: 30, lacksRoom: true })
})

test('all parts of a content that gets another name move at once', () => {
  const whole = { content: 7, parts: [{ chunk: 1, bytes: 30 }, { chunk: 2, bytes: 60 }] } // prettier-ignore
  // With the part of chunk 2, there is little left of it.
  expect(planPrune(chunks(30, 100, 100, 100), [whole], Infinity)).toMatchObject({
    drop: [1, 2],
    rewrite: [1, 2],
    wholes: [7],
    rewrittenBytes: 130,
  })
  // A part on a disc that stays as it is: then its other chunks stay, too.
  const away = { content: 7, parts: [{ chunk: 1, bytes: 30 }, { chunk: 9, bytes: 60 }] } // prettier-ignore
  expect(planPrune(chunks(30, 100), [away], Infinity).rewrite).toEqual([])
})

test('a chunk of a file that a stopped run continues stays', () => {
  const [first, ...rest] = chunks(10, 100) as [PrunableChunk, ...PrunableChunk[]]
  expect(planPrune([{ ...first, isUnfinished: true }, ...rest], [], Infinity).rewrite).toEqual([])
})

test('a prune without forgotten backups must free a twentieth', () => {
  const all = chunks(0, 100, 100)
  expect(isWorthwhile(planPrune(all, [], Infinity), all, 0)).toBe(true)
  // Only the old checkpoint would be replaced.
  expect(isWorthwhile(planPrune(all, [], Infinity), all, 1)).toBe(false)
})

test('one that frees less is made while the chunks take more than 1.5 times the live bytes', () => {
  const all = chunks(51, 51, 51, 51, 51, 100, 100, 100, 100, 100)
  const little = { ...planPrune(all, [], Infinity), freedBytes: 30 }
  expect(isWorthwhile(little, all, 0)).toBe(false)
  const wasteful = all.slice(0, 5)
  expect(isWorthwhile({ ...little, freedBytes: 20 }, wasteful, 0)).toBe(true)
})
