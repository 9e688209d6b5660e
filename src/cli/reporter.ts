/** Shows the work of a command to a person or a program, besides its result. */

import type { ButcherEvent, Report, WarningEvent } from '../events.ts'
import { showPath } from '../format/path-text.ts'
import { pace } from '../progress.ts'
import type { Output } from './output.ts'
import type { ProgressBars } from './progress-bars.ts'
import { jsonProgress, jsonText, jsonWarning } from './json-lines.ts'

export interface ReporterOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly output: Output
  /** The place of the bars, if they are drawn. */
  readonly bars: ProgressBars | undefined
  /** Writes a line to stderr. */
  readonly tell: (line: string) => void
}

export interface Reporter {
  readonly json: boolean
  readonly quiet: boolean
  readonly report: Report
  /** Writes a line to stderr, above the bars if there are any. */
  readonly tell: (line: string) => void
  /** The notes so far. */
  readonly notes: readonly string[]
  /** Removes the bars from the screen, before a question or for good. The next event draws them again. */
  readonly pause: () => void
  /** The same before lines of the result, which come in the middle of the work. */
  readonly makeWay: () => void
}

/** The least time between two JSON progress lines of one stage. */
const jsonIntervalMs = 500

export function createReporter({ json, quiet, output, bars, tell }: ReporterOptions): Reporter {
  const notes: string[] = []
  const paces = new Map<string, ReturnType<typeof pace>>()

  const tellAbove = (line: string): void => (bars?.isShown ? bars.log(line) : tell(line))

  const writeJson = (value: object): void => {
    output.line(jsonText(value))
    void output.flushWhileRead()
  }

  const progressLine = (event: ButcherEvent): void => {
    if (event.type !== 'progress' && event.type !== 'stage') return
    const isDue = paces.get(event.stage) ?? pace(jsonIntervalMs)
    paces.set(event.stage, isDue)
    if (isDue(event.type === 'stage')) writeJson(jsonProgress(event))
  }

  const report: Report = (event) => {
    switch (event.type) {
      case 'warning':
        if (json) writeJson(jsonWarning(event))
        return tellAbove(`warning: ${warningText(event)}`)
      case 'note':
        notes.push(event.message)
        if (!json && !quiet) tellAbove(showPath(event.message))
        return
      default:
        if (json && !quiet) progressLine(event)
        bars?.show(event)
    }
  }

  return {
    json,
    quiet,
    report,
    tell: tellAbove,
    notes,
    pause: () => bars?.hide(),
    makeWay: () => bars?.erase(),
  }
}

/** Most messages that are not about a source path contain their path. */
const warningText = ({ kind, path, message }: WarningEvent): string =>
  path === undefined || (kind !== 'source' && message.includes(showPath(path)))
    ? showPath(message)
    : `${showPath(path)}: ${showPath(message)}`
