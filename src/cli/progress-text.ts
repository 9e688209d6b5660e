import type { Stage } from '../events.ts'
import { showSize } from '../format/size-text.ts'
import { showCounted, showDuration } from './show.ts'

export interface StageProgress {
  readonly stage: Stage
  readonly startedMs: number
  readonly endedMs: number | undefined
  readonly bytes: number
  readonly files: number
  readonly totalBytes: number | undefined
  readonly totalFiles: number | undefined
  readonly disc: number | undefined
  readonly chunk: number | undefined
  readonly lastDisc?: number | undefined
}

/** One line on how far a stage is: bar, share, bytes, speed, time left, disc and chunk, as far as `columns` goes. */
export function progressText(progress: StageProgress, nowMs: number, columns: number): string {
  const seconds = Math.max(0, ((progress.endedMs ?? nowMs) - progress.startedMs) / 1000)
  const share = shareOf(progress)
  const speed = seconds > 0.5 && progress.bytes > 0 ? progress.bytes / seconds : undefined
  const left = share !== undefined && share > 0 && seconds > 1 ? (seconds * (1 - share)) / share : undefined
  const pieces = [
    share === undefined ? undefined : `${String(Math.floor(share * 100)).padStart(3)}%`,
    amountText(progress),
    speed === undefined ? undefined : `${showSize(speed)}/s`,
    progress.endedMs !== undefined
      ? `${showDuration(seconds)}`
      : left === undefined
        ? undefined
        : `${showDuration(left)} left`,
    progress.chunk === undefined || progress.endedMs !== undefined ? undefined : placeText(progress),
  ].filter((piece) => piece !== undefined)
  const words = pieces.join('  ')
  const name = progress.stage.padEnd(8)
  const room = Math.min(30, columns - name.length - words.length - 4)
  const bar = share === undefined || room < 8 ? '' : `[${barOf(share, room)}] `
  return `${name}${bar}${words}`.slice(0, Math.max(0, columns))
}

function placeText({ disc, chunk, lastDisc }: StageProgress): string {
  if (disc === undefined) return `chunk ${chunk}`
  return `disc ${disc}${lastDisc === undefined ? '' : ` of about ${lastDisc}`}, chunk ${chunk}`
}

/** Undefined while there is nothing to count, as when the catalog is written. */
function amountText({ bytes, files, totalBytes }: StageProgress): string | undefined {
  if (totalBytes !== undefined && totalBytes > 0) return `${showSize(bytes)} of ${showSize(totalBytes)}`
  return files === 0 && bytes === 0 ? undefined : `${showCounted(files, 'file')}, ${showSize(bytes)}`
}

/** By bytes, or by files where there are none. */
function shareOf({ bytes, files, totalBytes, totalFiles }: StageProgress): number | undefined {
  if (totalBytes !== undefined && totalBytes > 0) return Math.min(1, bytes / totalBytes)
  if (totalFiles !== undefined && totalFiles > 0) return Math.min(1, files / totalFiles)
  return undefined
}

function barOf(share: number, width: number): string {
  const full = Math.floor(share * width)
  return '#'.repeat(full) + '-'.repeat(width - full)
}
