/** Speed and time left of a disk's progress, which long runs of zeros do not mislead. */

const windowMs = 5000

export interface Speed {
  readonly bytesPerSecond: number
  readonly secondsLeft: number
}

/**
 * Call it for each piece with the bytes so far. The speed is that of the last seconds. The time left takes it
 * that the rest holds no zeros: they pass far faster, so it only ever shortens. undefined in the first
 * second.
 */
export function speedOf(
  totalBytes: number,
  now: () => number = () => performance.now(),
): (bytes: number, isZero: boolean) => Speed | undefined {
  const started = now()
  const recent: { readonly at: number; readonly bytes: number }[] = [{ at: started, bytes: 0 }]
  let dataBytes = 0
  let dataMs = 0
  let last = { at: started, bytes: 0 }
  return (bytes, isZero) => {
    const at = now()
    if (!isZero) {
      dataBytes += bytes - last.bytes
      dataMs += at - last.at
    }
    last = { at, bytes }
    recent.push(last)
    while (recent.length > 2 && (recent[1] as typeof last).at < at - windowMs) recent.shift()
    const first = recent[0] as typeof last
    if (at - started < 1000 || at === first.at) return undefined
    const bytesPerSecond = ((bytes - first.bytes) / (at - first.at)) * 1000
    const dataSpeed = dataMs > 0 ? (dataBytes / dataMs) * 1000 : bytesPerSecond
    return { bytesPerSecond, secondsLeft: dataSpeed > 0 ? (totalBytes - bytes) / dataSpeed : 0 }
  }
}
