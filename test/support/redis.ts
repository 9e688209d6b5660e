/** A Redis of its own for a test: the program redis-server, of the package of that name. */

import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'

export interface TestRedis {
  readonly url: string
  /** Everything that it was told since its start, and all that it holds now. */
  readonly heard: () => Promise<string>
  readonly stop: () => Promise<void>
}

/** In `folder`. `words`: more of its command line. */
export async function startRedis(folder: string, words: readonly string[] = []): Promise<TestRedis> {
  fs.mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const fixed = ['--bind', '127.0.0.1', '--save', '', '--rdbcompression', 'no', '--dir', folder]
  const child = spawn('redis-server', ['--port', String(port), ...fixed, ...words], { stdio: 'ignore' })
  const failed = new Promise<never>((_, reject) =>
    child.on('error', () => reject(new Error('redis-server is missing: install the package redis-server'))),
  )
  await Promise.race([isUp(port), failed])
  const url = `redis://127.0.0.1:${port}`
  const client = words.includes('--requirepass') ? undefined : new Redis(url)
  const said: string[] = []
  const monitor = await client?.monitor()
  monitor?.on('monitor', (_time: string, args: string[]) => said.push(args.join(' ')))
  return {
    url,
    heard: async () => {
      const keys = (await client?.keys('*')) ?? []
      for (const key of keys) said.push(`${key} ${(await client?.dumpBuffer(key))?.toString('latin1') ?? ''}`)
      return said.join('\n')
    },
    stop: async () => {
      monitor?.disconnect()
      client?.disconnect()
      await ended(child)
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.on('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.on('listening', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function isUp(port: number): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1')
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      socket.on('close', () => socket.destroy())
      socket.unref()
    })
    if (isOpen) return
    await sleep(50)
  }
}
