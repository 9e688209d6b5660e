const begin = '-----BEGIN PGP '

/** The armored blocks in `text`; undefined if it has none. OpenPGP.js reads only the first block. */
export function armoredBlocks(text: string): string[] | undefined {
  if (!text.includes(begin)) return undefined
  return text.match(/-----BEGIN PGP [^]*?-----END PGP [^\n]*-----/g) ?? []
}

/** The key in `bytes` as armored text, without the checksum, which is optional (RFC 9580, 6.1). */
export function armored(bytes: Buffer): string {
  const text = bytes.toString('latin1')
  if (text.includes(begin)) return text
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return [`${begin}PRIVATE KEY BLOCK-----`, '', ...lines, '-----END PGP PRIVATE KEY BLOCK-----', ''].join(
    '\n',
  )
}
