/** Downloads of a part of a backup, as a zip file. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type http from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { systemText } from '../errors.ts'
import { ownProgram } from '../own-files.ts'
import { programEnvironment } from '../programs/environment.ts'
import { fromPlain } from '../threads/plain-error.ts'
import type { ZipFacts } from '../commands/zip/zip.ts'
import type { ApiContext } from './api-context.ts'
import { ok } from './answer.ts'
import { ApiError, wrongRequest } from './api-error.ts'
import { setOf } from './ask-butcher.ts'
import { numberParam } from './checked-body.ts'
import { pathIn } from './path-in.ts'
import { type ApiRequest, param, type Route } from './route.ts'
import { Turns } from './turns.ts'
import type { ZipAnswer, ZipOrder } from './zip-program.ts'

/** Each reads a disk, and keeps decoded data in memory. */
const mostAtOnce = 2
const turns = new Turns(mostAtOnce)
const mostPaths = 500

const query = { path: 'a file or folder, relative to the source; may be there several times; none: all' }

export const zipRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'backups/{job}/{backup}/zip/plan',
    scope: 'admin',
    summary: 'show what a download would hold, and which discs it needs',
    query,
    answer:
      '`{files, directories, bytes, zip_bytes, skipped, missing_discs}`; skipped counts devices, sockets and pipes',
    handle: plan,
  },
  {
    method: 'GET',
    path: 'backups/{job}/{backup}/zip',
    scope: 'admin',
    summary: 'download files and folders of a backup as a zip file, while it is made',
    query,
    answer:
      '`application/zip`, not compressed, with its size in Content-Length; a damaged chunk ends the connection before the end of the file, and the log of the daemon names it',
    handle: download,
  },
]

async function plan(request: ApiRequest) {
  const { child, facts, done } = await begin(request, true)
  try {
    await closed(child)
  } finally {
    done()
  }
  const { files, directories, bytes, zipBytes, skipped, missingDiscs } = facts
  return ok({ files, directories, bytes, zip_bytes: zipBytes, skipped, missing_discs: missingDiscs })
}

async function download(request: ApiRequest, { log, events }: ApiContext) {
  const { child, facts, failure, done } = await begin(request, false)
  if (facts.missingDiscs.length > 0) {
    child.kill('SIGKILL')
    done()
    const discs = facts.missingDiscs.join(', ')
    throw new ApiError(409, 'missing-disc', `these discs are not there: ${discs}`, {
      hint: 'butcher restore',
    })
  }
  const [job, backup] = [param(request, 'job'), param(request, 'backup')]
  return {
    status: 200,
    write: async (response: http.ServerResponse) => {
      response.writeHead(200, {
        'content-type': 'application/zip',
        'content-length': facts.zipBytes,
        'content-disposition': disposition(`${job}-${backup}.zip`),
        'cache-control': 'no-store',
      })
      try {
        await pipeline(child.stdout as Readable, response, { end: false })
        if ((await closed(child)) !== 0) throw failure() ?? new Error('its process ended')
        response.end()
      } catch (error) {
        child.kill('SIGKILL')
        // The browser sees a download that is not complete.
        response.destroy()
        if (!request.signal.aborted)
          events.send(
            'log',
            log.add(`the download of backup ${backup} of ${job} failed: ${systemText(error)}`),
          )
      } finally {
        done()
      }
    },
  }
}

interface Begun {
  readonly child: ChildProcess
  readonly facts: ZipFacts
  /** The error that the program told after the facts. */
  readonly failure: () => Error | undefined
  /** Lets the next one begin. */
  readonly done: () => void
}

async function begin(request: ApiRequest, plansOnly: boolean): Promise<Begun> {
  const paths = request.query.getAll('path').map(pathIn)
  if (paths.length > mostPaths)
    throw wrongRequest(`there are more than ${mostPaths} paths`, { field: 'path', hint: 'take their folder' })
  const backup = numberParam(request, 'backup')
  const { destination, passphrase } = await setOf(param(request, 'job'))
  const done = await turns.take(request.signal)
  const child = startProgram()
  const end = (): void => void child.kill('SIGKILL')
  request.signal.addEventListener('abort', end, { once: true })
  try {
    let failure: Error | undefined
    const order: ZipOrder = {
      from: destination,
      backup,
      paths: paths.includes('') ? [] : outermost(paths),
      passphrase,
      plansOnly,
    }
    child.send(order)
    const facts = await answerOf(child)
    child.on('message', (answer: ZipAnswer) => {
      if (answer.type === 'failed') failure = fromPlain(answer.error)
    })
    return { child, facts, failure: () => failure, done }
  } catch (error) {
    child.kill('SIGKILL')
    done()
    throw error
  }
}

/** A path below another one comes with it. */
const outermost = (paths: readonly string[]): readonly string[] =>
  [...new Set(paths)].filter((path) => !paths.some((other) => path.startsWith(`${other}/`)))

function startProgram(): ChildProcess {
  const [program, ...args] = ownProgram(new URL('./zip-program.ts', import.meta.url))
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('BUTCHER_'))
  return spawn(program, args, {
    env: programEnvironment({ LC_ALL: undefined, TZ: undefined, ...Object.fromEntries(kept) }),
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  })
}

function answerOf(child: ChildProcess): Promise<ZipFacts> {
  return new Promise((resolve, reject) => {
    child.once('message', (answer: ZipAnswer) => {
      if (answer.type === 'facts') resolve(answer.facts)
      else reject(fromPlain(answer.error))
    })
    child.once('error', reject)
    child.once('close', () => reject(new ApiError(502, 'program', 'the program for zip files ended')))
  })
}

const closed = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  return child.exitCode
}

/** RFC 6266: a name in ASCII, and the whole one. */
const disposition = (name: string): string =>
  `attachment; filename="${name.replace(/[^\w. -]/g, '_')}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*!]/g, (one) => `%${one.charCodeAt(0).toString(16)}`)}`
