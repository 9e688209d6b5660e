import type { HeatDay } from '../api-types.ts'
import { countWords, dayWords } from '../words.ts'

const [cell, gap, left, top] = [13, 3, 30, 16]
const weekdays = ['Mon', '', 'Wed', '', 'Fri', '', '']

const stateOf = ({ ok, partial, failed }: HeatDay): 'failed' | 'partial' | 'ok' | 'none' => {
  if (failed > 0) return 'failed'
  if (partial > 0) return 'partial'
  return ok > 0 ? 'ok' : 'none'
}

const words = {
  failed: 'a run failed',
  partial: 'a run was partial',
  ok: 'all runs were good',
  none: 'no run',
}

/** A square for each of the last days, a column for each week. */
export function HeatMap({ days }: { readonly days: readonly HeatDay[] }) {
  const first = new Date(`${days[0]?.day ?? '2026-01-01'}T00:00:00Z`)
  const offset = (first.getUTCDay() + 6) % 7
  const weeks = Math.ceil((days.length + offset) / 7)
  const count = (state: string): number => days.filter((day) => stateOf(day) === state).length
  const width = left + weeks * (cell + gap)
  const months = days.flatMap(({ day }, i) =>
    day.endsWith('-01') || i === 0
      ? [
          {
            x: left + Math.floor((i + offset) / 7) * (cell + gap),
            name: dayWords(day).split(' ')[1] as string,
          },
        ]
      : [],
  )
  const label = `The last ${days.length} days: ${countWords(count('ok'), 'good day')}, ${count('partial')} with a partial run, ${count('failed')} with a failed run, ${count('none')} without a run`
  return (
    <>
      <svg class="heat" viewBox={`0 0 ${width} ${top + 7 * (cell + gap)}`} role="img" aria-label={label}>
        {months.map(({ x, name }, i) =>
          // Two names too near to each other would overlap.
          months[i + 1] !== undefined && (months[i + 1]?.x ?? 0) - x < 26 ? null : (
            <text key={x} x={x} y={10}>
              {name}
            </text>
          ),
        )}
        {weekdays.map((name, i) => (
          <text key={i} x={0} y={top + i * (cell + gap) + 10}>
            {name}
          </text>
        ))}
        {days.map((day, i) => (
          <rect
            key={day.day}
            class={stateOf(day)}
            x={left + Math.floor((i + offset) / 7) * (cell + gap)}
            y={top + ((i + offset) % 7) * (cell + gap)}
            width={cell}
            height={cell}
            rx={3}
          >
            <title>{`${dayWords(day.day)}: ${words[stateOf(day)]}`}</title>
          </rect>
        ))}
      </svg>
      <div class="legend" aria-hidden="true">
        {(['ok', 'partial', 'failed', 'none'] as const).map((state) => (
          <span key={state}>
            <svg class="heat" viewBox="0 0 12 12">
              <rect class={state} width="12" height="12" rx="3" />
            </svg>
            {words[state]}
          </span>
        ))}
      </div>
    </>
  )
}
