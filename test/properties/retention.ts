/** Plays a history of backups, forgets and prunes, and checks that every backup that is left comes back. */

import Database from 'better-sqlite3'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  backup as makeBackup,
  forget,
  log,
  type LoggedBackup,
  pin,
  prune,
  rebuild,
  unpin,
} from '../../src/index.ts'
import { decryptByGpg, restored } from '../support/backup-set.ts'
import { troublesOf } from '../support/check-set.ts'
import type { FaultOptions, FaultRun } from '../support/faults/faults.ts'
import { program, tryProgram } from '../support/tree.ts'
import { doEdit } from './edits.ts'
import { compareAll, describe } from './live.ts'
import type { PruneSummary } from '../../src/index.ts'
import { type Action, churned, type History, type Kill } from './retention-arbitraries.ts'
import { noise } from '../support/sample-trees.ts'

const passphrase = 'correct horse'
const reader = path.join(import.meta.dirname, '../independent-reader/read.py')

/** A call of butcher: its words, to kill it in a process of its own, and the same here, which is faster. */
interface Call {
  readonly words: readonly string[]
  readonly run: () => Promise<unknown>
}

export type FaultyCli = (args: readonly string[], options: FaultOptions) => FaultRun

/** How often each thing was done, of all histories of a run. */
export const done: Record<string, number> = {}

/** The most room that was left after a prune, by the room of the live contents. */
export const worst = { room: 1 }

const count = (what: string): void => void (done[what] = (done[what] ?? 0) + 1)

/** Rejects with what was done, in words, and what is wrong. */
export async function playRetention(history: History, faulty: FaultyCli): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'retention-'))
  const cacheBefore = process.env['XDG_CACHE_HOME']
  process.env['XDG_CACHE_HOME'] = path.join(folder, 'cache')
  const player = new Player(history, folder, faulty)
  try {
    for (const action of history.actions) await player.act(action)
    await player.checkEverything()
    count(history.isRemote ? 'histories on a remote' : 'histories on a folder')
  } catch (error) {
    const { message, stack } = error as Error
    throw new Error(`${message}\nafter:\n${player.told.join('\n')}\n${stack}`, { cause: error })
  } finally {
    if (cacheBefore === undefined) delete process.env['XDG_CACHE_HOME']
    else process.env['XDG_CACHE_HOME'] = cacheBefore
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

class Player {
  readonly told: string[]
  readonly #history: History
  readonly #folder: string
  readonly #faulty: FaultyCli
  readonly #source: string
  /** The folder of the set, and its name for butcher. */
  readonly #set: string
  readonly #place: string
  readonly #secret: { readonly passphrase?: string }
  readonly #at: { readonly destination: string; readonly passphrase?: string }
  /** The tree of each complete backup that is there. */
  readonly #states = new Map<number, string[]>()
  #rows: readonly LoggedBackup[] = []
  #mayPrune = false

  constructor(history: History, folder: string, faulty: FaultyCli) {
    const { isRemote, encrypted, hash, options } = history
    this.#history = history
    this.#folder = folder
    this.#faulty = faulty
    this.#source = path.join(folder, 'source')
    this.#set = path.join(folder, 'place/set')
    this.#place = isRemote ? `rclone::local:${this.#set}` : this.#set
    this.#secret = encrypted ? { passphrase } : {}
    this.#at = { destination: this.#place, ...this.#secret }
    this.told = [
      `${this.#place}, ${encrypted ? 'encrypted' : 'not encrypted'}, ${hash}, ${JSON.stringify(options)}`,
    ]
    for (const name of ['source', 'place', 'cache']) fs.mkdirSync(path.join(folder, name))
    fs.writeFileSync(path.join(folder, 'secret'), `${passphrase}\n`)
  }

  async act(action: Action): Promise<void> {
    switch (action.do) {
      case 'backup':
        return this.#backUp(action)
      case 'forget': {
        const complete = this.#rows.filter(({ finished }) => finished !== null)
        const last = complete.filter(({ forgotten }) => forgotten === null).at(-1)?.backup
        const numbers = complete
          .filter((row) => row.forgotten === null && !row.pinned && row.backup !== last)
          .map(({ backup: number }) => number)
          .filter((_, i) => (action.pick >> (i % 8)) & 1)
        return this.#mark('forget', '--backup', numbers, action, () =>
          forget({ ...this.#at, backups: numbers }),
        )
      }
      case 'undo': {
        const gone = this.#rows.filter(({ forgotten }) => forgotten !== null).map((row) => row.backup)
        const numbers = gone.slice(0, action.pick % 3)
        return this.#mark('forget', '--undo', numbers, action, () => forget({ ...this.#at, undo: numbers }))
      }
      case 'pin': {
        const there = this.#rows.filter((row) => row.forgotten === null && row.finished !== null)
        const row = there[action.pick % Math.max(1, there.length)]
        if (row === undefined) return
        const [verb, call] = row.pinned ? (['unpin', unpin] as const) : (['pin', pin] as const)
        return this.#mark(verb, '', [row.backup], action, () => call({ ...this.#at, backups: [row.backup] }))
      }
      case 'prune':
        return this.#prune(action.kill)
    }
  }

  async #backUp({ edits, churn, kill }: Action & { readonly do: 'backup' }): Promise<void> {
    const { hash, options } = this.#history
    this.#churn(churn)
    for (const edit of edits) {
      try {
        const line = doEdit(this.#source, edit, options.chunkSizeBytes as number)
        if (line !== undefined) this.told.push(`  ${line}`)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw error
      }
    }
    const { chunkSizeBytes, compress, piecesFromBytes = 0 } = options
    const words = [
      'backup',
      this.#source,
      this.#place,
      '--medium',
      'unlimited',
      '--hash',
      hash,
      '--jobs',
      '1',
    ]
    words.push(`--chunk-size=${chunkSizeBytes}`, `--compress=${compress}`)
    if (piecesFromBytes > 0) words.push(`--pieces=${piecesFromBytes}`)
    const run = (): Promise<unknown> =>
      makeBackup({ source: this.#source, ...this.#at, medium: 'unlimited', hash, jobs: 1, ...options })
    if (await this.#run({ words, run }, kill)) {
      await this.#sync()
      if (kill?.isRepeated === false && this.#states.size > 0) await this.#prune(undefined)
      await this.#run({ words, run }, undefined)
    }
    count('backups')
    await this.#sync()
  }

  #churn(bits: number): void {
    const turn = this.told.length
    for (let i = 0; i < churned; i++) {
      if (((bits >> i) & 1) === 0) continue
      const file = path.join(this.#source, `small-${i}`)
      // An edit may have put a folder or a pipe there.
      fs.rmSync(file, { recursive: true, force: true })
      fs.writeFileSync(file, noise(4000, 100 * turn + i))
    }
  }

  /** Pins and forgets. If one was killed, it may have done its work. */
  async #mark(
    verb: string,
    option: string,
    numbers: readonly number[],
    { kill }: Action,
    run: () => Promise<unknown>,
  ): Promise<void> {
    if (numbers.length === 0) return
    const given = numbers.flatMap((number) => (option === '' ? [`${number}`] : [option, `${number}`]))
    const isKilled = await this.#run({ words: [verb, this.#place, ...given], run }, kill)
    await this.#sync()
    if (!isKilled) count(verb)
  }

  async #prune(kill: Kill | undefined): Promise<void> {
    if (this.#states.size === 0) return
    this.#mayPrune = true
    const run = (): Promise<PruneSummary> => prune(this.#at)
    const isKilled = kill !== undefined && (await this.#run({ words: ['prune', this.#place], run }, kill))
    if (!isKilled || kill.isRepeated) {
      const summary = await run()
      const { chunksDropped, chunksRewritten, reason } = summary
      this.told.push(
        `prune: dropped ${chunksDropped.join(' ')}, rewritten ${chunksRewritten.join(' ')}, ${reason}`,
      )
      count('prunes')
      if (chunksRewritten.length > 0) count('prunes that rewrote chunks')
      await this.#sync()
      this.#checkPruned(reason === null)
    } else await this.#sync()
    const there = this.#visible()
    const some = there[this.told.length % Math.max(1, there.length)]
    if (some !== undefined) await this.#checkByButcher(some)
  }

  /** Runs a command; whether it was killed. Throws if it fails by itself. */
  async #run({ words, run }: Call, kill: Kill | undefined): Promise<boolean> {
    const told = [words[0], ...words.slice(2)].join(' ')
    this.told.push(told)
    if (kill === undefined) {
      await run()
      return false
    }
    const env = { XDG_CACHE_HOME: path.join(this.#folder, 'cache'), ...this.#environment() }
    const below = this.#history.isRemote ? env.XDG_CACHE_HOME : this.#set
    const { signal, status, stderr } = this.#faulty(words, {
      below,
      at: kill.at,
      fault: kill.isAfter ? 'kill-after' : 'kill',
      env,
    })
    if (signal === null) {
      if (status !== 0) throw new Error(`${told}: ${status} ${stderr}`)
      return false
    }
    this.told.push(`  killed at ${kill.at}`)
    count('kills')
    if (this.#history.isRemote) {
      // Its rclone may still do what it was told.
      while (rclonesOf(this.#set).length > 0) await sleep(10)
      // The catalog here may be newer than that in the store, where readers look: the same command sends it.
      if (words[0] !== 'backup') await run()
    }
    return true
  }

  #environment(): Record<string, string> {
    return this.#history.encrypted ? { BUTCHER_PASSPHRASE: passphrase } : {}
  }

  /** Looks which backups are there. A new one is of the source as it is now. */
  async #sync(): Promise<void> {
    let rows: readonly LoggedBackup[]
    try {
      rows = await log({ from: [this.#place], forgotten: true, ...this.#secret })
    } catch (error) {
      // The first backup was killed.
      if (this.#states.size > 0) throw error
      return
    }
    const there = new Set(rows.map(({ backup }) => backup))
    const forgotten = new Set(this.#rows.filter((row) => row.forgotten !== null).map(({ backup }) => backup))
    for (const number of this.#states.keys()) {
      if (there.has(number)) continue
      if (!this.#mayPrune || !forgotten.has(number)) throw new Error(`backup ${number} is gone`)
      this.#states.delete(number)
    }
    for (const { backup, finished } of rows)
      if (finished !== null && !this.#states.has(backup)) this.#states.set(backup, describe(this.#source))
    this.#rows = rows
  }

  #visible(): number[] {
    const shown = this.#rows.filter(({ forgotten, finished }) => forgotten === null && finished !== null)
    return shown.map(({ backup }) => backup)
  }

  /** After a prune: nothing forgotten is left, every chunk is needed, and little room is wasted. */
  #checkPruned(isDone: boolean): void {
    const left = this.#rows.filter(({ forgotten }) => forgotten !== null)
    if (left.length > 0) throw new Error(`backup ${left[0]?.backup} is forgotten and still there`)
    const file = path.join(this.#set, 'catalog.sqlite')
    const plain = this.#history.encrypted
      ? program('bzip2', ['-dc'], { input: decryptByGpg(fs.readFileSync(`${file}.bz2.gpg`), passphrase) })
      : fs.readFileSync(file)
    const db = new Database(plain)
    try {
      db.exec('CREATE TABLE IF NOT EXISTS piece(content, part, count, stored)') // a copy in memory
      const rows = db.prepare(roomQuery).all() as {
        number: number
        name: string
        bytes: number
        tar: number
        live: number
      }[]
      const checkpoint = Number(
        db.prepare("SELECT value FROM meta WHERE key = 'checkpoint'").pluck().get() ?? 0,
      )
      const chunks = rows.filter(({ number }) => number !== checkpoint)
      const folder = path.join(this.#set, 'disc-0001/chunks')
      // A remote makes a folder with its first file.
      const files = fs.existsSync(folder) ? fs.readdirSync(folder) : []
      if (
        files.sort().join() !==
        rows
          .map(({ name }) => name)
          .sort()
          .join()
      )
        throw new Error(`the chunks are ${files.join(' ')}, not those of the catalog`)
      const dead = chunks.filter(({ live, bytes }) => live === 0 && bytes > 0)
      if (isDone && dead.length > 0)
        throw new Error(`no backup needs ${dead.map(({ name }) => name).join(' ')}`)
      const room = chunks.reduce((sum, { bytes }) => sum + bytes, 0)
      const live = chunks.reduce((sum, { bytes, tar, live: some }) => sum + (tar && (bytes * some) / tar), 0)
      const old = rows.find(({ number }) => number === checkpoint)?.bytes ?? 0
      if (room > 1.5 * live + old)
        throw new Error(`room ${room}, live ${Math.round(live)}, checkpoint ${old}`)
      if (live > 0) worst.room = Math.max(worst.room, room / live)
    } finally {
      db.close()
    }
  }

  async #checkByButcher(number: number): Promise<void> {
    const out = path.join(this.#folder, 'out')
    await restored({ from: [this.#place], into: out, at: String(number), ...this.#secret })
    this.#compare(number, 'butcher', out)
  }

  #compare(number: number, by: string, out: string): void {
    compareAll(`backup ${number} by ${by}`, this.#states.get(number) as string[], describe(out))
    fs.rmSync(out, { recursive: true })
    count('restores')
  }

  async checkEverything(): Promise<void> {
    await this.act({ do: 'forget', pick: this.#history.lastPick, kill: undefined })
    await this.#prune(undefined)
    if (!this.#history.isRemote) {
      const troubles = await troublesOf({ destination: this.#set, ...this.#secret })
      if (troubles.length > 0) throw new Error(troubles.join('\n'))
    }
    const catalog = path.join(this.#folder, 'rebuilt')
    const rebuilt = await rebuild({ from: [this.#set], catalog, ...this.#secret })
    if (!rebuilt.complete) throw new Error(`rebuilt without chunks ${rebuilt.missingChunks.join(' ')}`)
    // No chunk tells of a newer backup that made none.
    const told = this.#rows.findLast(({ chunks }) => chunks > 0)?.backup ?? 0
    const left = await log({ from: [this.#set], index: catalog, forgotten: true, ...this.#secret })
    const unwanted = left.filter(({ backup: number }) => !this.#visible().includes(number))
    if (unwanted.length > 0) throw new Error(`the chunks still tell of backup ${unwanted[0]?.backup}`)
    const out = path.join(this.#folder, 'out')
    for (const number of this.#visible()) {
      await this.#checkByButcher(number)
      // From the catalog or from the chunks alone, by turns.
      const more = number <= told && number % 2 === told % 2 ? ['--chunks-only'] : []
      const secret = this.#history.encrypted ? ['--passphrase-file', path.join(this.#folder, 'secret')] : []
      const args = [reader, ...secret, ...more, '--at', String(number), this.#set, out]
      const run = tryProgram('python3', args)
      if (run.status !== 0)
        throw new Error(`the independent reader ${more.join()}, backup ${number}: ${run.stderr}`)
      this.#compare(number, `the independent reader ${more.join()}`, out)
      if (number > told) continue
      await restored({ from: [this.#set], index: catalog, into: out, at: String(number), ...this.#secret })
      this.#compare(number, 'butcher with the rebuilt catalog', out)
    }
  }
}

/** The processes of rclone that work in the store `folder`, without those of this process. */
function rclonesOf(folder: string): string[] {
  return fs.readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const isRclone = fs.readFileSync(`/proc/${pid}/comm`, 'utf8') === 'rclone\n'
      const parent = Number(
        fs
          .readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) \S /s, '')
          .split(' ')[0],
      )
      return (
        isRclone && parent !== process.pid && fs.readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder)
      )
    } catch {
      return false // it has ended
    }
  })
}

/** The bytes of each chunk, of the members in it, and of those that an entry or a list of pieces needs. */
const roomQuery = `WITH needed(id) AS (
    SELECT content FROM entry WHERE content IS NOT NULL
    UNION SELECT s.id FROM piece p JOIN content s ON s.id BETWEEN p.stored AND p.stored + p.count - 1
    UNION SELECT content FROM unfinished),
  member(chunk, id, size) AS (
    SELECT chunk, id, size FROM content WHERE chunk > 0 UNION ALL SELECT chunk, content, size FROM part)
  SELECT c.number, replace(c.name, rtrim(c.name, replace(c.name, '/', '')), '') AS name, c.bytes,
    coalesce(sum((m.size + 511) / 512 * 512 + 512), 0) AS tar,
    coalesce(sum(((m.size + 511) / 512 * 512 + 512) * (m.id IN (SELECT id FROM needed))), 0) AS live
  FROM chunk c LEFT JOIN member m ON m.chunk = c.number GROUP BY c.number`
