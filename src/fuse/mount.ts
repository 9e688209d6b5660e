/** Mounts a tree, and serves it from threads of this process until it is unmounted. */

import fs from 'node:fs'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { ButcherError, throwIfAborted } from '../errors.ts'
import { type Report, silent } from '../events.ts'
import { fromPlain } from '../threads/plain-error.ts'
import { startThread, type Thread } from '../threads/start-thread.ts'
import { isRoot, mountByKernel, unmountByKernel } from './kernel-mount.ts'
import { raiseReadAhead } from './read-ahead.ts'
import { logLine } from './log-line.ts'
import type { FromLoop, LoopSetup, ToLoop } from './messages.ts'
import { checkMountPoint, isDead, mountAt, mountPath, mountType } from './mount-point.ts'
import type { ContentThreadData, ThreadProgram } from './tree.ts'

export interface MountRequest {
  readonly folder: string
  /** A module with `createTree`, see `CreateTree`. */
  readonly tree: ThreadProgram
  /** Threads that answer what the tree leaves for later: `workerData` is a `ContentThreadData`. */
  readonly content?: readonly ThreadProgram[]
  /** What is mounted, as `df` shows it. */
  readonly source: string
  readonly allowOther?: boolean
  /** Hears of the work before the mount: an index that is made, say. */
  readonly report?: Report
  /** Unmounts. */
  readonly signal?: AbortSignal
}

export interface Mounted {
  /** Its real path. */
  readonly folder: string
  /** As in `FuseTree`. */
  readonly about: unknown
  /** Resolves when the file system is unmounted and its last file is closed. Rejects if a thread fails. */
  readonly done: Promise<void>
  /** Frees the folder. If files are still open, `done` waits until they are closed. */
  readonly unmount: () => Promise<void>
}

/** Clears a mount that a dead server of butcher left behind. Throws if a live one is there. */
async function prepareMountPoint(folder: string): Promise<string> {
  const known = mountPath(folder)
  const there = mountAt(known)
  if (there?.type === mountType) {
    if (!(await isDead(known))) {
      throw new ButcherError('exists', `mounting on ${folder}: ${there.source} is mounted there already`, {
        path: folder,
        hint: `unmount it first: butcher unmount ${folder}`,
      })
    }
    await unmountByKernel(known, { lazy: true })
  }
  return checkMountPoint(folder)
}

/** Resolves once the file system answers. Never touches it from the threads that serve it. */
export async function mountTree(request: MountRequest): Promise<Mounted> {
  const { signal, source, allowOther = false } = request
  const folder = await prepareMountPoint(request.folder)
  throwIfAborted(signal)
  const threads = startThreads(request)
  let descriptor: number | undefined
  let about: unknown
  try {
    about = await openedUnlessStopped(threads.opened, signal)
    const { serve, giveUp } = threads
    descriptor = await mountByKernel({ folder, source, allowOther }, serve, giveUp)
    // The kernel asks for its size: from now on it is served.
    await Promise.race([fs.promises.statfs(folder), threads.done])
    if (isRoot()) await raiseReadAhead(folder)
  } catch (error) {
    if (descriptor !== undefined) await unmountByKernel(folder, { lazy: true })
    threads.giveUp()
    await threads.end()
    throw error
  }
  const unmount = async (): Promise<void> => {
    const { status } = await unmountByKernel(folder, { lazy: false })
    if (status !== 0 && mountAt(folder)?.type === mountType) {
      logLine(`${folder} is busy: it is freed now, and served until its last file is closed`)
      await unmountByKernel(folder, { lazy: true })
    }
  }
  const stop = (): void => void unmount().catch((error: unknown) => logLine(String(error)))
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  return {
    folder,
    about,
    done: end(threads, descriptor, folder, () => signal?.removeEventListener('abort', stop)),
    unmount,
  }
}

/** An index of a large image takes minutes: a stop does not wait for it. */
async function openedUnlessStopped(
  opened: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal?.addEventListener('abort', () => resolve(), { once: true })
  const about = await Promise.race([opened, promise])
  throwIfAborted(signal)
  return about
}

async function end(threads: Threads, descriptor: number, folder: string, after: () => void): Promise<void> {
  try {
    await threads.done
  } catch (error) {
    // Without a server nobody could use the folder.
    await unmountByKernel(folder, { lazy: true }).catch(() => {})
    throw error
  } finally {
    after()
    fs.closeSync(descriptor)
    await threads.end()
  }
}

interface Threads {
  readonly opened: Promise<unknown>
  readonly done: Promise<void>
  readonly serve: (descriptor: number) => void
  readonly giveUp: () => void
  readonly end: () => Promise<void>
}

function startThreads({ tree, content = [], report = silent }: MountRequest): Threads {
  const opened = Promise.withResolvers<unknown>()
  const done = Promise.withResolvers<void>()
  // Both fail together, and each has somebody who waits for it only at some times.
  opened.promise.catch(() => {})
  done.promise.catch(() => {})
  const fail = (error: Error): void => {
    opened.reject(error)
    done.reject(error)
  }
  const all: Thread<never>[] = []
  const channels = content.map((program) => ({ program, channel: new MessageChannel() }))
  const contentPorts = channels.map(({ channel }) => channel.port1)
  const startContent = (): void => {
    for (const { program, channel } of channels) all.push(startContentThread(program, channel.port2, fail))
  }
  const setup: LoopSetup = { tree: { program: tree.program.href, data: tree.data }, contentPorts }
  const loop = startThread<ToLoop, FromLoop>(new URL('./loop-thread.ts', import.meta.url), {
    name: 'the thread that serves the mount',
    data: setup,
    transfer: contentPorts,
    onMessage: (message) => {
      if (message.type === 'event') report(message.event)
      else if (message.type === 'content-wanted') startContent()
      else if (message.type === 'opened') opened.resolve(message.about)
      else if (message.type === 'unmounted') done.resolve()
      else fail(fromPlain(message.error))
    },
    onDeath: fail,
  })
  return {
    opened: opened.promise,
    done: done.promise,
    serve: (descriptor) => loop.send({ descriptor }),
    giveUp: () => loop.send({ descriptor: -1 }),
    end: async () => {
      await Promise.all([...all, loop].map((thread) => thread.end()))
    },
  }
}

function startContentThread(
  { program, data }: ThreadProgram,
  port: MessagePort,
  fail: (error: Error) => void,
): Thread<never> {
  const threadData: ContentThreadData<unknown> = { data, port }
  return startThread(program, {
    name: 'a thread that reads contents',
    data: threadData,
    transfer: [port],
    onMessage: () => {},
    // It ends when the thread that served the mount has ended: the message about that goes first.
    onDeath: (error) => setTimeout(fail, 50, error),
  })
}
