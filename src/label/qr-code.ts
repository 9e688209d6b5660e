import { encodeQR } from 'qr'
import { black, type Shape } from './picture.ts'

/** With a quarter of the code scratched or stained, it can still be read. */
const ecc = 'quartile'

/** The QR code of `text`, `size` wide. A border of four dots around it must stay blank. */
export function qrCode(text: string, x: number, y: number, size: number): Shape {
  // The library always adds a border of at least one dot.
  const rows = encodeQR(text, 'raw', { ecc, border: 1 })
    .slice(1, -1)
    .map((row) => row.slice(1, -1))
  const dot = size / rows.length
  const at = (value: number): string => String(Math.round(value * 10_000) / 10_000)
  // One rectangle for each run of dark dots in a row: between single dots, viewers show hairlines.
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
