/** Stores in use: whether they work, their room, and the remotes that rclone knows. */

import fs from 'node:fs'
import { readDefinitions } from '../jobs/configuration.ts'
import type { JobStore } from '../jobs/definitions.ts'
import { storePlace } from '../jobs/test-store.ts'
import { findProgram } from '../programs/find-program.ts'
import { runToEnd } from '../programs/run-to-end.ts'
import { openStore } from '../store/open-store.ts'
import { ok } from './answer.ts'
import { ApiError } from './api-error.ts'
import { askButcher, type Line, withoutType } from './ask-butcher.ts'
import { existing } from './existing-definition.ts'
import { type ApiRequest, param, type Route } from './route.ts'

const usageDays = 365
const dayMs = 24 * 3600_000
const roomValidMs = 60_000
const patienceMs = 15_000

export const storeRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'stores/rclone-remotes',
    scope: 'read',
    summary: 'list the remotes of the rclone configuration',
    answer: 'list of names',
    handle: async ({ signal }) => {
      const rclone = findProgram('rclone')
      if (rclone === undefined)
        throw new ApiError(502, 'program', 'rclone is missing', { hint: 'on Debian: apt-get install rclone' })
      const { status, output, complaint } = await runToEnd(rclone, ['listremotes'], { signal })
      if (status !== 0) throw new ApiError(502, 'program', `rclone failed: ${complaint.split('\n').at(-1)}`)
      return ok(output.split('\n').flatMap((line) => (line === '' ? [] : [line.replace(/:$/, '')])))
    },
  },
  {
    method: 'POST',
    path: 'stores/{name}/test',
    scope: 'run',
    summary: 'write a small file into a store, read it back, and delete it',
    answer:
      '`{ok, steps: [{step, ok, message, seconds}], free, total}`; the steps are `open`, `write`, `read` and `delete`',
    handle: test,
  },
  {
    method: 'GET',
    path: 'stores/{name}/usage',
    scope: 'read',
    summary: 'show the room of a store, and how much the runs of a year stored there',
    answer: '`{free, total, added: [{day, bytes}]}`; free and total are null if the store does not tell',
    handle: async (request, { reader }) => {
      const all = readDefinitions()
      const store = existing(all, 'store', param(request, 'name'))
      const jobs = all.jobs.filter((job) => job.store_name === store.name).map(({ name }) => name)
      const since = new Date(Date.now() - usageDays * dayMs).toISOString()
      return ok({ ...(await roomOf(store)), added: reader.bytesStored(jobs, since) })
    },
  },
]

async function test(request: ApiRequest) {
  const { name } = existing(readDefinitions(), 'store', param(request, 'name'))
  const steps: object[] = []
  let summary: Line = { ok: false, free: null, total: null }
  const words = ['store', 'test', '--json', '--', name]
  await askButcher(words, {
    signal: request.signal,
    line: (line) => {
      if (line['type'] === 'step') steps.push(withoutType(line))
      if (line['type'] === 'summary') summary = line
    },
  }).catch((error: unknown) => {
    // The steps tell of a store that does not work.
    if (steps.length === 0) throw error
  })
  return ok({ ...withoutType(summary), steps })
}

interface RoomNow {
  readonly free: number | null
  readonly total: number | null
}

const rooms = new Map<string, { readonly at: number; readonly room: Promise<RoomNow> }>()

function roomOf(store: JobStore): Promise<RoomNow> {
  const place = storePlace(store)
  const known = rooms.get(place)
  if (known && Date.now() - known.at < roomValidMs) return known.room
  const room = askRoom(store).catch(() => ({ free: null, total: null }))
  rooms.set(place, { at: Date.now(), room })
  return room
}

/** A folder is asked without blocking: a network file system may hang. */
async function askRoom(store: JobStore): Promise<RoomNow> {
  if (store.type !== 'rclone') {
    const { blocks, bavail, bsize } = await fs.promises.statfs(store.path)
    return { free: bavail * bsize, total: blocks * bsize }
  }
  const opened = await openStore(storePlace(store), { patienceMs })
  try {
    const { free = null, total = null } = await opened.room()
    return { free, total }
  } finally {
    await opened.close()
  }
}
