/** What is used of it. */
declare module 'pdfkit' {
  import type { Readable } from 'node:stream'

  export interface PDFDocument extends Readable {
    addPage(options: { readonly size: readonly [number, number]; readonly margin: number }): this
    save(): this
    restore(): this
    translate(x: number, y: number): this
    scale(factor: number): this
    rotate(degrees: number, options?: { readonly origin: readonly [number, number] }): this
    circle(x: number, y: number, radius: number): this
    rect(x: number, y: number, width: number, height: number): this
    moveTo(x: number, y: number): this
    lineTo(x: number, y: number): this
    path(data: string): this
    lineWidth(width: number): this
    fill(color: string): this
    stroke(color: string): this
    fillColor(color: string): this
    registerFont(name: string, font: Buffer): this
    font(name: string): this
    fontSize(size: number): this
    /** The font in use. Not documented; `encode` answers with hexadecimal numbers of glyphs. */
    readonly _font: {
      readonly id: string
      readonly encode: (text: string) => readonly [[string, ...string[]], unknown]
    }
    addContent(data: string): this
    text(
      text: string,
      x: number,
      y: number,
      options: {
        readonly lineBreak: false
        readonly baseline: 'alphabetic'
        readonly characterSpacing?: number
      },
    ): this
    end(): void
  }

  export const PDFDocument: new (options: {
    readonly autoFirstPage: false
    /** None at first: its own fonts are files that it looks for. */
    readonly font: null
    readonly info: Readonly<Record<string, string | Date>>
    readonly lang?: string
  }) => PDFDocument
}
