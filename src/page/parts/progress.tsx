import type { Progress } from '../api-types.ts'
import { countWords, durationWords, numberWords, sizeWords } from '../words.ts'

const shareOf = ({ bytes, total_bytes, files, total_files }: Progress): number | undefined => {
  if (total_bytes && bytes !== undefined) return Math.min(1, bytes / total_bytes)
  if (total_files && files !== undefined) return Math.min(1, files / total_files)
  return undefined
}

export function ProgressBar({
  label,
  progress,
}: {
  readonly label: string
  readonly progress: Progress | null
}) {
  const share = progress === null ? undefined : shareOf(progress)
  const percent = share === undefined ? undefined : Math.round(share * 100)
  return (
    <div
      class={`bar${percent === undefined ? ' unknown' : ''}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div style={percent === undefined ? undefined : { width: `${percent}%` }} />
    </div>
  )
}

/** `packing · 1.2 of 4.0 GB · 120 MB/s · 3 min left`. */
export function progressWords(progress: Progress | null, step?: string | null): string {
  if (progress === null) return step ?? 'starting'
  const { stage, bytes, total_bytes, files, total_files, bytes_per_second, seconds_left } = progress
  return [
    step ?? stage,
    bytes !== undefined && bytes > 0
      ? sizeWords(bytes) + (total_bytes ? ` of ${sizeWords(total_bytes)}` : '')
      : undefined,
    files !== undefined && files > 0
      ? `${countWords(files, 'file')}${total_files ? ` of ${numberWords(total_files)}` : ''}`
      : undefined,
    bytes_per_second ? `${sizeWords(bytes_per_second)}/s` : undefined,
    seconds_left === undefined ? undefined : `${durationWords(seconds_left)} left`,
  ]
    .filter((word) => word !== undefined)
    .join(' · ')
}
