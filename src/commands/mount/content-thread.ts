/** The thread that reads the contents of a mounted set. It answers the kernel itself. */

import os from 'node:os'
import path from 'node:path'
import { workerData } from 'node:worker_threads'
import { openShared } from '../../catalog/shared-catalog.ts'
import { ButcherError, systemCode } from '../../errors.ts'
import { chunkFolder } from '../../format/layout.ts'
import { showPath } from '../../format/path-text.ts'
import { answer } from '../../fuse/answer.ts'
import { logLine } from '../../fuse/log-line.ts'
import { mostReadBytes } from '../../fuse/protocol.ts'
import type { ContentThreadData } from '../../fuse/tree.ts'
import type { ContentRequest, OpenFile, ReadRequest } from '../../mount/messages.ts'
import { attach } from '../../remote/attach.ts'
import { DiscFinder } from '../../set/disc-finder.ts'
import type { ChunkFacts } from '../../stretches/content-facts.ts'
import { ContentReader } from '../../stretches/content-reader.ts'
import { OpenChunks } from '../../stretches/open-chunks.ts'
import { Room } from '../../stretches/room.ts'
import { StretchCache } from '../../stretches/stretch-cache.ts'
import type { ContentOfPlaces } from './mount-options.ts'

const { data, port } = workerData as ContentThreadData<ContentOfPlaces>
const { EIO } = os.constants.errno

const mostLogged = 10_000
const logged = new Set<string>()

const db = openShared(data.catalog)
const attached = await attach(data.from, data.store ? { store: data.store } : {})
const { folderOf } = attached
const here = {
  db,
  discs: new Map([...data.discs].map(([disc, place]) => [disc, folderOf(place)])),
  folders: data.folders.map(folderOf),
}
const discs = new DiscFinder(here, { ...data, from: attached.folders }, (event) => {
  if (event.type === 'warning' || event.type === 'note') logOnce(event.message)
})
const cache = new StretchCache(data.cacheBytes)
const chunks = new OpenChunks({
  secrets: data.secrets,
  cache,
  threads: os.availableParallelism(),
  filesOf,
  onTrouble,
})
const reader = new ContentReader({ chunks, cache, hash: data.hash })

/** The longest read, and headers of blocks between. */
const roomBytes = mostReadBytes + 4096
/** As many as the kernel reads ahead at a time, of two readers. */
const mostRooms = 8
const rooms: Room[] = []

interface Place {
  readonly folders: readonly string[]
  readonly at: number
}

/** Looking at a drive takes time, and a disc does not go away so soon. */
const validMs = 2000
const places = new Map<number, Place>()
const open = new Map<number, OpenFile>()

port.on('message', (request: ContentRequest) => {
  if (request.type === 'open') open.set(request.handle, request.file)
  else if (request.type === 'close') open.delete(request.handle)
  else void read(request)
})
port.on('close', () => {
  chunks.close()
  db.close()
  attached.detach()
})

async function read({ handle, offset, bytes, pending, ...request }: ReadRequest): Promise<void> {
  const file = open.get(handle)
  const content = request.content ?? file?.content
  if (file === undefined || content === undefined) return answer(pending, -EIO)
  const room = rooms.pop() ?? new Room(roomBytes)
  try {
    answer(pending, await reader.read(content, offset, bytes, room))
  } catch (error) {
    logOnce(`${showPath(file.path)}: ${whyOf(error)}`)
    answer(pending, -EIO)
  } finally {
    room.clear()
    if (rooms.length < mostRooms) rooms.push(room)
  }
}

const whyOf = (error: unknown): string =>
  error instanceof ButcherError ? error.message : (systemCode(error) ?? String((error as Error)?.stack))

function filesOf({ disc, name }: ChunkFacts): readonly string[] {
  let known = places.get(disc)
  if (known === undefined || Date.now() - known.at > validMs) {
    known = { folders: discs.placesOf(disc), at: Date.now() }
    places.set(disc, known)
  }
  return known.folders.map((place) => path.join(place, chunkFolder, name))
}

function onTrouble(chunk: ChunkFacts, file: string | undefined, why: string): void {
  const { label } = discs.describe({ disc: chunk.disc, chunks: 1, bytes: chunk.bytes })
  const where = `disc ${chunk.disc} (${label}), chunk ${chunk.name}`
  // A disc that was read before may have been taken out.
  places.delete(chunk.disc)
  logOnce(file === undefined ? `${where}: the disc is missing` : `${where}: ${why} (${file})`)
}

/** Programs read a file again after an error, and thousands of files may be on one disc. */
function logOnce(line: string): void {
  if (logged.has(line)) return
  if (logged.size >= mostLogged) logged.clear()
  logged.add(line)
  logLine(line)
}
