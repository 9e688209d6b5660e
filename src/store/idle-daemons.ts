/**
 * Keeps the rclone of a closed store for some seconds. A verb may read a set first and write it then, and a
 * start costs 0.2 s of CPU and a new connection to the store.
 */

import type { RcloneDaemon } from './rclone-daemon.ts'
import type { Nature } from './rclone-nature.ts'

const idleMs = 10_000

interface Opened {
  readonly daemon: RcloneDaemon
  readonly nature: Nature
}

const idle = new Map<string, Opened & { readonly timer: NodeJS.Timeout }>()

/** The one that was kept for `key`, or undefined. */
export function takeIdle(key: string): Opened | undefined {
  const kept = idle.get(key)
  if (!kept) return undefined
  clearTimeout(kept.timer)
  idle.delete(key)
  return kept
}

/** Keeps one for each key, and ends others. */
export async function keepIdle(key: string, { daemon, nature }: Opened): Promise<void> {
  if (idle.has(key)) return daemon.close()
  const timer = setTimeout(() => {
    idle.delete(key)
    void daemon.close()
  }, idleMs)
  // It keeps no process alive: rclone ends with butcher.
  idle.set(key, { daemon, nature, timer: timer.unref() })
}
