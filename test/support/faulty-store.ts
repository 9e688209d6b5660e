/** A store in a folder that counts its calls, and fails or waits at chosen ones. */

import { ButcherError } from '../../src/errors.ts'
import { openFolderStore } from '../../src/store/folder-store.ts'
import { lockFolder } from '../../src/store/lock-record.ts'
import type { Store } from '../../src/store/store.ts'

export interface StoreFaults {
  /** Calls that change the store, so far, but for its locks. */
  changes: number
  /** From this change on every one fails; undefined for none. */
  failFrom: number | undefined
  /** Called before each change. */
  onChange: (call: string) => void
}

export const storeFaults: StoreFaults = { changes: 0, failFrom: undefined, onChange: () => {} }

/** Stands for `openStore` at `rclone:test:/FOLDER`. */
export async function openFaultyStore(place: string): Promise<Store> {
  const store = openFolderStore(place.replace(/^rclone:test:/, ''))
  const change = (call: string): void => {
    if (call.includes(lockFolder)) return
    storeFaults.changes++
    storeFaults.onChange(call)
    if (storeFaults.failFrom === undefined || storeFaults.changes < storeFaults.failFrom) return
    throw new ButcherError('io', 'the store is away')
  }
  return {
    name: place,
    abilities: store.abilities,
    list: (...call) => store.list(...call),
    stat: (...call) => store.stat(...call),
    get: (...call) => store.get(...call),
    room: (...call) => store.room(...call),
    close: () => store.close(),
    put: async (file, path, expected, options) => {
      change(`put ${path}`)
      return store.put(file, path, expected, options)
    },
    // It has no name yet, so it is no change.
    send: async (file, path, expected, options) => {
      const { settle } = await store.send(file, path, expected, options)
      return {
        settle: async () => {
          change(`put ${path}`)
          return settle()
        },
      }
    },
    note: (...call) => store.note(...call),
    move: async (from, to, options) => {
      change(`move ${from}`)
      return store.move(from, to, options)
    },
    remove: async (path, options) => {
      change(`remove ${path}`)
      return store.remove(path, options)
    },
  }
}
