import type { ProgressEvent, Report } from './events.ts'

const intervalMs = 100

/**
 * Limits progress events to about ten a second, but always passes the last one, when the work is complete.
 */
export function paced(report: Report): (event: ProgressEvent) => void {
  let last = -Infinity
  return (event) => {
    const now = performance.now()
    if (now - last < intervalMs && event.bytes !== event.totalBytes) return
    last = now
    report(event)
  }
}
