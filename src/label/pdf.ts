/** Draws pictures as one PDF, a page each, with the font embedded. The same pictures give the same bytes. */

import { PDFDocument } from 'pdfkit'
import { fontBytes, type LabelFont } from './font.ts'
import { leftToRightMark, visualRuns } from './visual-runs.ts'
import { faint, type Picture, type Shape, type TextShape } from './picture.ts'

export interface PdfPage {
  readonly picture: Picture
  /**
   * The paper size. The picture is in the middle, with cut marks. Undefined: the page has the picture's size.
   */
  readonly paperMm: readonly [width: number, height: number] | undefined
}

export interface PdfOptions {
  readonly title: string
  readonly producer: string
  /** The time of the label's data, not the present time, in milliseconds since 1970. */
  readonly createdMs: number
}

const pointsPerMm = 72 / 25.4

export async function drawPdf(
  pages: readonly PdfPage[],
  font: LabelFont,
  { title, producer, createdMs }: PdfOptions,
): Promise<Buffer> {
  const document = new PDFDocument({
    autoFirstPage: false,
    font: null,
    lang: 'en',
    info: { Title: title, Creator: producer, Producer: producer, CreationDate: new Date(createdMs) },
  })
  document.registerFont('regular', fontBytes('regular')).registerFont('bold', fontBytes('bold'))
  for (const page of pages) drawPage(document, page, font)
  document.end()
  const pieces: Buffer[] = []
  for await (const piece of document) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

function drawPage(document: PDFDocument, { picture, paperMm }: PdfPage, font: LabelFont): void {
  const { widthMm, heightMm, shapes } = picture
  const [width, height] = paperMm ?? [widthMm, heightMm]
  document.addPage({ size: [width * pointsPerMm, height * pointsPerMm], margin: 0 })
  document.save().scale(pointsPerMm)
  document.translate((width - widthMm) / 2, (height - heightMm) / 2)
  for (const shape of shapes) drawShape(document, shape, font)
  if (paperMm) cutMarks(document, widthMm, heightMm)
  document.restore()
}

function drawShape(document: PDFDocument, shape: Shape, font: LabelFont): void {
  switch (shape.kind) {
    case 'text':
      drawText(document, shape, font)
      break
    case 'line':
      document
        .moveTo(shape.x1, shape.y1)
        .lineTo(shape.x2, shape.y2)
        .lineWidth(shape.width)
        .stroke(shape.color)
      break
    case 'ring':
      document.circle(shape.x, shape.y, shape.radius).lineWidth(shape.width).stroke(shape.color)
      break
    case 'path':
      document.path(shape.data).fill(shape.color)
      break
  }
}

function drawText(document: PDFDocument, shape: TextShape, font: LabelFont): void {
  const { x, y, weight, anchor, color, turn, spacing } = shape
  const text = inThisFont(shape.text, font)
  // Escaped text is longer than the measured text.
  const wide = font.width(text, weight) * shape.size + spacing * [...text].length
  const size = wide > shape.width + 0.01 ? (shape.size * shape.width) / wide : shape.size
  const width = Math.min(wide, shape.width)
  const start = anchor === 'start' ? x : anchor === 'middle' ? x - width / 2 : x - width
  document.save()
  if (turn !== 0) document.rotate(turn, { origin: [x, y] })
  document.font(weight).fontSize(size).fillColor(color)
  let at = start
  for (const run of visualRuns(text)) {
    let rest = run.replace(leftToRightMark, '')
    if (rest !== run && rest.startsWith(' ')) {
      drawMarkedBlank(document, at, y, size)
      at += font.width(' ', weight) * size + spacing
      rest = rest.slice(1)
    }
    document.text(rest, at, y, { lineBreak: false, baseline: 'alphabetic', characterSpacing: spacing })
    at += font.width(rest, weight) * size + spacing * [...rest].length
  }
  document.restore()
}

/**
 * Draws the blank after a Hebrew word. Without a mark, programs that extract text from a PDF put the blank
 * before the word. fontkit draws no such mark, so it is the ActualText of this blank (ISO 32000, 14.9.4).
 */
function drawMarkedBlank(document: PDFDocument, x: number, y: number, size: number): void {
  const font = document['_font']
  const [[glyph]] = font.encode(' ')
  const text = '/Span <</ActualText <FEFF200E0020>>> BDC'
  document.addContent(`BT /${font.id} ${size} Tf 1 0 0 -1 ${x} ${y} Tm ${text} <${glyph}> Tj EMC ET`)
}

/** A letter that is not in the font would be an empty box, so its number is drawn. */
const inThisFont = (text: string, { hasGlyph }: LabelFont): string =>
  [...text]
    .map((letter) => {
      const point = letter.codePointAt(0) as number
      return hasGlyph(point) ? letter : `\\u{${point.toString(16)}}`
    })
    .join('')

/** The marks are outside the corners, so that none is left on the cut sheet. */
function cutMarks(document: PDFDocument, width: number, height: number): void {
  const [gap, length] = [2, 6]
  for (const [x, outX] of [
    [0, -1],
    [width, 1],
  ] as const) {
    // prettier-ignore
    for (const [y, outY] of [[0, -1], [height, 1]] as const) { // prettier-ignore
      document.moveTo(x + outX * gap, y).lineTo(x + outX * (gap + length), y)
      document.moveTo(x, y + outY * gap).lineTo(x, y + outY * (gap + length))
    }
  }
  document.lineWidth(0.15).stroke(faint)
}
