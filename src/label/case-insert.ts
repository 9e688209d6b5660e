/** The sheet for the case: the front of a keep case, or the booklet of a jewel case. */

import {
  backupsText,
  countText,
  daysOf,
  encryptionWords,
  type LabelFacts,
  mediumName,
  overline,
  restoreLines,
  shortSetId,
  titleOf,
} from './label-facts.ts'
import { black, faint, grey, type Picture, type Shape } from './picture.ts'
import { qrCode } from './qr-code.ts'
import { showSize } from '../format/size-text.ts'
import { type TextStyle, type Typeface, typeset } from './typeset.ts'

/** Front and, for keep cases, spine, in millimetres. */
export const cases = {
  jewel: { name: 'jewel case', width: 120, height: 120, spine: 0 },
  dvd: { name: 'DVD case', width: 130, height: 183, spine: 14 },
  bd: { name: 'Blu-ray case', width: 129, height: 148, spine: 12 },
} as const

export type CaseKind = keyof typeof cases

const margin = 8
const qrSize = 26

export function caseInsert(facts: LabelFacts, code: string, kind: CaseKind, face: Typeface): Picture {
  const { name, width, height, spine } = cases[kind]
  const left = spine + margin
  const right = spine + width - margin
  const inner = right - left
  const put = (text: string, x: number, y: number, style: TextStyle): Shape =>
    typeset(face, text, x, y, style)
  const rule = (y: number, color: string = faint): Shape => ({
    kind: 'line', x1: left, y1: y, x2: right, y2: y, width: color === black ? 0.5 : 0.2, color }) // prettier-ignore
  const copy = facts.copy && `copy ${facts.copy.number} of ${facts.copy.of}`
  // The foot: the QR code, and beside it how to restore.
  const qrTop = height - margin - qrSize
  const textLeft = left + qrSize + 6
  const textWidth = right - textLeft
  const small = { size: 3, maxWidth: textWidth, minSize: 2.2 }
  const lines = restoreLines(facts).map((line, i) => put(line, textLeft, qrTop + 8.2 + i * 4.8, small))
  const rows = factRows(facts)
  const tableTop = margin + 37
  const rowHeight = Math.min(8.2, (qrTop - 6 - tableTop) / rows.length)
  return {
    title: `disc ${facts.disc} of set ${facts.setId}: ${name}`,
    widthMm: spine + width,
    heightMm: height,
    shapes: [
      ...(spine === 0 ? [] : spineShapes(facts, spine, height, put)),
      put(overline(facts), left, margin + 2.6, { size: 2.8, color: grey, spacing: 0.4 }),
      put(titleOf(facts), left, margin + 13, { size: 10, weight: 'bold', maxWidth: inner, minSize: 5 }),
      put(`Disc ${facts.disc}`, left, margin + 25, { size: 8.5, weight: 'bold' }),
      put(`of ${facts.discCount}`, left + face.width(`Disc ${facts.disc} `, 'bold') * 8.5, margin + 25, {
        size: 8.5,
      }),
      ...(copy === undefined
        ? []
        : [put(copy, right, margin + 2.6, { size: 4, weight: 'bold', anchor: 'end' })]),
      rule(margin + 30, black),
      ...rows.flatMap(([what, value], i) => {
        const y = tableTop + i * rowHeight
        return [
          put(what, left, y, { size: 3.2, color: grey }),
          put(value, left + 26, y, { size: 3.6, maxWidth: inner - 26 }),
          ...(i === rows.length - 1 || rowHeight < 7 ? [] : [rule(y + rowHeight * 0.36)]),
        ]
      }),
      qrCode(code, left, qrTop, qrSize),
      put('HOW TO RESTORE', textLeft, qrTop + 2.4, { size: 2.8, color: grey, spacing: 0.4 }),
      ...lines,
      put(facts.setId, textLeft, height - margin, { size: 2.5, color: grey, maxWidth: textWidth }),
    ],
  }
}

function factRows(facts: LabelFacts): [what: string, value: string][] {
  return [
    ['Volume id', facts.label],
    ['Medium', mediumName(facts)],
    ['Written', daysOf(facts)],
    ...(facts.burned === undefined ? [] : [['Burned', facts.burned] as [string, string]]),
    ['Backups', backupsText(facts).replace(/^backups? /, '')],
    ['Contents', `${countText(facts.files, 'file')}, ${showSize(facts.sourceBytes)}`],
    ['Stored', `${countText(facts.chunks, 'chunk')}, ${showSize(facts.storedBytes)}`],
    ['Encryption', encryptionWords[facts.encryption]],
  ]
}

/** The text runs downwards, as on most cases in English: it is read from above when the case stands. */
function spineShapes(
  facts: LabelFacts,
  spine: number,
  height: number,
  put: (text: string, x: number, y: number, style: TextStyle) => Shape,
): Shape[] {
  const baseline = spine / 2 - 1.6
  const copy = facts.copy ? `  ·  copy ${facts.copy.number}` : ''
  return [
    { kind: 'line', x1: spine, y1: 0, x2: spine, y2: height, width: 0.1, color: faint },
    put(titleOf(facts), baseline, margin, { size: 4.6, weight: 'bold', turn: 90, maxWidth: height - 75 }),
    put(
      `disc ${facts.disc} of ${facts.discCount}${copy}  ·  ${shortSetId(facts)}`,
      baseline,
      height - margin,
      {
        size: 3.8,
        turn: 90,
        anchor: 'end',
        maxWidth: 52,
      },
    ),
  ]
}
