/** A picture as data, in millimetres from the upper left corner. `svg.ts` and `pdf.ts` draw it. */

export type Weight = 'regular' | 'bold'

export interface TextShape {
  readonly kind: 'text'
  readonly text: string
  /** The anchor's position, on the baseline. */
  readonly x: number
  readonly y: number
  /** The font size, as in CSS. */
  readonly size: number
  readonly weight: Weight
  readonly anchor: 'start' | 'middle' | 'end'
  readonly color: string
  /** The measured width, with `spacing` after each letter. */
  readonly width: number
  readonly spacing: number
  /** Degrees, clockwise, around the anchor. */
  readonly turn: number
}

export type Shape =
  | TextShape
  | { readonly kind: 'line'; readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number; readonly width: number; readonly color: string } // prettier-ignore
  | { readonly kind: 'ring'; readonly x: number; readonly y: number; readonly radius: number; readonly width: number; readonly color: string } // prettier-ignore
  /** A filled path in SVG's path language, with absolute coordinates. */
  | { readonly kind: 'path'; readonly data: string; readonly color: string }

export interface Picture {
  /** A description in words. */
  readonly title: string
  readonly widthMm: number
  readonly heightMm: number
  readonly shapes: readonly Shape[]
}

export const black = '#111111'
export const grey = '#5c5c5c'
export const faint = '#b8b8b8'
