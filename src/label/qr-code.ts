import { encodeQR } from 'qr'
import { black, type Shape } from './picture.ts'

/** A quarter of the code may be scratched or stained, and it still reads. */
const ecc = 'quartile'

/** The QR code of `text`, `size` wide; what surrounds it must stay blank for four of its dots. */
export function qrCode(text: string, x: number, y: number, size: number): Shape {
  // The library gives it a border of one dot at the least.
  const rows = encodeQR(text, 'raw', { ecc, border: 1 })
    .slice(1, -1)
    .map((row) => row.slice(1, -1))
  const dot = size / rows.length
  const at = (value: number): string => String(Math.round(value * 10_000) / 10_000)
  // One rectangle for each run of dark dots in a row: drawn dot by dot, viewers leave hairlines between them.
  const runs = rows.flatMap((row, r) =>
    row.flatMap((dark, c) => {
      if (!dark || row[c - 1] === true) return []
      const end = row.indexOf(false, c)
      const [left, right] = [x + c * dot, x + (end === -1 ? row.length : end) * dot]
      const [top, bottom] = [y + r * dot, y + (r + 1) * dot]
      return [`M${at(left)} ${at(top)}H${at(right)}V${at(bottom)}H${at(left)}Z`]
    }),
  )
  return { kind: 'path', data: runs.join(''), color: black }
}
