/**
 * What is printed: pictures and PDFs rendered by the programs that most viewers and printers are built on.
 */

import { execFileSync } from 'node:child_process'

const packages = { 'rsvg-convert': 'librsvg2-bin', pdftoppm: 'poppler-utils', pdftotext: 'poppler-utils', zbarimg: 'zbar-tools' } // prettier-ignore

function call(program: keyof typeof packages, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (cause) {
    const { code } = cause as { code?: string }
    if (code !== 'ENOENT') throw cause
    throw new Error(`${program} is missing: apt-get install ${packages[program]}`, { cause })
  }
}

/** Renders an SVG at 150 dots an inch. */
export const renderSvg = (svg: string, png: string): string =>
  call('rsvg-convert', ['-d', '150', '-p', '150', '-b', 'white', svg, '-o', png])

/** Renders a page of a PDF, from 1, as `<stem>.png`. */
export const renderPdf = (pdf: string, page: number, stem: string): string =>
  call('pdftoppm', ['-r', '150', '-png', '-singlefile', '-f', String(page), '-l', String(page), pdf, stem])

export const pdfText = (pdf: string): string => call('pdftotext', ['-layout', pdf, '-'])

/** What the QR code in a picture says. */
export const readCode = (png: string): string => call('zbarimg', ['-q', '--raw', png]).trimEnd()
