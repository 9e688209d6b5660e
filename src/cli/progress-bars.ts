/** Bars on a terminal, one for each stage. */

import { MultiBar, type SingleBar } from 'cli-progress'
import type { ButcherEvent, ProgressEvent } from '../events.ts'
import { progressText, type StageProgress } from './progress-text.ts'

export interface ProgressBars {
  readonly isShown: boolean
  readonly show: (event: ButcherEvent) => void
  /** Writes a line above the bars. */
  readonly log: (line: string) => void
  /** Leaves the bars as they are. The next event draws new ones below. */
  readonly hide: () => void
  /** The same, but removes the bars from the screen. */
  readonly erase: () => void
}

export function createProgressBars(stream: NodeJS.WriteStream): ProgressBars {
  const stages = new Map<string, StageProgress>()
  let bars: MultiBar | undefined
  let drawn = new Map<string, SingleBar>()

  const draw = (key: string): void => {
    bars ??= new MultiBar({
      stream,
      // With true a line that is too long is cut, and the terminal's own wrapping is left alone.
      linewrap: true,
      forceRedraw: true,
      fps: 8,
      format: (_options, params, payload: { readonly key?: string }) => {
        const progress = payload.key === undefined ? undefined : stages.get(payload.key)
        const columns = (params as unknown as { readonly maxWidth: number }).maxWidth
        return progress ? progressText(progress, performance.now(), columns - 1) : ''
      },
    })
    if (!drawn.has(key)) {
      const above = [...drawn.keys()].at(-1)
      endOthers(key)
      if (above !== undefined) bars.update()
      drawn.set(key, bars.create(1, 0, { key }))
    }
  }

  /** A stage ends when another one begins, unless it reports again. */
  const endOthers = (key: string): void => {
    for (const [name, progress] of stages) {
      if (name !== key && progress.endedMs === undefined) {
        stages.set(name, { ...progress, endedMs: performance.now() })
      }
    }
  }

  const advance = (event: ProgressEvent): void => {
    const key = keyOf(event)
    const known = stages.get(key)
    const startedMs = known?.startedMs ?? performance.now()
    // Its chunks are written side by side: their numbers would go up and down.
    const isBackup = event.stage === 'pack'
    stages.set(key, {
      ...known,
      stage: event.stage,
      startedMs,
      endedMs: undefined,
      bytes: event.bytes,
      files: event.files,
      totalBytes: event.totalBytes ?? known?.totalBytes,
      totalFiles: event.totalFiles ?? known?.totalFiles,
      disc: isBackup ? highest(event.disc, known?.disc) : (event.disc ?? known?.disc),
      chunk: isBackup ? highest(event.chunk, known?.chunk) : (event.chunk ?? known?.chunk),
      lastDisc: event.lastDisc ?? known?.lastDisc,
      uploadedBytes: event.uploadedBytes ?? known?.uploadedBytes,
      device: event.device ?? known?.device,
      bytesPerSecond: event.bytesPerSecond ?? known?.bytesPerSecond,
      secondsLeft: event.secondsLeft,
    })
    draw(key)
  }

  const stop = (): void => {
    bars?.stop()
    bars = undefined
    drawn = new Map()
  }

  return {
    get isShown() {
      return bars !== undefined
    },
    show: (event) => {
      if (event.type === 'progress') advance(event)
      else if (event.type === 'stage') advance({ ...event, type: 'progress', bytes: 0, files: 0 })
    },
    log: (line) => {
      bars?.log(`${line}\n`)
      bars?.update()
    },
    hide: () => {
      endOthers('')
      stop()
    },
    erase: () => {
      if (bars) (bars as unknown as { options: { clearOnComplete: boolean } }).options.clearOnComplete = true
      stop()
    },
  }
}

/** Several drives burn side by side, so each has its own bar. */
const keyOf = ({ stage, device = '' }: ProgressEvent): string =>
  stage === 'burn' || stage === 'verify' ? `${stage} ${device}` : stage

const highest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : Math.max(a, b ?? 0)
