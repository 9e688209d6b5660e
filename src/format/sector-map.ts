/** The readable ranges of a medium, in the form of GNU ddrescue, which can continue from there. */

export type SectorStatus = '+' | '-'

interface Range {
  readonly offset: number
  readonly end: number
  readonly status: SectorStatus
}

export class SectorMap {
  /** In order, without overlaps. */
  #ranges: Range[] = []

  /** The last record for a range counts. */
  record(offset: number, sizeBytes: number, status: SectorStatus): void {
    const added = { offset, end: offset + sizeBytes, status }
    if (sizeBytes <= 0) return
    const last = this.#ranges.at(-1)
    if (last === undefined || offset >= last.end) {
      this.#append(added)
      return
    }
    const before = this.#ranges
    this.#ranges = []
    const cut = before.flatMap((one) => [
      { ...one, end: Math.min(one.end, added.offset) },
      { ...one, offset: Math.max(one.offset, added.end) },
    ])
    const all = [...cut.filter((one) => one.end > one.offset), added].sort((a, b) => a.offset - b.offset)
    for (const one of all) this.#append(one)
  }

  /** The unknown ranges among the first `sizeBytes` bytes. */
  gaps(sizeBytes: number): { readonly offset: number; readonly sizeBytes: number }[] {
    const gaps: { offset: number; sizeBytes: number }[] = []
    let end = 0
    for (const range of [...this.#ranges, { offset: sizeBytes, end: sizeBytes }]) {
      if (end >= sizeBytes) break
      const until = Math.min(range.offset, sizeBytes)
      if (until > end) gaps.push({ offset: end, sizeBytes: until - end })
      end = range.end
    }
    return gaps
  }

  get badBytes(): number {
    return this.#ranges.reduce((sum, one) => (one.status === '-' ? sum + one.end - one.offset : sum), 0)
  }

  /** A ddrescue mapfile without comments: finished, bad and untried ranges. */
  lines(sizeBytes: number): string[] {
    const left = this.gaps(sizeBytes).map((gap) => ({ ...gap, end: gap.offset + gap.sizeBytes, status: '?' }))
    const all = [...this.#ranges, ...left].sort((a, b) => a.offset - b.offset)
    return [
      '0x00000000     +               1',
      ...all.map(({ offset, end, status }) => `${hex(offset)}  ${hex(end - offset)}  ${status}`),
    ]
  }

  /** The ranges with this status, in order. */
  ranges(status: SectorStatus): { readonly offset: number; readonly sizeBytes: number }[] {
    return this.#ranges
      .filter((one) => one.status === status)
      .map(({ offset, end }) => ({ offset, sizeBytes: end - offset }))
  }

  #append(added: Range): void {
    const last = this.#ranges.at(-1)
    if (last && last.end === added.offset && last.status === added.status) {
      this.#ranges[this.#ranges.length - 1] = { ...last, end: added.end }
    } else {
      this.#ranges.push(added)
    }
  }
}

/**
 * Reads a mapfile of ddrescue: everything that is not finished counts as bad. undefined if a line is of
 * another form, if ranges overlap, or if they end beyond `sizeBytes`.
 */
export function parseSectorMap(text: string, sizeBytes: number): SectorMap | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const map = new SectorMap()
  let end = 0
  // The first line holds the state of ddrescue's own run.
  for (const line of lines.slice(1)) {
    const words = /^\s*(0x[0-9a-f]+|\d+)\s+(0x[0-9a-f]+|\d+)\s+([?*/+-])\s*$/i.exec(line)
    const [offset, length] = [Number(words?.[1]), Number(words?.[2])]
    if (!words || !(offset >= end) || !(length > 0) || offset + length > sizeBytes) return undefined
    end = offset + length
    map.record(offset, length, words[3] === '+' ? '+' : '-')
  }
  for (const gap of map.gaps(sizeBytes)) map.record(gap.offset, gap.sizeBytes, '-')
  return lines.length > 1 ? map : undefined
}

const hex = (number: number): string => `0x${number.toString(16).toUpperCase().padStart(8, '0')}`
