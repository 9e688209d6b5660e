/** What the measurements come to: pure functions. */

/** What one run took: of all its processes together. */
export interface Measured {
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
  /** CPU time that the machine spent meanwhile on anything else. */
  readonly othersSeconds: number
  /** What stands in the destination afterwards. */
  readonly storedBytes: number
}

export interface Figures {
  readonly name: string
  readonly runs: readonly Measured[]
  /** How many of something one run does: only what one of it takes is compared. */
  readonly units: number
}

/** Each that is there is to be held. */
export interface Target {
  /** The time of the fastest peer through butcher's, at least. */
  readonly timesAsFast?: number
  readonly peakBytes?: number
  readonly wallSeconds?: number
  /** The CPU time through that of this peer, at most. */
  readonly cpuShare?: { readonly of: string; readonly most: number }
}

export interface Verdict {
  /** The time of the fastest peer through butcher's; where there is a peer. */
  readonly ratio?: number
  /** Where there is a target. */
  readonly reached?: boolean
  /** Each target, and how far it is from it. */
  readonly words: readonly string[]
}

/** Throws a RangeError for none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no values')
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

export const medianOf = (figures: Figures, key: keyof Measured): number =>
  median(figures.runs.map((run) => run[key]))

/** The highest of all runs: a bound is one for each of them. */
export const peakOf = (figures: Figures): number => Math.max(...figures.runs.map((run) => run.peakBytes))

/** Compares the first with the fastest of the others. */
export function judge([own, ...peers]: readonly Figures[], target: Target): Verdict {
  if (own === undefined) throw new RangeError('nobody to judge')
  const secondsEach = (figures: Figures): number => medianOf(figures, 'wallSeconds') / figures.units
  const ratio =
    peers.length > 0 ? Math.min(...peers.map((peer) => secondsEach(peer))) / secondsEach(own) : undefined
  const words: string[] = []
  let reached = true
  if (target.timesAsFast !== undefined && ratio !== undefined) {
    const enough = ratio >= target.timesAsFast
    reached &&= enough
    const least = showRatio(target.timesAsFast)
    words.push(
      `${showRatio(ratio)} times as fast, at least ${least}${by(ratio / target.timesAsFast, enough)}`,
    )
  }
  const bound = (value: number, most: number | undefined, show: (value: number) => string): void => {
    if (most === undefined) return
    const enough = value <= most
    reached &&= enough
    words.push(`${show(value)}, at most ${show(most)}${by(value / most, enough)}`)
  }
  bound(peakOf(own), target.peakBytes, (bytes) => `${(bytes / 1e6).toFixed(0)} MB`)
  bound(medianOf(own, 'wallSeconds'), target.wallSeconds, (seconds) => `${showSeconds(seconds)} s`)
  const measure = peers.find(({ name }) => name === target.cpuShare?.of)
  if (measure) {
    const share = medianOf(own, 'cpuSeconds') / medianOf(measure, 'cpuSeconds')
    const of = ` of the CPU time of ${measure.name}`
    bound(share, target.cpuShare?.most, (value) => `${showRatio(value)}${value === share ? of : ''}`)
  }
  return {
    words,
    ...(ratio === undefined ? {} : { ratio }),
    ...(words.length === 0 ? {} : { reached }),
  }
}

/** By how much a target was missed: `ratio` of it was reached, or needed. */
function by(ratio: number, enough: boolean): string {
  if (enough) return ''
  return `: ${ratio < 1 ? `${((1 - ratio) * 100).toFixed(0)} % short` : `${showRatio(ratio)} times that`}`
}

export const showRatio = (ratio: number): string => ratio.toFixed(2)

/** Three digits that count. */
export function showSeconds(seconds: number): string {
  if (seconds >= 100) return seconds.toFixed(0)
  if (seconds >= 10) return seconds.toFixed(1)
  return seconds >= 1 ? seconds.toFixed(2) : seconds.toFixed(3)
}
