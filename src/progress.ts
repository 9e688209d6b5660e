import type { ProgressEvent, Report } from './events.ts'

const intervalMs = 100

/**
 * Tells at each call whether an event is due: at most one in `everyMs`. With `always` it is due in any case.
 */
export function pace(everyMs = intervalMs): (always?: boolean) => boolean {
  let last = -Infinity
  return (always = false) => {
    const now = performance.now()
    if (!always && now - last < everyMs) return false
    last = now
    return true
  }
}

/**
 * Limits progress events to about ten a second, but always passes the last one, when the work is complete.
 */
export function paced(report: Report): (event: ProgressEvent) => void {
  const isDue = pace()
  return (event) => {
    if (isDue(event.bytes === event.totalBytes)) report(event)
  }
}
