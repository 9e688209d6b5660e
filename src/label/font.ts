/**
 * The font of labels: Arimo, with the same widths as Arial, Helvetica and Liberation Sans. An SVG only names
 * fonts, so it looks the same on nearly every system. A PDF embeds the font. It has Latin, Greek, Cyrillic
 * and Hebrew letters.
 */

import { create, type Font } from 'fontkit'
import { packageFile } from '../own-files.ts'
import type { Weight } from './picture.ts'
import type { Typeface } from './typeset.ts'

export interface LabelFont extends Typeface {
  readonly hasGlyph: (codePoint: number) => boolean
}

const files: Readonly<Record<Weight, string>> = {
  regular: '@expo-google-fonts/arimo/400Regular/Arimo_400Regular.ttf',
  bold: '@expo-google-fonts/arimo/700Bold/Arimo_700Bold.ttf',
}

export const fontBytes = (weight: Weight): Buffer => packageFile(files[weight])

export function openLabelFont(): LabelFont {
  const fonts: Readonly<Record<Weight, Font>> = {
    regular: create(fontBytes('regular')),
    bold: create(fontBytes('bold')),
  }
  const hasGlyph = (codePoint: number): boolean => fonts.regular.hasGlyphForCodePoint(codePoint)
  return {
    hasGlyph,
    width: (text, weight) => {
      const font = fonts[weight]
      // Another font must draw the missing letters. Most ideographs are one em wide.
      const others = [...text].filter((letter) => !hasGlyph(letter.codePointAt(0) as number)).length
      const own =
        others === 0 ? text : [...text].filter((letter) => hasGlyph(letter.codePointAt(0) as number)).join('')
      return font.layout(own).advanceWidth / font.unitsPerEm + others
    },
  }
}
