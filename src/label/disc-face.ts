/**
 * The face of a disc, 120 mm across, in the form for disc printers. They print between 46 mm and 116 mm
 * across: inside are the clamping area and the hole. Nothing is drawn along the rim, because printers are off
 * by a millimetre or two.
 */

import {
  contentsLine,
  daysOf,
  encryptionWords,
  type LabelFacts,
  mediumName,
  overline,
  restoreLines,
  storedLine,
  titleOf,
} from './label-facts.ts'
import { faint, grey, type Picture, type Shape } from './picture.ts'
import { qrCode } from './qr-code.ts'
import { type TextStyle, type Typeface, typeset } from './typeset.ts'

const discDiameterMm = 120
const centre = discDiameterMm / 2
const innerRadius = 23
const outerRadius = 57

export function discFace(facts: LabelFacts, code: string, face: Typeface): Picture {
  /** A line of text across the disc, `y` below its centre, as wide as the circle there. */
  const across = (text: string, y: number, style: TextStyle): Shape =>
    typeset(face, text, centre, centre + y, {
      anchor: 'middle',
      maxWidth: chord(y > 0 ? y + style.size * 0.25 : y - style.size * 0.75),
      ...style,
    })
  const beside = (text: string, y: number, style: TextStyle): Shape =>
    typeset(face, text, centre - besideX, centre + y, { anchor: 'middle', maxWidth: 27, ...style })
  const [withButcher, withScript, byHand] = restoreLines(facts)
  return {
    title: `disc ${facts.disc} of set ${facts.setId}: the face of the disc`,
    widthMm: discDiameterMm,
    heightMm: discDiameterMm,
    shapes: [
      across(overline(facts), -46, { size: 2.6, color: grey, spacing: 0.35 }),
      across(titleOf(facts), -37.2, { size: 7, weight: 'bold', minSize: 3.6 }),
      across(`${daysOf(facts)}  ·  ${mediumName(facts)}`, -30.2, { size: 3.4 }),
      beside('DISC', -10.2, { size: 2.6, color: grey, spacing: 0.35 }),
      beside(String(facts.disc), 4, { size: 16, weight: 'bold', minSize: 6 }),
      beside(`of ${facts.discCount}`, 10.4, { size: 4.2 }),
      ...(facts.copy
        ? [beside(`copy ${facts.copy.number} of ${facts.copy.of}`, 15.8, { size: 3, weight: 'bold' })]
        : []),
      qrCode(code, centre + besideX - qrSize / 2, centre - qrSize / 2, qrSize),
      across(facts.label, 28.4, { size: 3.2, weight: 'bold', spacing: 0.1 }),
      across(contentsLine(facts), 33, { size: 2.8 }),
      across(storedLine(facts), 37, { size: 2.8 }),
      {
        kind: 'line',
        x1: centre - 12,
        y1: centre + 39.6,
        x2: centre + 12,
        y2: centre + 39.6,
        width: 0.2,
        color: faint,
      },
      across(encryptionWords[facts.encryption], 43.2, { size: 2.4, weight: 'bold' }),
      across(withButcher, 46.7, { size: 2.1 }),
      across(withScript, 49.8, { size: 2.1, minSize: 1.6 }),
      across(byHand, 52.9, { size: 2.1 }),
    ],
  }
}

/** The middle of the space left and right of the hub. */
const besideX = (innerRadius + outerRadius) / 2
const qrSize = 23

const chord = (y: number): number => 2 * Math.sqrt(Math.max(1, outerRadius ** 2 - y ** 2))
