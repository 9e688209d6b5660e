/** What a person or a program sees of a command at work, besides its result. */

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
  /** Where bars are drawn, if they are. */
  readonly bars: ProgressBars | undefined
  /** Writes a line to stderr. */
  readonly tell: (line: string) => void
}

export interface Reporter {
  readonly json: boolean
  readonly quiet: boolean
  readonly report: Report
  /** A line on stderr, above the bars where there are any. */
  readonly tell: (line: string) => void
  /** What was told in notes so far. */
  readonly notes: readonly string[]
  /** Takes the bars off the screen, while something is asked or for good; the next event brings them back. */
  readonly pause: () => void
  /** The same before lines of the result, which come in the middle of the work. */
  readonly makeWay: () => void
}

/** JSON progress lines of one stage are at least so far apart. */
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

/** Most messages that are not of a source path name the path themselves. */
const warningText = ({ kind, path, message }: WarningEvent): string =>
  path === undefined || (kind !== 'source' && message.includes(showPath(path)))
    ? showPath(message)
    : `${showPath(path)}: ${showPath(message)}`
