/** The rounds of `npm run test:hosts`, see hosts.sh. */

import { type ChildProcess, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tellsInClear, troublesOf } from '../../test/support/check-set.ts'
import { noise } from '../../test/support/sample-trees.ts'
import { type Host, makeNetwork } from './network.ts'

const rounds = Number(process.env['ROUNDS'] ?? 100)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const butcher = [process.execPath, path.resolve('bin/butcher.js')]
/** A worker that is silent for so long loses its job. */
const lostAfterSeconds = 2
/** A run without any message, chunk or end for so long hangs. */
const mostSilentMs = 300_000
const passphrase = 'three hosts, one set'

let state = seed
/** Repeats with the seed. */
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

const events = [
  'kill worker', 'kill worker', 'kill redis', 'kill redis and its data', 'kill writer', 'cut shortly',
  'cut for long', 'stop worker',
] as const // prettier-ignore
type Happening = (typeof events)[number]

interface Plan {
  readonly isEncrypted: boolean
  readonly medium: string
  /** Both from the start: the second worker has no room, or a bad link. */
  readonly isFull: boolean
  readonly isSlow: boolean
  readonly happenings: readonly { readonly what: Happening; readonly afterMs: number }[]
}

const makePlan = (): Plan => ({
  isEncrypted: random(2) === 0,
  medium: random(3) === 0 ? '3MB' : 'unlimited',
  isFull: random(5) === 0,
  isSlow: random(4) === 0,
  happenings: Array.from({ length: 1 + random(3) }, () => ({
    what: events[random(events.length)] as Happening,
    afterMs: 1500 + random(8000),
  })),
})

/** Text that takes time to compress, some copies, links, an empty file and a file of several chunks. */
function plantSource(folder: string): void {
  for (let i = 0; i < 120; i++) {
    const words = noise(20_000 + random(120_000), seed + random(1e6)).toString('base64')
    fs.mkdirSync(path.join(folder, `hush-${i % 7}`), { recursive: true })
    fs.writeFileSync(path.join(folder, `hush-${i % 7}`, `hush-${i}.txt`), words)
  }
  fs.writeFileSync(path.join(folder, 'hush-large'), noise(1_500_000, random(1e6)))
  fs.copyFileSync(path.join(folder, 'hush-large'), path.join(folder, 'hush-copy'))
  fs.linkSync(path.join(folder, 'hush-large'), path.join(folder, 'hush-link'))
  fs.symlinkSync('hush-large', path.join(folder, 'hush-symlink'))
  fs.writeFileSync(path.join(folder, 'hush-empty'), '')
}

const signal = (child: ChildProcess | undefined, name: NodeJS.Signals): void => {
  try {
    if (child?.pid !== undefined) process.kill(-child.pid, name)
  } catch {
    // It has ended.
  }
}

async function end(child: ChildProcess | undefined, name: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  signal(child, 'SIGCONT')
  signal(child, name)
  await gone
}

class Round {
  readonly #folder: string
  readonly #hosts: readonly Host[]
  readonly #plan: Plan
  readonly #library: string
  readonly #log: number
  #redis: ChildProcess | undefined
  #link: ChildProcess | undefined
  readonly #workers: (ChildProcess | undefined)[] = [undefined, undefined]
  #writer: ChildProcess | undefined
  #isOver = false
  /** The happenings that came before the end. */
  readonly happened: Happening[] = []

  constructor(folder: string, hosts: readonly Host[], plan: Plan, library: string) {
    this.#folder = folder
    this.#hosts = hosts
    this.#plan = plan
    this.#library = library
    this.#log = fs.openSync(this.#at('log'), 'a')
    for (const name of ['source', 'redis', 'dest', 'there', 'there/source', 'there/dest'])
      fs.mkdirSync(this.#at(name))
    plantSource(this.#at('source'))
    for (const name of ['source', 'dest'])
      execFileSync('mount', ['--bind', this.#at(name), this.#at(`there/${name}`)])
    fs.writeFileSync(this.#at('key'), Buffer.alloc(32, seed % 256).toString('base64'), { mode: 0o600 })
  }

  #at(name: string): string {
    return path.join(this.#folder, name)
  }

  /** Returns the faults that it found. */
  async run(): Promise<string[]> {
    try {
      this.#startRedis()
      if (this.#plan.isSlow) this.#startLink()
      this.#startWorker(0)
      this.#startWorker(1)
      const disturbing = Promise.all(this.#plan.happenings.map((one) => this.#happen(one)))
      const troubles = await this.#write()
      this.#isOver = true
      await disturbing
      for (const [i, worker] of this.#workers.entries()) {
        await end(worker, 'SIGTERM')
        if (worker?.exitCode !== 0)
          troubles.push(`worker ${i} ended with ${worker?.exitCode ?? worker?.signalCode}`)
      }
      return [...troubles, ...(await this.#check())]
    } finally {
      await this.stop()
      fs.closeSync(this.#log)
    }
  }

  /** Ends all programs, and unmounts. */
  async stop(): Promise<void> {
    this.#isOver = true
    const children = [...this.#workers, this.#writer, this.#link, this.#redis]
    await Promise.all(children.map((child) => end(child, 'SIGKILL')))
    for (const name of ['source', 'dest']) execFileSync('umount', [this.#at(`there/${name}`)])
  }

  #start(host: number, words: readonly string[], env?: NodeJS.ProcessEnv): ChildProcess {
    fs.writeSync(this.#log, `--- ${words.slice(0, 12).join(' ')}\n`)
    return (this.#hosts[host] as Host).start(words, ['ignore', this.#log, this.#log], env)
  }

  #startRedis(): void {
    const fixed = '--bind 0.0.0.0 --protected-mode no --save  --appendonly yes --port 6379'.split(' ')
    this.#redis = this.#start(0, ['redis-server', ...fixed, '--dir', this.#at('redis')])
  }

  #startLink(): void {
    const script = path.join(import.meta.dirname, 'slow-link.ts')
    const target = (this.#hosts[0] as Host).address
    this.#link = this.#start(2, [process.execPath, script, '6400', target, '6379', '100', '3'])
  }

  /** The second worker sees source and destination elsewhere. */
  #startWorker(i: number): void {
    const isSecond = i === 1
    const { isFull, isSlow, isEncrypted } = this.#plan
    const url = isSecond && isSlow ? 'redis://127.0.0.1:6400' : `redis://${(this.#hosts[0] as Host).address}`
    const maps = ['source', 'dest'].flatMap((name) => [
      '--source-map',
      `${this.#at(name)}=${this.#at(`there/${name}`)}`,
    ])
    const faults = {
      LD_PRELOAD: this.#library,
      FAULTS_BELOW: this.#at('there/dest'),
      FAULTS_AT: '2',
      FAULTS_DO: 'full',
    }
    const words = [
      ...butcher, 'worker', '--queue', url, '--jobs', '1', '--lost-after', String(lostAfterSeconds),
      ...(isEncrypted ? ['--worker-key', this.#at('key')] : []),
      ...(isSecond ? maps : []),
    ] // prettier-ignore
    // A worker that starts while Redis is away ends: it is started again, as a service would be.
    const worker = this.#start(i + 1, words, { ...process.env, ...(isSecond && isFull ? faults : {}) })
    this.#workers[i] = worker
    worker.on('exit', (status) => {
      if (this.#isOver || this.#workers[i] !== worker || status === 0) return
      setTimeout(() => !this.#isOver && this.#startWorker(i), 500)
    })
  }

  /** Runs the same command until it is done. It may fail while Redis is away. */
  async #write(): Promise<string[]> {
    const { isEncrypted, medium } = this.#plan
    const words = [
      ...butcher, 'backup', this.#at('source'), this.#at('dest'), '--queue', `redis://${(this.#hosts[0] as Host).address}`,
      '--medium', medium, '--chunk-size', '400kB', '--compress', 'bz2', '--no-progress',
      ...(isEncrypted ? ['--encrypt', '--worker-key', this.#at('key')] : ['--no-encrypt']),
    ] // prettier-ignore
    for (let tries = 0; tries < 30; tries++) {
      this.#writer = this.#start(0, words, { ...process.env, BUTCHER_PASSPHRASE: passphrase })
      const writer = this.#writer
      const hang = setInterval(() => {
        if (Date.now() - fs.statSync(this.#at('log')).mtimeMs > mostSilentMs) signal(writer, 'SIGKILL')
      }, 5000)
      const [status] = (await once(writer, 'exit')) as [number | null]
      clearInterval(hang)
      if (status === 0) return []
      if (status !== 1 && status !== null) return [`backup ended with ${status}`]
      await sleep(500)
    }
    return ['backup did not end well in 30 tries']
  }

  async #happen({ what, afterMs }: Plan['happenings'][number]): Promise<void> {
    await sleep(afterMs)
    if (this.#isOver) return
    fs.writeSync(this.#log, `--- ${what}\n`)
    this.happened.push(what)
    const i = afterMs % 2
    const host = this.#hosts[i + 1] as Host
    const worker = this.#workers[i]
    if (what === 'kill worker') await end(worker, 'SIGKILL')
    else if (what === 'kill writer') signal(this.#writer, 'SIGKILL')
    else if (what === 'stop worker') {
      signal(worker, 'SIGSTOP')
      await sleep(3000 * lostAfterSeconds)
      signal(worker, 'SIGCONT')
    } else if (what.startsWith('cut')) {
      host.link(false)
      await sleep(what === 'cut shortly' ? 800 : 3000 * lostAfterSeconds)
      host.link(true)
    } else {
      await end(this.#redis, 'SIGKILL')
      if (what === 'kill redis and its data') fs.rmSync(this.#at('redis'), { recursive: true })
      fs.mkdirSync(this.#at('redis'), { recursive: true })
      await sleep(1000)
      this.#startRedis()
    }
  }

  async #check(): Promise<string[]> {
    const { isEncrypted } = this.#plan
    const secrets = ['hush-', passphrase]
    const troubles = await troublesOf({
      destination: this.#at('dest'),
      source: this.#at('source'),
      into: this.#at('into'),
      ...(isEncrypted ? { passphrase, secrets } : {}),
    })
    return [...troubles, ...tellsInClear(this.#at('redis'), secrets)]
  }
}

async function main(): Promise<number> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-hosts-'))
  const library = path.join(folder, 'faults.so')
  const source = path.resolve('test/support/faults/faults.c')
  execFileSync('gcc', ['-O1', '-shared', '-fPIC', '-o', library, source, '-ldl'])
  const { hosts, remove } = makeNetwork(3)
  let bad = 0
  console.log(`${rounds} rounds, seed ${seed}`)
  let round: Round | undefined
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      void (round?.stop() ?? Promise.resolve()).finally(() => {
        remove()
        process.exit(1)
      })
    })
  try {
    for (let i = 1; i <= rounds; i++) {
      const at = path.join(folder, String(i))
      fs.mkdirSync(at)
      const plan = makePlan()
      round = new Round(at, hosts, plan, library)
      const troubles = await round.run()
      const told = [
        plan.isEncrypted ? 'encrypted' : 'plain', plan.medium, ...(plan.isFull ? ['no room'] : []),
        ...(plan.isSlow ? ['bad link'] : []), ...round.happened,
      ] // prettier-ignore
      console.log(`round ${i}: ${told.join(', ')}: ${troubles.length === 0 ? 'ok' : 'WRONG'}`)
      for (const trouble of troubles.slice(0, 10)) console.log(`  ${trouble}`)
      if (troubles.length === 0) fs.rmSync(at, { recursive: true })
      else bad++
    }
  } finally {
    remove()
  }
  console.log(
    bad === 0 ? `all ${rounds} rounds are right` : `${bad} of ${rounds} rounds are wrong: ${folder}`,
  )
  if (bad === 0) fs.rmSync(folder, { recursive: true })
  return bad === 0 ? 0 : 1
}

process.exitCode = await main()
