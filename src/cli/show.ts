/** How numbers and times look to a person. */

/** `57,000` */
export const showCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')

/** `1 file`, `2 files` */
export const showCounted = (count: number, one: string, many = `${one}s`): string =>
  `${showCount(count)} ${count === 1 ? one : many}`

/** `4.2 s`, `3:07`, `2:05:00` */
export function showDuration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`
  const whole = Math.round(seconds)
  const minutes = Math.floor(whole / 60)
  return minutes < 60
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`
}

/** `40 s`, `12 min`, `3 h`, `2 days`: an estimate has no seconds. */
export function showTimeLeft(seconds: number): string {
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  if (seconds < 2 * 86_400) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

/** Local time to the minute, as `--at` takes it: `2026-11-20 11:24`. */
export function showLocalTime(milliseconds: number): string {
  const date = new Date(milliseconds)
  if (Number.isNaN(date.getTime())) return '?'
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** The same with the zone, in a form that `--at` also takes: `2026-11-20 11:24 +01:00`. */
export function showZonedTime(milliseconds: number): string {
  const offset = -new Date(milliseconds).getTimezoneOffset()
  if (Number.isNaN(offset)) return '?'
  const minutes = Math.abs(offset)
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
  return `${showLocalTime(milliseconds)} ${zone}`
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value))

/** Nanoseconds since 1970 in local time to the minute. */
export const showLocalNanoseconds = (nanoseconds: bigint): string =>
  showLocalTime(Number(nanoseconds / 1_000_000n))

/** Nanoseconds since 1970 as `2026-11-20T11:24:25.123456789Z`. */
export function isoNanoseconds(nanoseconds: bigint): string {
  const billion = 1_000_000_000n
  const fraction = ((nanoseconds % billion) + billion) % billion
  const seconds = new Date(Number((nanoseconds - fraction) / billion) * 1000)
  return `${seconds.toISOString().slice(0, 19)}.${String(fraction).padStart(9, '0')}Z`
}

/** `98.9 %`, never rounded up to 100. */
export function showShare(part: number, whole: number): string {
  const percent = whole === 0 ? 100 : (part / whole) * 100
  return `${(percent >= 100 ? percent : Math.floor(percent * 10) / 10).toFixed(1)} %`
}
