/**
 * Kills butcher, or the server of its store, at random moments of a backup. In between, the cache is
 * sometimes lost, and another machine goes on. After each kill the backups that were finished before must
 * still be there. At the end everything must be sound, and the newest backup the source to the byte: by
 * butcher from the store, and by restore.sh from a copy that rclone made.
 *
 * KILLS (50), SERVER (`webdav`, `local` or `both`), SEED (random) by environment; works in TMPDIR.
 */

import { createHash, randomInt } from 'node:crypto'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'

const kills = Number(process.env['KILLS'] ?? 50)
const servers = process.env['SERVER'] === 'local' ? ['local'] : process.env['SERVER'] === 'webdav' ? ['webdav'] : ['webdav', 'local'] // prettier-ignore
const seed = process.env['SEED'] ?? String(randomInt(1e9))

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-kills-'))
const butcher = path.join(import.meta.dirname, '../bin/butcher.js')
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }))
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => process.exit(1))

/** From 0 to 1, the same each time for one seed. */
const random = ((): (() => number) => {
  let drawn = 0
  return () => createHash('sha256').update(`${seed} ${drawn++}`).digest().readUInt32BE() / 2 ** 32
})()
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function fail(message: string): never {
  console.error(`FAILED (SEED=${seed}): ${message}`)
  process.exit(1)
}

let made = 0
function plant(source: string, files: number): void {
  fs.mkdirSync(source, { recursive: true })
  for (let i = 0; i < files; i++, made++) {
    const bytes = Buffer.alloc(Math.ceil(1000 * 1000 ** random()))
    createHash('sha256').update(`${seed} ${made}`).digest().copy(bytes)
    for (let at = 32; at < bytes.length; at += 32)
      createHash('sha256')
        .update(bytes.subarray(at - 32, at))
        .digest()
        .copy(bytes, at)
    fs.writeFileSync(path.join(source, `f${made % 60}-${made}`), bytes)
  }
}

const cacheOf = (machine: number): string => path.join(work, `cache-${machine}`)

function start(machine: number, words: readonly string[]): ChildProcess {
  const env = { ...process.env, XDG_CACHE_HOME: cacheOf(machine), BUTCHER_PASSPHRASE: 'kills' }
  return spawn(process.execPath, [butcher, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function run(machine: number, ...words: string[]): Promise<{ status: number | null; text: string }> {
  const child = start(machine, words)
  let text = ''
  child.stdout?.on('data', (piece: Buffer) => (text += piece.toString()))
  child.stderr?.on('data', (piece: Buffer) => (text += piece.toString()))
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { status, text }
}

async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

interface Served {
  readonly place: string
  /** The folder behind it. */
  readonly folder: string
  /** Ends the server at once, and starts it anew. */
  readonly killServer: () => Promise<void>
  readonly stop: () => void
}

async function serve(kind: string): Promise<Served> {
  const folder = path.join(work, `store-${kind}`)
  fs.mkdirSync(folder)
  if (kind === 'local') {
    return { place: `rclone::local:${folder}/set`, folder: `${folder}/set`, killServer: async () => {}, stop: () => {} } // prettier-ignore
  }
  const port = await freePort()
  const begin = async (): Promise<ChildProcess> => {
    const server = spawn('rclone', ['serve', 'webdav', folder, '--addr', `127.0.0.1:${port}`], {
      stdio: 'ignore',
    })
    server.on('error', () => fail('rclone is missing (apt install rclone)'))
    for (let tries = 0; tries < 600; tries++) {
      const isUp = await fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false) // prettier-ignore
      if (isUp) return server
      await pause(100)
    }
    return fail('the server does not answer')
  }
  let server = await begin()
  return {
    place: `rclone::webdav,url="http://127.0.0.1:${port}",vendor=other:set`,
    folder: `${folder}/set`,
    killServer: async () => {
      server.kill('SIGKILL')
      await pause(200 + random() * 2000)
      server = await begin()
    },
    stop: () => void server.kill('SIGKILL'),
  }
}

const finishedIn = async (machine: number, place: string): Promise<number> => {
  const { status, text } = await run(machine, 'log', place, '--json')
  if (status === 10) return 0
  if (status !== 0) fail(`log ended with ${status}: ${text}`)
  return text.split('\n').filter((line) => /"type":"backup".*"finished":"/.test(line)).length
}

async function killAt(kind: string): Promise<void> {
  const { place, folder, killServer, stop } = await serve(kind)
  const source = path.join(work, `source-${kind}`)
  plant(source, 40)
  let machine = 0
  let [finished, killed, ended, serverKills] = [0, 0, 0, 0]
  const words = ['backup', source, place, '--chunk-size', '1MB', '--staging', '8MB', '--no-progress']
  let usualMs = 8000
  while (killed + serverKills < kills) {
    const child = start(machine, words)
    let text = ''
    child.stderr?.on('data', (piece: Buffer) => (text += piece.toString()))
    child.stdout?.resume()
    const began = Date.now()
    const end = new Promise<number | null>((resolve) => child.on('close', resolve))
    await Promise.race([end, pause(random() * usualMs * 1.2)])
    const isOfServer = kind === 'webdav' && random() < 0.3
    if (child.exitCode === null && isOfServer) {
      await killServer()
      serverKills++
    } else if (child.exitCode === null) {
      child.kill('SIGKILL')
      killed++
    }
    const status = await end
    if (status === 0) {
      usualMs = Math.max(2000, (usualMs + Date.now() - began) / 2)
      ended++
      finished++
      plant(source, 10)
    } else if (status !== null) fail(`a backup ended with ${status}: ${text}`)
    const now = await finishedIn(machine, place)
    if (now < finished) fail(`${finished} backups were finished, and ${now} are there`)
    finished = now
    const next = random()
    if (next < 0.15) fs.rmSync(cacheOf(machine), { recursive: true, force: true })
    else if (next < 0.3) machine = 1 - machine
    if ((killed + serverKills) % 10 === 0) console.log(`${kind}: ${killed} kills of butcher, ${serverKills} of the server, ${ended} ends`) // prettier-ignore
  }
  const last = await run(machine, ...words)
  if (last.status !== 0) fail(`the last backup: ${last.text}`)
  const checked = await run(machine, 'verify', place)
  if (checked.status !== 0) fail(`verify: ${checked.text}`)
  const out = path.join(work, `out-${kind}`)
  const restored = await run(machine, 'restore', place, out)
  if (restored.status !== 0) fail(`restore: ${restored.text}`)
  same(source, out)
  const copy = path.join(work, `copy-${kind}`)
  const copied = spawnSync('rclone', ['copy', folder, copy], { encoding: 'utf8' })
  if (copied.status !== 0) fail(`rclone copy: ${copied.stderr}`)
  const byHand = path.join(work, `hand-${kind}`)
  fs.mkdirSync(byHand)
  const script = spawnSync('bash', [path.join(copy, 'disc-0001/restore.sh'), byHand], {
    encoding: 'utf8',
    env: { ...process.env, BUTCHER_PASSPHRASE: 'kills' },
    input: 'kills\n',
  })
  if (script.status !== 0) fail(`restore.sh: ${script.stdout}${script.stderr}`)
  same(source, byHand)
  stop()
  console.log(
    `${kind}: ${killed} kills of butcher, ${serverKills} of the server, ${ended} backups ended; all is there`,
  )
}

function same(source: string, out: string): void {
  const compared = spawnSync('diff', ['-r', source, out], { encoding: 'utf8' })
  if (compared.status !== 0) fail(`${out} differs: ${compared.stdout.slice(0, 2000)}`)
}

console.log(`SEED=${seed}`)
for (const kind of servers) await killAt(kind)
