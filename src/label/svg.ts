/**
 * A picture as SVG, in millimetres. Text stays text, so it can be searched, and the viewer finds letters that
 * Arimo does not have.
 */

import type { Picture, Shape, TextShape } from './picture.ts'
import { hasRightToLeft } from './visual-runs.ts'

/** All have the same widths as Arimo. */
const family = `Arimo, 'Liberation Sans', Arial, Helvetica, 'Nimbus Sans', sans-serif`

export function drawSvg({ title, widthMm, heightMm, shapes }: Picture): string {
  const size = `width="${widthMm}mm" height="${heightMm}mm" viewBox="0 0 ${widthMm} ${heightMm}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${family}">`,
    `<title>${escapeXml(title)}</title>`,
    ...shapes.map(drawShape),
    '</svg>',
    '',
  ].join('\n')
}

function drawShape(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
      return drawText(shape)
    case 'line':
      return `<line x1="${at(shape.x1)}" y1="${at(shape.y1)}" x2="${at(shape.x2)}" y2="${at(shape.y2)}" stroke="${shape.color}" stroke-width="${shape.width}"/>`
    case 'ring':
      return `<circle cx="${at(shape.x)}" cy="${at(shape.y)}" r="${at(shape.radius)}" fill="none" stroke="${shape.color}" stroke-width="${shape.width}"/>`
    case 'path':
      return `<path d="${shape.data}" fill="${shape.color}"/>`
  }
}

function drawText({ text, x, y, size, weight, anchor, color, width, spacing, turn }: TextShape): string {
  const attributes = [
    `x="${at(x)}" y="${at(y)}" font-size="${at(size)}" fill="${color}"`,
    ...(weight === 'bold' ? ['font-weight="bold"'] : []),
    ...(anchor === 'start' ? [] : [`text-anchor="${anchor}"`]),
    ...(spacing === 0 ? [] : [`letter-spacing="${at(spacing)}"`]),
    ...(turn === 0 ? [] : [`transform="rotate(${turn} ${at(x)} ${at(y)})"`]),
    // Fits another font into the same width.
    ...(text === '' ? [] : [`textLength="${at(width)}" lengthAdjust="spacingAndGlyphs"`]),
  ]
  return `<text xml:space="preserve" ${attributes.join(' ')}>${escapeXml(isolated(text))}</text>`
}

/** The first letter decides where a line begins, as in the PDF. U+2068 and U+2069 tell this to the viewer. */
const isolated = (text: string): string => (hasRightToLeft(text) ? `\u2068${text}\u2069` : text)

const at = (value: number): string => String(Math.round(value * 1000) / 1000)

const escapeXml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    // Characters that XML does not allow, even escaped.
    .replace(/[^\t\n\r\x20-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
