import { dayWords, sizeWords } from '../words.ts'

interface Day {
  readonly day: string
  readonly bytes: number
}

const [width, height] = [300, 56]

/** All that runs stored so far, day by day. */
export function GrowthLine({ name, added }: { readonly name: string; readonly added: readonly Day[] }) {
  let sum = 0
  const sums = added.map(({ bytes }) => (sum += bytes))
  const from = added.findIndex(({ bytes }) => bytes > 0)
  if (from < 0 || sum === 0) return null
  const shown = sums.slice(Math.max(0, from - 1))
  const points = shown.map(
    (value, i) =>
      `${((i / Math.max(1, shown.length - 1)) * width).toFixed(1)},${(height - 3 - (value / sum) * (height - 8)).toFixed(1)}`,
  )
  const words = `${sizeWords(sum)} stored in ${name} since ${dayWords((added[from] as Day).day)}`
  return (
    <figure>
      <svg
        class="growth"
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words}
      >
        <polygon class="below" points={`0,${height} ${points.join(' ')} ${width},${height}`} />
        <polyline class="line" points={points.join(' ')} />
      </svg>
      <figcaption class="soft small">
        {sizeWords(sum)} stored since {dayWords((added[from] as Day).day)}
      </figcaption>
    </figure>
  )
}
