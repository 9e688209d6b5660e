/** The armored blocks in `text`; undefined if it has none. OpenPGP.js reads only the first block. */
export function armoredBlocks(text: string): string[] | undefined {
  if (!text.includes('-----BEGIN PGP ')) return undefined
  return text.match(/-----BEGIN PGP [^]*?-----END PGP [^\n]*-----/g) ?? []
}
