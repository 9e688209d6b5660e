import type { Stage } from '../events.ts'
import { showSize } from '../format/size-text.ts'
import { showCounted, showDuration, showTimeLeft } from './show.ts'

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
  readonly uploadedBytes?: number | undefined
  readonly device?: string | undefined
  readonly bytesPerSecond?: number | undefined
  readonly secondsLeft?: number | undefined
}

/** The stages in the words of the user. */
const stageNames: Readonly<Record<Stage, string>> = {
  scan: 'scanning',
  hash: 'comparing',
  pack: 'packing',
  finish: 'finishing',
  restore: 'restoring',
  verify: 'verifying',
  image: 'imaging',
  burn: 'burning',
  rebuild: 'rebuilding',
  parity: 'parity',
  repair: 'repairing',
  spare: 'sparing',
  recover: 'recovering',
  'read-device': 'reading',
  'write-device': 'writing',
  'compare-device': 'comparing',
  upload: 'uploading',
  rewrite: 'rewriting',
  index: 'indexing',
}
const nameColumns = 12
const widestBar = 20
const narrowestBar = 8

/**
 * The text of a bar, cut to `columns`: `packing     [##------] disc 3 of about 79 · 12 % · 241 GB of 1.9 TB ·
 * 3 h left`.
 */
export function progressText(progress: StageProgress, nowMs: number, columns: number): string {
  const seconds = Math.max(0, ((progress.endedMs ?? nowMs) - progress.startedMs) / 1000)
  const share = shareOf(progress)
  const place = progress.endedMs === undefined ? placeText(progress) : undefined
  const amount = amountText(progress)
  const done = share === undefined ? amount : `${Math.floor(share * 100)} %`
  const time = timeText(progress, seconds, share)
  const name = stageNames[progress.stage].padEnd(nameColumns)
  // On a narrow terminal first the amount and the speed give way, then the place.
  const choices = [
    [place, done, share === undefined ? undefined : amount, speedText(progress), time],
    [place, done, time],
    [done, time],
  ].map((pieces) => pieces.filter((piece) => piece !== undefined).join(' · '))
  const words = choices.find((text) => name.length + text.length <= columns) ?? (choices.at(-1) as string)
  const room = Math.min(widestBar, columns - name.length - words.length - 3)
  const bar = share === undefined || room < narrowestBar ? '' : `[${barOf(share, room)}] `
  return `${name}${bar}${words}`.slice(0, Math.max(0, columns))
}

/** A second of work tells little of the rest. */
const leftAfterSeconds = 2

/** The remaining time. While it is unknown, the elapsed time, so that something moves. */
function timeText(
  { endedMs, secondsLeft }: StageProgress,
  seconds: number,
  share: number | undefined,
): string {
  if (endedMs !== undefined) return showDuration(seconds)
  if (secondsLeft !== undefined) return `${showTimeLeft(secondsLeft)} left`
  if (share === undefined || share === 0 || seconds < leftAfterSeconds) return `${Math.floor(seconds)} s`
  return `${showTimeLeft((seconds * (1 - share)) / share)} left`
}

/**
 * Chunks are written side by side, so their numbers go up and down. If the last disc is known, the number of
 * the disc is better.
 */
function placeText({ disc, chunk, lastDisc, uploadedBytes, device }: StageProgress): string | undefined {
  if (device !== undefined) return device
  if (uploadedBytes !== undefined) return `${showSize(uploadedBytes)} uploaded`
  if (disc === undefined) return undefined
  if (lastDisc !== undefined) return `disc ${disc} of about ${lastDisc}`
  return chunk === undefined ? `disc ${disc}` : `disc ${disc}, chunk ${chunk}`
}

/** Undefined if there is nothing to count, for example while the catalog is written. */
function amountText({ bytes, files, totalBytes }: StageProgress): string | undefined {
  if (totalBytes !== undefined && totalBytes > 0) return `${showSize(bytes)} of ${showSize(totalBytes)}`
  return files === 0 && bytes === 0 ? undefined : `${showCounted(files, 'file')}, ${showSize(bytes)}`
}

const speedText = ({ endedMs, bytesPerSecond }: StageProgress): string | undefined =>
  endedMs === undefined && bytesPerSecond !== undefined ? `${showSize(bytesPerSecond)}/s` : undefined

/** By bytes, or by files where there are none. */
function shareOf({ bytes, files, totalBytes, totalFiles }: StageProgress): number | undefined {
  if (totalBytes !== undefined && totalBytes > 0) return Math.min(1, Math.max(0, bytes / totalBytes))
  if (totalFiles !== undefined && totalFiles > 0) return Math.min(1, files / totalFiles)
  return undefined
}

function barOf(share: number, width: number): string {
  const full = Math.floor(share * width)
  return '#'.repeat(full) + '-'.repeat(width - full)
}
