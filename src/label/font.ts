/**
 * The font of labels: Arimo, which is as wide as Arial, Helvetica and Liberation Sans. So an SVG, which only names fonts,
 * looks the same on nearly every system, and a PDF carries what it needs. It has Latin, Greek, Cyrillic and Hebrew letters.
 */

import { createRequire } from 'node:module'
import { openSync, type Font } from 'fontkit'
import type { Weight } from './picture.ts'
import type { Typeface } from './typeset.ts'

export interface LabelFont extends Typeface {
  readonly hasGlyph: (codePoint: number) => boolean
}

const files: Readonly<Record<Weight, string>> = {
  regular: '@expo-google-fonts/arimo/400Regular/Arimo_400Regular.ttf',
  bold: '@expo-google-fonts/arimo/700Bold/Arimo_700Bold.ttf',
}

export const fontFile = (weight: Weight): string => createRequire(import.meta.url).resolve(files[weight])

export function openLabelFont(): LabelFont {
  const fonts: Readonly<Record<Weight, Font>> = {
    regular: openSync(fontFile('regular')),
    bold: openSync(fontFile('bold')),
  }
  const hasGlyph = (codePoint: number): boolean => fonts.regular.hasGlyphForCodePoint(codePoint)
  return {
    hasGlyph,
    width: (text, weight) => {
      const font = fonts[weight]
      // Another font will have to draw what this one has not: an em each is what most ideographs take.
      const others = [...text].filter((letter) => !hasGlyph(letter.codePointAt(0) as number)).length
      const own =
        others === 0 ? text : [...text].filter((letter) => hasGlyph(letter.codePointAt(0) as number)).join('')
      return font.layout(own).advanceWidth / font.unitsPerEm + others
    },
  }
}
