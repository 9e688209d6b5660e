/** Bars on a terminal, one for each stage. */

import { MultiBar, type SingleBar } from 'cli-progress'
import type { ButcherEvent, ProgressEvent, Stage } from '../events.ts'
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
  const stages = new Map<Stage, StageProgress>()
  let bars: MultiBar | undefined
  let drawn = new Map<Stage, SingleBar>()

  const draw = (stage: Stage): void => {
    bars ??= new MultiBar({
      stream,
      // With true a line that is too long is cut, and the terminal's own wrapping is left alone.
      linewrap: true,
      forceRedraw: true,
      fps: 8,
      format: (_options, params, payload: { readonly stage?: Stage }) => {
        const progress = payload.stage && stages.get(payload.stage)
        const columns = (params as unknown as { readonly maxWidth: number }).maxWidth
        return progress ? progressText(progress, performance.now(), columns - 1) : ''
      },
    })
    if (!drawn.has(stage)) {
      const above = [...drawn.keys()].at(-1)
      endOthers(stage)
      if (above !== undefined) bars.update()
      drawn.set(stage, bars.create(1, 0, { stage }))
    }
  }

  /** A stage ends when another one begins, unless it reports again. */
  const endOthers = (stage: Stage): void => {
    for (const [name, progress] of stages) {
      if (name !== stage && progress.endedMs === undefined) {
        stages.set(name, { ...progress, endedMs: performance.now() })
      }
    }
  }

  const advance = (event: ProgressEvent): void => {
    const { startedMs } = stages.get(event.stage) ?? { startedMs: performance.now() }
    const known = stages.get(event.stage)
    // Its chunks are written side by side: their numbers would go up and down.
    const isBackup = event.stage === 'pack'
    stages.set(event.stage, {
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
    draw(event.stage)
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
      endOthers('' as Stage)
      stop()
    },
    erase: () => {
      if (bars) (bars as unknown as { options: { clearOnComplete: boolean } }).options.clearOnComplete = true
      stop()
    },
  }
}

const highest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : Math.max(a, b ?? 0)
