/**
 * Kills the client, its rclone, or the server in the middle of uploads to real remotes: `npm run
 * test:stores`. In a third of the rounds, one call in ten gets an error. After each kill, every file in the
 * store must be complete, and every file that was reported as stored must be there. Then each remote is slow,
 * and full. Full remotes need root. The environment sets KILLS (200), SEED and REMOTES (all).
 */

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import readline from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../src/store/open-store.ts'
import type { Store } from '../src/store/store.ts'
import { type RemoteKind, remoteKinds, startRemote, type TestRemote } from '../test/support/stores/remotes.ts'

const kills = Number(process.env['KILLS'] ?? 200)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const kinds = (process.env['REMOTES']?.split(',') ?? remoteKinds) as readonly RemoteKind[]

/** A small generator of numbers, so that a seed repeats a run. */
let state = seed
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

/** The content of the version `version` of a file: its bytes follow from it. */
function contentOf(name: string, version: number): Buffer {
  const seedOf = createHash('sha256').update(`${name} ${version}`).digest()
  const block = Buffer.concat(Array.from({ length: 4096 }, () => seedOf))
  const bytes = 100_000 + (seedOf.readUInt32LE(0) % 3_000_000)
  return Buffer.concat(Array.from({ length: Math.ceil(bytes / block.length) }, () => block)).subarray(
    0,
    bytes,
  )
}

/** The client: stores files, one after the other, and tells of each before and after. */
async function client(place: string, first: number): Promise<void> {
  const store = await openStore(place, { patienceMs: 60_000 })
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'store-client-'))
  const local = path.join(folder, 'file')
  for (let version = first; ; version++) {
    const name = `chunks/${String(version).padStart(8, '0')}.tar`
    for (const file of [name, 'README.txt']) {
      const content = contentOf(file, version)
      fs.writeFileSync(local, content)
      console.log(`begin ${file} ${version}`)
      const sha256 = createHash('sha256').update(content).digest('hex')
      await store.put(local, file, { bytes: content.length, sha256 })
      console.log(`done ${file} ${version}`)
    }
  }
}

interface Told {
  /** Of each file, the versions that were begun since the last one that was done. */
  readonly begun: Map<string, number[]>
  /** The newest version that was done. */
  readonly done: Map<string, number>
}

/** Runs a client until something is killed. Returns the version to go on with. */
async function round(remote: TestRemote, told: Told, first: number, victim: string): Promise<number> {
  const child = spawn(process.execPath, [import.meta.filename, 'client', remote.place, String(first)], {
    env: { ...process.env, RCLONE_CONFIG: remote.config },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let version = first
  let isStoring: () => void
  const storing = new Promise<void>((resolve) => (isStoring = resolve))
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    const [word, file, number] = line.split(' ') as [string, string, string]
    version = Number(number)
    if (word === 'begin') told.begun.set(file, [...(told.begun.get(file) ?? []), version])
    else {
      told.done.set(file, version)
      told.begun.delete(file)
    }
    isStoring()
  })
  const ended = once(child, 'exit')
  await Promise.race([storing, ended])
  await sleep(random(1200))
  if (victim === 'server') {
    await remote.killServer()
    await sleep(random(2500))
  } else if (victim === 'rclone') {
    for (const pid of rclonesOf(child.pid as number)) process.kill(pid, 'SIGKILL')
    await sleep(random(2500))
  }
  if (child.exitCode !== null) throw new Error(`the client ended with ${child.exitCode}`)
  child.kill('SIGKILL')
  await ended
  await sleep(300) // Its rclone ends a moment later.
  return version + 1
}

/** The programs `rclone rcd` that a process has started. */
function rclonesOf(parent: number): number[] {
  const children = fs.readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ')
  return children.map(Number).filter((pid) => {
    try {
      return pid > 0 && fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === 'rcd'
    } catch {
      return false
    }
  })
}

let missingWhileReplaced = 0

async function check(store: Store, told: Told): Promise<void> {
  const files = await store.list('', { recursive: true })
  const visible = files.filter((file) => !file.path.startsWith('.butcher/'))
  for (const { path: file } of visible) {
    if (file !== 'README.txt' && told.done.has(file) && random(8) !== 0) continue // checked before; some again
    const content = Buffer.concat(await store.get(file).toArray())
    const versions = [told.done.get(file), ...(told.begun.get(file) ?? [])].filter((one) => one !== undefined)
    const isWhole = versions.some((version) => contentOf(file, version).equals(content))
    if (!isWhole)
      throw new Error(`${file} is wrong: it has ${content.length} bytes, of version ${versions.join(' or ')}`)
  }
  for (const file of told.done.keys()) {
    if (visible.some((one) => one.path === file)) continue
    // A name may be missing only while its file is replaced, and only if the remote cannot replace in one
    // step.
    if (file === 'README.txt' && told.begun.has(file)) missingWhileReplaced++
    else throw new Error(`${file} is lost`)
  }
  for (const { path: file } of files) if (file.startsWith('.butcher/new/')) await store.remove(file)
}

/** One call in ten fails: by an answer of HTTP, or as the connection breaks. crypt has no connection. */
function setErrors({ kind, proxy }: TestRemote, hasErrors: boolean): void {
  if (proxy) proxy.faults[kind === 'sftp' ? 'cutEvery' : 'errorEvery'] = hasErrors ? 10 : 0
}

/** 100 kB a second, and half a second before each piece: slow, but no error. */
async function checkSlow(store: Store, { proxy }: TestRemote, folder: string): Promise<void> {
  if (!proxy) return
  const content = contentOf('slow', 1).subarray(0, 300_000)
  const local = path.join(folder, 'slow')
  fs.writeFileSync(local, content)
  Object.assign(proxy.faults, { bytesPerSecond: 100_000, delayMs: 500 })
  const sha256 = createHash('sha256').update(content).digest('hex')
  await store.put(local, 'slow', { bytes: content.length, sha256 })
  if (!Buffer.concat(await store.get('slow').toArray()).equals(content))
    throw new Error('the slow file is wrong')
  Object.assign(proxy.faults, { bytesPerSecond: 0, delayMs: 0 })
  await store.remove('slow')
}

const roomBytes = 6 << 20

/** A full store says so at once, has no half file, and takes files again when there is room. */
async function checkFull(kind: RemoteKind, folder: string): Promise<number> {
  const remote = await startRemote(kind, folder, roomBytes)
  process.env['RCLONE_CONFIG'] = remote.config
  const store = await openStore(remote.place, { patienceMs: 60_000 })
  try {
    const local = path.join(folder, 'file')
    const put = async (number: number): Promise<void> => {
      const bytes = contentOf('full', number).subarray(0, 1_000_000)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      fs.writeFileSync(local, bytes)
      await store.put(local, `chunks/${number}`, { bytes: bytes.length, sha256 })
    }
    let stored = 0
    for (;;) {
      try {
        await put(stored + 1)
        stored++
      } catch (error) {
        const { code, hint = '' } = error as { code?: string; hint?: string }
        // rclone's WebDAV server does not say why.
        if (code === 'no-space' || (kind === 'webdav' && hint.includes('may be full'))) break
        throw error
      }
      if (stored * 100_000 > roomBytes) throw new Error(`a store of ${roomBytes} bytes took ${stored} files`)
    }
    const files = (await store.list('', { recursive: true })).filter(({ path: file }) =>
      file.startsWith('chunks/'),
    )
    if (files.length !== stored) throw new Error(`a full store has ${files.length} files, and took ${stored}`)
    for (const { path: file } of files) {
      const content = Buffer.concat(await store.get(file).toArray())
      const number = Number(file.slice('chunks/'.length))
      if (!contentOf('full', number).subarray(0, 1_000_000).equals(content))
        throw new Error(`${file} is wrong`)
    }
    for (const { path: file } of files.slice(0, 2)) await store.remove(file)
    await put(stored + 1)
    return stored
  } finally {
    await store.close()
    await remote.close()
  }
}

async function main(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('run this as root: it mounts small file systems')
  let total = 0
  console.log(`seed ${seed}, ${kills} kills`)
  for (const kind of kinds) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stores-'))
    const remote = await startRemote(kind, folder)
    process.env['RCLONE_CONFIG'] = remote.config
    const store = await openStore(remote.place)
    const told: Told = { begun: new Map(), done: new Map() }
    const counts: Record<string, number> = {}
    let version = 1
    const share = Math.ceil(kills / kinds.length)
    for (let i = 0; i < share; i++) {
      setErrors(remote, i % 3 === 0)
      const victims = remote.proxy ? ['client', 'rclone', 'server'] : ['client', 'rclone']
      const victim = victims[i % victims.length] as string
      counts[victim] = (counts[victim] ?? 0) + 1
      version = await round(remote, told, version, victim)
      setErrors(remote, false)
      await check(store, told)
      // Old chunks go, so that a check stays short.
      for (const file of [...told.done.keys()].slice(0, -6)) {
        if (file === 'README.txt') continue
        await store.remove(file)
        told.done.delete(file)
        told.begun.delete(file)
      }
    }
    await checkSlow(store, remote, folder)
    await store.close()
    await remote.close()
    fs.rmSync(folder, { recursive: true })
    const small = fs.mkdtempSync(path.join(os.tmpdir(), 'stores-'))
    const fit = await checkFull(kind, small)
    fs.rmSync(small, { recursive: true })
    total += share
    console.log(
      `${kind}: ${share} kills (${JSON.stringify(counts)}), ${version - 1} versions, nothing lost, nothing half-written; full after ${fit} files`,
    )
  }
  console.log(`README.txt was missing ${missingWhileReplaced} times, cut off while it was replaced`)
  console.log(`stores: sound after ${total} kills`)
}

if (process.argv[2] === 'client') await client(process.argv[3] as string, Number(process.argv[4]))
else await main()
