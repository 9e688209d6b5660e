/**
 * Kills a backup again and again, at random moments, and runs the same command again each time; when a backup
 * comes to its end before the kills are used up, the source is changed a little and the next backup is
 * killed. Kills fall into the start of a run, into the work on chunks, and into its end. After each kill
 * no name may be unencrypted, and every recorded chunk must be there, unchanged. At the end the set must be
 * sound, and its newest backup the source to the byte.
 *
 * KILLS (200), BYTES (3000000000), DISCS (6), SEED (random) by environment; works in TMPDIR, and takes some
 * three times BYTES.
 */

import { createCipheriv, createHash, randomInt } from 'node:crypto'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { tellsInClear, troublesOf } from '../test/support/check-set.ts'

const kills = Number(process.env['KILLS'] ?? 200)
const sourceBytes = Number(process.env['BYTES'] ?? 3e9)
const discs = Number(process.env['DISCS'] ?? 6)
const seed = process.env['SEED'] ?? String(randomInt(1e9))
const passphrase = 'correct horse'
const secrets = ['secret-folder', 'secret-name', 'SECRET CONTENT']

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-soak-'))
const source = path.join(work, 'source')
const destination = path.join(work, 'dest')
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }))
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => process.exit(1))

/** From 0 to 1, the same each time for one seed. */
const random = ((): (() => number) => {
  let drawn = 0
  return () => createHash('sha256').update(`${seed} ${drawn++}`).digest().readUInt32BE() / 2 ** 32
})()
const between = (low: number, high: number): number => low + random() * (high - low)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Bytes that do not compress, behind a line that would show in clear. */
function writeNoise(file: string, sizeBytes: number, name: string): void {
  const key = createHash('sha256').update(`${seed} ${name}`).digest()
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const piece = Buffer.alloc(1 << 20)
  const fd = fs.openSync(file, 'w')
  fs.writeSync(fd, `SECRET CONTENT of ${name}\n`)
  for (let left = sizeBytes; left > 0; left -= piece.length)
    fs.writeSync(fd, cipher.update(piece.subarray(0, Math.min(left, piece.length))))
  fs.closeSync(fd)
}

let made = 0
/** Files of some kB to some tenth of a disc, and some that compress. */
function plant(bytes: number): void {
  const largest = bytes / 12
  for (let left = bytes; left > 0;) {
    const size = Math.min(left, Math.ceil(2000 * (largest / 2000) ** random()))
    const folder = path.join(source, `secret-folder-${made % 7}`)
    fs.mkdirSync(folder, { recursive: true })
    writeNoise(path.join(folder, `secret-name-${made}`), size, String(made))
    if (made % 10 === 0) {
      const text = `SECRET CONTENT again ${made}\n`.repeat(2000)
      fs.writeFileSync(path.join(folder, `secret-name-${made}.txt`), text)
    }
    left -= size
    made++
  }
}

const filesOf = (folder: string): string[] => (fs.existsSync(folder) ? fs.readdirSync(folder) : [])
const journal = path.join(destination, '.butcher/journal')

/** The chunks under their final names, with what tells that a file is the same. */
function chunkFiles(): Map<string, string> {
  const found = new Map<string, string>()
  for (const disc of filesOf(destination).filter((name) => name.startsWith('disc-'))) {
    const folder = path.join(destination, disc, 'chunks')
    for (const name of filesOf(folder)) {
      const { ino, size, mtimeMs } = fs.statSync(path.join(folder, name))
      found.set(path.join(disc, 'chunks', name), `${ino} ${size} ${mtimeMs}`)
    }
  }
  return found
}

/** Chunks that a run has recorded: in the journal, or in a catalog, which is when the journal is empty. */
let recorded = new Map<string, string>()
function checkRecorded(): void {
  const now = chunkFiles()
  for (const [name, was] of recorded)
    if (now.get(name) !== was) throw new Error(`${name} was recorded, and is gone or another: seed ${seed}`)
  const records = new Set(filesOf(journal).map((name) => name.slice(0, 8)))
  for (const [name, is] of now) if (records.has(path.basename(name).slice(0, 8))) recorded.set(name, is)
}

/** Contents of chunks are looked at in the end: they are many. */
function checkClear(): void {
  const told = [
    ...tellsInClear(path.join(destination, '.butcher'), secrets),
    ...(fs.readdirSync(destination, { recursive: true, encoding: 'utf8' }) as string[]).filter((name) =>
      secrets.some((secret) => name.includes(secret)),
    ),
  ]
  if (told.length > 0) throw new Error(`in clear: ${told.join(', ')}: seed ${seed}`)
}

type Moment = 'start' | 'work' | 'end'
const moments: Record<Moment, number> = { start: 0, work: 0, end: 0 }

/** One run; true where it came to its end before the kill. */
async function run(moment: Moment | undefined): Promise<boolean> {
  const program = path.resolve(import.meta.dirname, '../bin/butcher.js')
  const words = [
    'backup', source, destination, '--medium', String(Math.ceil((sourceBytes / (discs - 0.5)) * 1.01)), '--chunk-size',
    String(Math.ceil(sourceBytes / 150)), '--compress', 'auto', '--quiet',
  ] // prettier-ignore
  const env = { ...process.env, BUTCHER_PASSPHRASE: passphrase, TMPDIR: temporary }
  const child = spawn(process.execPath, [program, ...words], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  const closed = new Promise<boolean>((resolve, reject) =>
    child.on('close', (status, signal) => {
      if (status === 0) resolve(true)
      else if (signal === 'SIGKILL' && isKilled) resolve(false)
      else reject(new Error(`butcher ended with ${status} ${signal}: ${stderr}: seed ${seed}`))
    }),
  )
  let isOver = false
  const over = closed.finally(() => (isOver = true))
  let isKilled = false
  const when = async (happens: () => boolean, more: number): Promise<void> => {
    while (!isOver && !happens()) await pause(5)
    await pause(more)
  }
  if (moment !== undefined) {
    const before = filesOf(journal).length
    const chunks = before + Math.ceil(between(0, 3))
    const catalog = fs.statSync(path.join(destination, 'catalog.sqlite.bz2.gpg'), { throwIfNoEntry: false })
    const isWritten = (): boolean =>
      filesOf(path.join(destination, '.butcher/new')).some((name) => name.includes('catalog')) ||
      fs.statSync(path.join(destination, 'catalog.sqlite.bz2.gpg'), { throwIfNoEntry: false })?.ino !==
        catalog?.ino
    const waits: Readonly<Record<Moment, () => Promise<void>>> = {
      start: () => pause(between(0, 1500)),
      work: () => when(() => filesOf(journal).length >= chunks || isWritten(), between(0, 400)),
      end: () => when(isWritten, between(0, 150)),
    }
    await Promise.race([waits[moment](), over])
    if (!isOver) {
      isKilled = true
      child.kill('SIGKILL')
    }
  }
  const ended = await closed
  if (!ended && moment !== undefined) moments[moment]++
  return ended
}

let temporary = ''
const started = Date.now()
console.log(`seed ${seed}: ${kills} kills in backups of ${sourceBytes} bytes over ${discs} discs`)
plant(sourceBytes)
let survived = 0
let backups = 1
for (let runs = 1; survived < kills; runs++) {
  // A machine that is made anew after each crash: nothing but the destination is left.
  temporary = fs.mkdtempSync(path.join(work, 'tmp-'))
  const draw = random()
  // A run that is let go to its end comes to all the chunks that are left: most of them have been killed by
  // then.
  const mayEnd = backups > 1 || recorded.size > 100
  const ended = await run(draw < 0.3 ? 'start' : draw < 0.8 || !mayEnd ? 'work' : 'end')
  fs.rmSync(temporary, { recursive: true, force: true })
  if (fs.existsSync(destination)) {
    checkRecorded()
    checkClear()
  }
  if (!ended) {
    survived++
    if (survived % 20 === 0)
      console.log(`${survived} kills, ${backups} backups, ${recorded.size} chunks recorded, ${seconds()} s`)
    continue
  }
  backups++
  recorded = chunkFiles()
  plant(sourceBytes / 40)
}
temporary = fs.mkdtempSync(path.join(work, 'tmp-'))
if (!(await run(undefined))) throw new Error(`the last run was killed: seed ${seed}`)
checkRecorded()
const staged = filesOf(destination).filter((name) => name.startsWith('disc-')).length
const into = path.join(work, 'out')
const troubles = await troublesOf({ destination, passphrase, source, secrets, into })
for (const trouble of troubles) console.error(trouble)
console.log(
  `${survived} kills survived (${moments.start} at the start, ${moments.work} at chunks, ${moments.end} at the end of a run) in ` +
    `${backups} backups, ${chunkFiles().size} chunks on ${staged} discs, ${seconds()} s; ` +
    `${troubles.length === 0 ? 'the set is sound and the source came back to the byte' : `${troubles.length} troubles`}: seed ${seed}`,
)
process.exit(troubles.length === 0 ? 0 : 1)

function seconds(): number {
  return Math.round((Date.now() - started) / 1000)
}
