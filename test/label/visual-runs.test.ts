/**
 * The order in which a line with Hebrew is drawn, as UAX #9 has it. Capital letters stand for Hebrew ones
 * below.
 */

import { expect, test } from 'vitest'
import { visualRuns } from '../../src/label/visual-runs.ts'

const hebrew = (text: string): string =>
  text.replace(/[A-Z]/g, (letter) => String.fromCodePoint(0x5d0 + letter.charCodeAt(0) - 65))

/** As it is seen: a Hebrew word is turned round by the font's layout. */
const seen = (text: string): string =>
  visualRuns(hebrew(text))
    .map((run) => (/^[\u05d0-\u05ea]+$/.test(run) ? [...run].reverse().join('') : run))
    .join('')
    .replaceAll('\u200e', '')
    .replace(/[\u05d0-\u05ea]/g, (letter) => String.fromCharCode(65 + letter.charCodeAt(0) - 0x5d0))

test.each([
  ['aaa ABC bbb', 'aaa CBA bbb'],
  ['aaa ABC DEF bbb', 'aaa FED CBA bbb'],
  ['ABC DEF', 'FED CBA'],
  ['ABC!', '!CBA'],
  ['ABC aaa DEF', 'FED aaa CBA'],
  ['ABC 2024', '2024 CBA'],
  ['ABC 2024-05-01 DEF', 'FED 2024-05-01 CBA'],
  ['aaa ABC 12 bbb', 'aaa 12 CBA bbb'],
  ['aaa 12 ABC', 'aaa 12 CBA'],
  ['ABC 50% DEF', 'FED 50% CBA'],
  ['ABC 3.5, 4 DEF', 'FED 4 ,3.5 CBA'],
  ['aaa (ABC) bbb', 'aaa (CBA) bbb'],
  ['ABC (DEF) GHI', 'IHG (FED) CBA'],
  ['ABC (aaa)', '(aaa) CBA'],
  ['aaa (ABC)', 'aaa (CBA)'],
  ['aaa ABC, DEF; bbb', 'aaa FED ,CBA; bbb'],
  ['aaa ABC – DEF bbb', 'aaa FED – CBA bbb'],
  ['aaa ABC. ', 'aaa CBA. '],
  ['«ABC»', '«CBA»'],
])('%j is drawn as %j', (text, drawn) => expect(seen(text)).toBe(drawn))

test('text without Hebrew is one run: Latin, Greek, Cyrillic, combining marks', () => {
  for (const text of ['Photos (2024)', 'Ελλάδα 50 %', 'Фото, ёлка', 'e\u0301te\u0301 — cafe\u0301', '']) {
    expect(visualRuns(text)).toEqual([text])
  }
})

test('points stay with their letters, and what has no width is left out', () => {
  const pointed = '\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd'
  expect(visualRuns(`a ${pointed} b`)).toEqual(['a ', pointed, '\u200e b'])
  expect(visualRuns(`a \u202b${hebrew('ABC')}\u202c b`)).toEqual(['a ', hebrew('ABC'), '\u200e b'])
})
