/** Asks the daemon of this user, over its socket. */

import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { asButcherError, ButcherError, type ErrorCode, systemCode } from '../errors.ts'
import { runtimeFolder } from './places.ts'

export const socketFile = (): string => path.join(runtimeFolder(), 'daemon.sock')

const patienceMs = 60_000

/**
 * The answer from JSON. Throws `program` if no daemon runs, `io` for a socket that is not safe, and the error
 * that the daemon answers.
 */
export async function askDaemon(
  method: string,
  route: string,
  body: object = {},
): Promise<Readonly<Record<string, unknown>>> {
  checkFolder()
  const address = socketAddress()
  const { status, text } = await exchange(address, method, route, JSON.stringify(body))
  const answer = JSON.parse(text) as Readonly<Record<string, unknown>>
  if (status < 400) return answer
  const { code, message, hint } = answer as { code: string; message: string; hint: string | null }
  throw new ButcherError(code as ErrorCode, message, hint === null ? {} : { hint })
}

/**
 * The address of the socket. Windows has named pipes, which any user may make. So the name is a random one,
 * and the file has it. Throws `program` if no daemon runs.
 */
function socketAddress(): string {
  if (process.platform !== 'win32') return socketFile()
  try {
    return fs.readFileSync(socketFile(), 'utf8')
  } catch (error) {
    throw systemCode(error) === 'ENOENT'
      ? noDaemon(error)
      : asButcherError(error, 'cannot read', socketFile())
  }
}

/** In a folder that others can write, the socket could be anybody's. */
function checkFolder(): void {
  if (process.platform === 'win32') return // It is in the user's profile.
  const folder = runtimeFolder()
  try {
    const { uid, mode } = fs.statSync(folder)
    if (uid === process.getuid?.() && (mode & 0o022) === 0) return
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw noDaemon(error)
    throw asButcherError(error, 'cannot look at', folder)
  }
  throw new ButcherError('io', `cannot use the socket of the daemon: ${folder} is of another user`, {
    path: folder,
  })
}

const noDaemon = (cause: unknown): ButcherError =>
  new ButcherError('program', 'no daemon of butcher runs', {
    hint: 'start it: butcher daemon, or systemctl --user start butcher',
    cause,
  })

function exchange(
  socketPath: string,
  method: string,
  route: string,
  body: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        socketPath,
        method,
        path: `/api/v1/${route}`,
        agent: false,
        timeout: patienceMs,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 500, text }))
      },
    )
    request.on('timeout', () => request.destroy(new Error('it does not answer')))
    request.on('error', (error) => {
      const code = systemCode(error)
      reject(
        code === 'ENOENT' || code === 'ECONNREFUSED'
          ? noDaemon(error)
          : asButcherError(error, 'cannot ask the daemon at', socketFile()),
      )
    })
    request.end(body)
  })
}
