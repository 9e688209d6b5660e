/** Fits text into a width: first makes it smaller, then cuts it. */

import { black, type TextShape, type Weight } from './picture.ts'

export interface Typeface {
  /** The width of `text` at font size 1. */
  readonly width: (text: string, weight: Weight) => number
}

export interface TextStyle {
  readonly size: number
  readonly weight?: Weight
  readonly anchor?: TextShape['anchor']
  readonly color?: string
  readonly spacing?: number
  readonly turn?: number
  /** The available width. */
  readonly maxWidth?: number
  /** The smallest size, before the text is cut. Default: 0.7 of `size`. */
  readonly minSize?: number
}

export function typeset(face: Typeface, text: string, x: number, y: number, style: TextStyle): TextShape {
  const weight = style.weight ?? 'regular'
  const spacing = style.spacing ?? 0
  const widthAt = (of: string, size: number): number =>
    face.width(of, weight) * size + spacing * [...of].length
  const { text: shown, size } = fitted(text, style, widthAt)
  return {
    kind: 'text',
    text: shown,
    x,
    y,
    size,
    weight,
    anchor: style.anchor ?? 'start',
    color: style.color ?? black,
    width: widthAt(shown, size),
    spacing,
    turn: style.turn ?? 0,
  }
}

function fitted(
  text: string,
  { size, maxWidth = Infinity, minSize = size * 0.7 }: TextStyle,
  widthAt: (text: string, size: number) => number,
): { text: string; size: number } {
  const wide = widthAt(text, size)
  if (wide <= maxWidth) return { text, size }
  const smaller = Math.max(minSize, Math.floor((size * maxWidth * 100) / wide) / 100)
  if (widthAt(text, smaller) <= maxWidth) return { text, size: smaller }
  const letters = [...text]
  let kept = 0
  let over = letters.length
  while (over - kept > 1) {
    const middle = (kept + over) >> 1
    if (widthAt(`${letters.slice(0, middle).join('').trimEnd()}…`, smaller) <= maxWidth) kept = middle
    else over = middle
  }
  return { text: `${letters.slice(0, kept).join('').trimEnd()}…`, size: smaller }
}
