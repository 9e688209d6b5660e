/** Tries a store: writes a small file, reads it back, deletes it. */

import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { ButcherError, systemText, throwIfAborted } from '../errors.ts'
import { makeTempDir } from '../files/temp-dir.ts'
import { openStore } from '../store/open-store.ts'
import type { Room, Store } from '../store/store.ts'
import type { JobStore } from './definitions.ts'

export interface StoreStep {
  /** The step that ended. */
  readonly step: 'open' | 'write' | 'read' | 'delete'
  /** Whether it succeeded. */
  readonly ok: boolean
  /** Why it failed; empty if it did not. */
  readonly message: string
  /** Duration of the step. */
  readonly seconds: number
}

export interface StoreTest {
  /** Whether all steps succeeded. */
  readonly ok: boolean
  /** Free bytes. null if the store does not tell. */
  readonly free: number | null
  /** Bytes that the store can hold. null if it does not tell. */
  readonly total: number | null
}

const testBytes = 4096
const patienceMs = 20_000

/** The place of a store, as other commands take it. */
export const storePlace = ({ type, path: folder, remote }: JobStore): string =>
  type === 'rclone' ? `rclone:${remote}:${folder}` : folder

/** `told` gets each step as it ends. A failed step ends the test. */
export async function testStore(
  store: JobStore,
  told: (step: StoreStep) => void,
  signal: AbortSignal,
): Promise<StoreTest> {
  const content = randomBytes(testBytes)
  const sha256 = createHash('sha256').update(content).digest('hex')
  const name = `butcher-test-${randomBytes(8).toString('hex')}`
  using own = makeTempDir('store-test')
  const local = path.join(own.folder, name)
  fs.writeFileSync(local, content)
  let opened: Store | undefined
  let room: Room = { free: undefined, total: undefined }
  const step = async (which: StoreStep['step'], work: () => Promise<void>): Promise<boolean> => {
    const start = Date.now()
    const end = (ok: boolean, message: string): boolean => {
      told({ step: which, ok, message, seconds: (Date.now() - start) / 1000 })
      return ok
    }
    try {
      await work()
      return end(true, '')
    } catch (error) {
      throwIfAborted(signal, error)
      return end(false, error instanceof ButcherError ? error.message : systemText(error))
    }
  }
  const open = async (): Promise<void> => {
    if (store.type !== 'rclone' && !fs.existsSync(store.path))
      throw new ButcherError('destination', `there is no folder ${store.path}`)
    opened = await openStore(storePlace(store), { patienceMs, signal })
    room = await opened.room({ signal })
  }
  const read = async (): Promise<void> => {
    const hash = createHash('sha256')
    for await (const piece of (opened as Store).get(name, { signal })) hash.update(piece as Buffer)
    if (hash.digest('hex') !== sha256)
      throw new ButcherError('damaged', 'the store gives back other bytes than it got')
  }
  try {
    const ok =
      (await step('open', open)) &&
      (await step('write', async () => {
        await opened?.put(local, name, { bytes: testBytes, sha256 }, { signal })
      })) &&
      // The file goes away also if it is damaged.
      [await step('read', read), await step('delete', async () => opened?.remove(name, { signal }))].every(
        Boolean,
      )
    return { ok, free: room.free ?? null, total: room.total ?? null }
  } finally {
    await opened?.close()
  }
}
