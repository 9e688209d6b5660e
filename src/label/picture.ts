/** A picture as data: what is drawn in millimetres, from the upper left corner. `svg.ts` and `pdf.ts` draw it. */

export type Weight = 'regular' | 'bold'

export interface TextShape {
  readonly kind: 'text'
  readonly text: string
  /** Where the anchor is, on the baseline. */
  readonly x: number
  readonly y: number
  /** Of the font: what CSS calls font-size. */
  readonly size: number
  readonly weight: Weight
  readonly anchor: 'start' | 'middle' | 'end'
  readonly color: string
  /** As measured, with `spacing` behind each letter. */
  readonly width: number
  readonly spacing: number
  /** Degrees, clockwise, round the anchor. */
  readonly turn: number
}

export type Shape =
  | TextShape
  | { readonly kind: 'line'; readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number; readonly width: number; readonly color: string } // prettier-ignore
  | { readonly kind: 'ring'; readonly x: number; readonly y: number; readonly radius: number; readonly width: number; readonly color: string } // prettier-ignore
  /** Filled; in the path language of SVG, absolute coordinates. */
  | { readonly kind: 'path'; readonly data: string; readonly color: string }

export interface Picture {
  /** What it is a picture of, in words. */
  readonly title: string
  readonly widthMm: number
  readonly heightMm: number
  readonly shapes: readonly Shape[]
}

export const black = '#111111'
export const grey = '#5c5c5c'
export const faint = '#b8b8b8'
