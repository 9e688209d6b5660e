import { attach } from '../remote/attach.ts'
import type { AttachOptions } from '../remote/remote-options.ts'
import { inspectDestination } from './destination.ts'

/**
 * Whether the set at a destination, a folder or a place in a store, is encrypted; undefined if nothing shows
 * it. Throws `destination` if no set can be there, and errors of the store.
 */
export async function encryptionAt(place: string, options: AttachOptions): Promise<boolean | undefined> {
  const { folders, detach } = await attach([place], options)
  try {
    return inspectDestination(folders[0] as string).encrypted
  } finally {
    detach()
  }
}
