/** Asks whether the remote of a place answers now. */

import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted } from '../errors.ts'
import { findProgram } from '../programs/find-program.ts'
import { RcloneDaemon, storeRemote } from './rclone-daemon.ts'
import { Trouble } from './rclone-error.ts'
import { remoteOf } from './rclone-place.ts'

/** A short break in a network is no absence. */
const mostTries = 3
const pauseMs = 500

/**
 * Why the store at `rclone:REMOTE:PATH` does not answer. Undefined if it does, and for errors that waiting
 * does not cure. Throws `aborted`, and `usage` for a place that names no remote.
 */
export async function whyAway(place: string, signal?: AbortSignal): Promise<string | undefined> {
  const remote = remoteOf(place)
  if (findProgram('rclone') === undefined) return undefined
  const daemon = new RcloneDaemon(remote, undefined)
  try {
    for (let tries = 1; ; tries++) {
      try {
        await daemon.call('operations/stat', { fs: storeRemote, remote: 'README.txt' }, signal)
        return undefined
      } catch (error) {
        throwIfAborted(signal, error)
        if (!(error instanceof Trouble) || error.kind !== 'away') return undefined
        if (tries === mostTries) return error.message
      }
      await sleep(pauseMs, undefined, signal ? { signal } : {}).catch(() => {})
      throwIfAborted(signal)
    }
  } finally {
    await daemon.close()
  }
}
