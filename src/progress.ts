import type { ProgressEvent, Report } from './events.ts'

const intervalMs = 100

/** Progress that comes with every piece, let through some ten times a second; and the last, when it is complete. */
export function paced(report: Report): (event: ProgressEvent) => void {
  let last = -Infinity
  return (event) => {
    const now = performance.now()
    if (now - last < intervalMs && event.bytes !== event.totalBytes) return
    last = now
    report(event)
  }
}
