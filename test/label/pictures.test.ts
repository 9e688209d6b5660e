import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { caseInsert, cases, type CaseKind } from '../../src/label/case-insert.ts'
import { discFace } from '../../src/label/disc-face.ts'
import { openLabelFont } from '../../src/label/font.ts'
import type { LabelFacts } from '../../src/label/label-facts.ts'
import { drawPdf } from '../../src/label/pdf.ts'
import type { Picture, TextShape } from '../../src/label/picture.ts'
import { drawSvg } from '../../src/label/svg.ts'
import { discCode } from '../../src/format/disc-code.ts'
import { someFacts } from './facts.ts'

const font = openLabelFont()
const code = discCode(someFacts.setId, someFacts.disc)

const hard: LabelFacts = {
  ...someFacts,
  title: 'W'.repeat(5000),
  disc: 123_456,
  discCount: 999_999,
  copy: { number: 88, of: 88 },
  label: 'W'.repeat(32),
  medium: 'W'.repeat(200),
  backups: [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21],
  files: 999_999_999,
  chunks: 9_999_999,
}

/** The corners of what is drawn, turned text too. */
function corners(picture: Picture): { x: number; y: number; what: string }[] {
  return picture.shapes.flatMap((shape) => {
    if (shape.kind === 'text') return textCorners(shape)
    if (shape.kind === 'path') {
      const numbers = [...shape.data.matchAll(/M([\d.]+) ([\d.]+)H([\d.]+)V([\d.]+)/g)].map((m) => m.slice(1).map(Number))
      return numbers.flatMap(([x1, y1, x2, y2]) => [{ x: x1 as number, y: y1 as number, what: 'qr' }, { x: x2 as number, y: y2 as number, what: 'qr' }])
    }
    return []
  }) // prettier-ignore
}

function textCorners({ text, x, y, width, size, anchor, turn }: TextShape): { x: number; y: number; what: string }[] {
  const left = anchor === 'start' ? 0 : anchor === 'middle' ? -width / 2 : -width
  return [[left, -size * 0.72], [left + width, -size * 0.72], [left, size * 0.21], [left + width, size * 0.21]].map(([dx, dy]) =>
    turn === 90 ? { x: x - (dy as number), y: y + (dx as number), what: text } : { x: x + (dx as number), y: y + (dy as number), what: text })
} // prettier-ignore

test.each([['common', someFacts], ['very long', hard]] as const)('on the face of a disc, %s facts keep off the hub and the rim', (_, facts) => {
  const face = discFace(facts, code, font)
  const outside = corners(face).filter(({ x, y }) => {
    const radius = Math.hypot(x - 60, y - 60)
    return radius < 23 || radius > 58
  })
  expect(outside).toEqual([])
}) // prettier-ignore

test.each(Object.keys(cases) as CaseKind[])('on the sheet of a %s case very long facts stay within the margins, and no text is over another', (kind) => {
  const sheet = caseInsert(hard, code, kind, font)
  const { spine } = cases[kind]
  const outside = corners(sheet).filter(({ x, y }) => x < 2 || (x > spine - 2 && x < spine + 5) || x > sheet.widthMm - 5 || y < 5 || y > sheet.heightMm - 5)
  expect(outside).toEqual([])
  const texts = sheet.shapes.filter((shape): shape is TextShape => shape.kind === 'text' && shape.turn === 0)
  const boxes = texts.map((shape) => textCorners(shape)).map((of) => ({ what: of[0]?.what, left: of[0]!.x, right: of[1]!.x, top: of[0]!.y, bottom: of[2]!.y }))
  const over = boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).map((b) => [a, b]))
  expect(over).toEqual([])
}) // prettier-ignore

test('a label has what one looks for, and no more than the set says in clear', () => {
  const words = (picture: Picture): string =>
    picture.shapes.flatMap((shape) => (shape.kind === 'text' ? [shape.text] : [])).join('\n')
  for (const picture of [discFace(someFacts, code, font), caseInsert(someFacts, code, 'dvd', font)]) {
    const text = words(picture)
    for (const wanted of ['Photographs', '00112233', 'of 12', 'copy 1 of 2', 'BUTCHER_00112233_0003', 'BD-R 25 GB', '2025-03-01 to 2026-11-20', '123,456 files', '24.0 GB', '25 chunks', '1-4', 'passphrase or the private key', 'butcher restore', 'restore.sh', 'README.txt'])
      expect(text).toContain(wanted)
  }
}) // prettier-ignore

test('titles of any characters are escaped in SVG', () => {
  const facts = { ...someFacts, title: `</text><a>&"'\u0007\u{fffe}]]> Ж 日🙂` }
  const svg = drawSvg(caseInsert(facts, code, 'jewel', font))
  expect(svg.includes('>&lt;/text&gt;&lt;a&gt;&amp;"\'\u{fffd}\u{fffd}]]&gt; Ж 日🙂</text>')).toBe(true)
  expect(svg.includes('<a')).toBe(false)
})

test('a PDF is the same each time, and has a page of its own size for each picture', async () => {
  const facts = { ...someFacts, title: 'Ж 日本 🙂' }
  const pages = [
    { picture: discFace(facts, code, font), paperMm: undefined },
    { picture: caseInsert(facts, code, 'bd', font), paperMm: [210, 297] as const },
  ]
  const options = { title: 't', producer: 'p', createdMs: 1e12 }
  const [once, again] = [await drawPdf(pages, font, options), await drawPdf(pages, font, options)]
  expect(once.equals(again)).toBe(true)
  const text = once.toString('latin1')
  expect(text.match(/\/MediaBox \[[^\]]*\]/g)).toEqual(['/MediaBox [0 0 340.15748 340.15748]', '/MediaBox [0 0 595.275591 841.889764]'])
}) // prettier-ignore

test('the QR code names the set and the disc, in capitals', () => {
  expect(code).toBe('BUTCHER:00112233445566778899AABBCCDDEEFF:DISC:3')
})

test('a blank behind Hebrew is found in the text of a PDF', async () => {
  const facts = { ...someFacts, title: 'AAA \u05e9\u05dc\u05d5\u05dd BBB' }
  const pages = [{ picture: discFace(facts, code, font), paperMm: undefined }] as const
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-label-')), 'label.pdf')
  fs.writeFileSync(file, await drawPdf(pages, font, { title: 'x', producer: 'x', createdMs: 0 }))
  const text = execFileSync('pdftotext', [file, '-'], { encoding: 'utf8' })
  fs.rmSync(path.dirname(file), { recursive: true })
  const line = text.split('\n').find((one) => one.includes('AAA')) ?? ''
  expect(line.replace(/[\u200e\u202a-\u202e]/g, '')).toBe('AAA \u05e9\u05dc\u05d5\u05dd BBB')
}) // prettier-ignore
