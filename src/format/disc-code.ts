/**
 * The text in the QR code on a disc's label. It identifies the disc for a program or a person with a phone.
 */

/** All capitals, which QR codes store in fewer dots: `BUTCHER:SETID:DISC:3`. */
export const discCode = (setId: string, disc: number): string => `BUTCHER:${setId.toUpperCase()}:DISC:${disc}`

/**
 * The set (lower-case hex) and disc that `text` names, or undefined where it is no such code. Letters in
 * either case.
 */
export function parseDiscCode(text: string): { readonly setId: string; readonly disc: number } | undefined {
  const match = /^butcher:([0-9a-f]{32}):disc:([1-9]\d{0,8})$/i.exec(text.trim())
  return match ? { setId: (match[1] as string).toLowerCase(), disc: Number(match[2]) } : undefined
}
