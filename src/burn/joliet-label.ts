/**
 * The volume id in an image's Joliet tree, which Windows shows. Joliet has 16 characters for it. xorriso cuts
 * its single volume id there, which loses the disc number, and has no option for a second id. So butcher
 * writes the id into the image stream.
 */

const sectorBytes = 2048
/** The descriptors begin at sector 16. xorriso writes three or four of them. */
const firstByte = 16 * sectorBytes
const lastByte = 32 * sectorBytes
const mostCharacters = 16
const labelAt = 40

/** `BUTCHER_00112233_0003` becomes `BU_00112233_0003`, a spare `SP_00112233_0001`: the end names the disc. */
export function jolietLabel(volumeId: string): string {
  const short = volumeId.replace(/^BUTCHER_(.+)_SPARE_/, 'SP_$1_').replace(/^BUTCHER_/, 'BU_')
  return short.slice(-mostCharacters).replace(/^_/, '')
}

/** The same image, with the label in its Joliet descriptor. */
export async function* withJolietLabel(
  image: AsyncIterable<Uint8Array>,
  volumeId: string,
): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const data of image) {
    const piece = data as Buffer
    if (head === undefined) {
      yield piece
      continue
    }
    head = Buffer.concat([head, piece])
    if (head.length < lastByte) continue
    relabel(head, jolietLabel(volumeId))
    yield head
    head = undefined
  }
  if (head === undefined || head.length === 0) return
  relabel(head, jolietLabel(volumeId))
  yield head
}

function relabel(head: Buffer, label: string): void {
  for (let at = firstByte; at + sectorBytes <= head.length; at += sectorBytes) {
    const isDescriptor = head.toString('latin1', at + 1, at + 6) === 'CD001'
    if (!isDescriptor || head[at] === 255) return
    const isJoliet = head[at] === 2 && /^%\/[@CE]$/.test(head.toString('latin1', at + 88, at + 91))
    if (!isJoliet) continue
    const text = Buffer.from(label.padEnd(mostCharacters, '\0'), 'utf16le').swap16()
    text.copy(head, at + labelAt)
  }
}
