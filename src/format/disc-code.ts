/**
 * The text in the QR code on a disc's label. It identifies the disc for a program or a person with a phone.
 */

/** All capitals, which QR codes store in fewer dots: `BUTCHER:SETID:DISC:3`. */
export const discCode = (setId: string, disc: number): string => `BUTCHER:${setId.toUpperCase()}:DISC:${disc}`
