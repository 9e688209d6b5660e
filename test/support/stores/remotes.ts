/** Remotes on loopback for tests: WebDAV and SFTP by rclone, crypt over a folder, and a small S3. */

import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultProxy, startProxy } from './fault-proxy.ts'
import { startS3 } from './s3-server.ts'

export type RemoteKind = 'webdav' | 'sftp' | 'crypt' | 's3'
export const remoteKinds: readonly RemoteKind[] = ['webdav', 'sftp', 'crypt', 's3']

export interface TestRemote {
  readonly kind: RemoteKind
  /** `rclone:NAME:set`, by the configuration in `config`. */
  readonly place: string
  readonly config: string
  /** The way to the server; undefined for crypt, which has none. */
  readonly proxy: FaultProxy | undefined
  /** Kills the server, and starts it again with what it had. */
  killServer(): Promise<void>
  close(): Promise<void>
}

const obscured = (text: string): string =>
  execFileSync('rclone', ['obscure', text], { encoding: 'utf8' }).trim()

/** Starts a remote whose data is below `folder`, in so much room: for that, root mounts a file system. */
export async function startRemote(kind: RemoteKind, folder: string, roomBytes?: number): Promise<TestRemote> {
  const data = path.join(folder, 'data')
  fs.mkdirSync(data, { recursive: true })
  if (roomBytes === undefined || kind === 's3') return startIn(kind, folder, data, roomBytes)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${roomBytes}`, 'tmpfs', data])
  const remote = await startIn(kind, folder, data)
  const close = async (): Promise<void> => {
    await remote.close()
    execFileSync('umount', [data])
  }
  return { ...remote, close }
}

async function startIn(kind: RemoteKind, folder: string, data: string, room?: number): Promise<TestRemote> {
  const config = path.join(folder, 'rclone.conf')
  const write = (lines: readonly string[]): void =>
    fs.writeFileSync(config, ['[test]', `type = ${kind}`, ...lines, ''].join('\n'), { mode: 0o600 })
  const place = kind === 's3' ? 'rclone:test:bucket/set' : 'rclone:test:set'
  if (kind === 'crypt') {
    write([`remote = ${data}`, `password = ${obscured('a password')}`])
    return { kind, place, config, proxy: undefined, killServer: async () => {}, close: async () => {} }
  }
  if (kind === 's3') {
    const server = await startS3(room === undefined ? {} : { room })
    const proxy = await startProxy(server.port)
    const endpoint = `http://127.0.0.1:${proxy.port}`
    write(['provider = Other', 'access_key_id = A', 'secret_access_key = B', `endpoint = ${endpoint}`])
    // Its objects are in memory. The kill of a server that keeps whole objects is the end of its connections.
    const killServer = async (): Promise<void> => proxy.cut()
    const close = async (): Promise<void> => {
      await proxy.close()
      await server.close()
    }
    return { kind, place, config, proxy, killServer, close }
  }
  const port = await freePort()
  const secret = ['--user', 'u', '--pass', 'p']
  let server = await serve()
  const proxy = await startProxy(port)
  write(
    kind === 'webdav'
      ? [`url = http://127.0.0.1:${proxy.port}`, 'vendor = other', 'user = u', `pass = ${obscured('p')}`]
      : [
          'host = 127.0.0.1',
          `port = ${proxy.port}`,
          'user = u',
          `pass = ${obscured('p')}`,
          'shell_type = none',
        ],
  )

  async function serve(): Promise<ChildProcess> {
    const child = spawn('rclone', ['serve', kind, data, '--addr', `127.0.0.1:${port}`, ...secret], {
      stdio: 'ignore',
    })
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    while (child.exitCode === null && !(await answers(port))) await sleep(20)
    return child
  }
  async function end(): Promise<void> {
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }
  const killServer = async (): Promise<void> => {
    await end()
    server = await serve()
  }
  const close = async (): Promise<void> => {
    await proxy.close()
    await end()
  }
  return { kind, place, config, proxy, killServer, close }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
