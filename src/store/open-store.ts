import { openFolderStore } from './folder-store.ts'
import { openRcloneStore } from './open-rclone-store.ts'
import { isRclonePlace } from './rclone-place.ts'
import type { Store, StoreOptions } from './store.ts'

/**
 * Opens the store at `place`, a folder or `rclone:REMOTE:PATH`. Close it at the end. Throws `usage` for a
 * place that names no remote, `program` if rclone is missing, `destination` if the store cannot be used.
 */
export async function openStore(place: string, options: StoreOptions = {}): Promise<Store> {
  return isRclonePlace(place) ? openRcloneStore(place, options) : openFolderStore(place)
}
