import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { cli, lastLine, program } from '../../cli/cli.ts'
import { takesAllRows } from '../../support/rows.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree } from '../../support/tree.ts'
import {
  burn,
  checkDiscs,
  chunkFiles,
  discFolders,
  passphrase,
  restored,
  scratchFolder,
  storedMembers,
} from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

const medium = '800KB'
let folder: string
let source: string
let destination: string
/** What a killed run leaves here is not the destination's. */
const temporary = path.join(scratch.folder, 'tmp')
fs.mkdirSync(temporary)

const inClear = ['secret-folder', 'secret-name', 'SECRET CONTENT', 'secret backup', 'secret source']

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(scratch.folder, 'crash-'))
  source = path.join(folder, 'secret source')
  destination = path.join(folder, 'dest')
  fs.mkdirSync(path.join(source, 'secret-folder'), { recursive: true })
  for (let i = 0; i < 12; i++) {
    const text = `SECRET CONTENT ${i}\n`.repeat(20)
    fs.writeFileSync(
      path.join(source, `secret-folder/secret-name-${i}`),
      text + noise(40_000, i).toString('latin1'),
    )
  }
  fs.writeFileSync(path.join(source, 'secret-name-large'), noise(700_000, 99))
})

const call = (...more: string[]): string[] => [
  'backup', source, destination, '--medium', medium, '--chunk-size', '80KB', '--passphrase', passphrase,
  '--name', 'secret backup', '--no-progress', ...more,
] // prettier-ignore

interface Ended {
  readonly status: number | null
  readonly stderr: string
}

/** Runs the command line and sends it `signal` when `when` says so of what it prints. */
async function stopped(
  args: readonly string[],
  signal: NodeJS.Signals,
  when: (child: ChildProcess, stop: () => void) => void,
): Promise<Ended> {
  const [command, ...before] = program as [string, ...string[]]
  const env = { ...process.env, TMPDIR: temporary }
  const child = spawn(command, [...before, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (piece: Buffer) => void (stderr += piece.toString()))
  child.stdout.resume()
  when(child, () => child.kill(signal))
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { status, stderr }
}

const filesBelow = (place: string): string[] =>
  (fs.readdirSync(place, { recursive: true, encoding: 'utf8' }) as string[]).filter((name) =>
    fs.lstatSync(path.join(place, name)).isFile(),
  )

/** Whether nothing that the set must not tell stands in clear in the destination. */
function checkNothingInClear(): void {
  for (const name of filesBelow(destination)) {
    const bytes = fs.readFileSync(path.join(destination, name))
    const found = inClear.filter((text) => name.includes(text) || bytes.includes(text))
    expect({ name, found }).toEqual({ name, found: [] })
    const isPlain = /(^|\/)(README\.txt|restore\.sh|SHA256SUMS|lock(\.\d+)?|probe\.\d+)(\.\d+)?$/.test(name)
    // Whatever else there is, also what is half written, begins as an OpenPGP message does.
    const isFine = isPlain || bytes.length === 0 || bytes[0] === 0xc3
    expect({ name, isFine }).toEqual({ name, isFine: true })
  }
}

/** The lengths of the chunks that have their final names. */
const chunkSizes = (): Record<string, number> =>
  Object.fromEntries(
    chunkFiles(discFolders(destination)).map((file) => [path.basename(file), fs.statSync(file).size]),
  )

test('killed again and again at any moment, the same command comes to its end', async () => {
  let kills = 0
  let chunks: Record<string, number> = {}
  for (let run = 0; run < (takesAllRows ? 8 : 4); run++) {
    // Each run is given a little more time, from before the first chunk to near the end.
    const { status } = await stopped(call(), 'SIGKILL', (_, stop) => {
      const timer = setInterval(() => {
        if (!fs.existsSync(destination)) return
        clearInterval(timer)
        setTimeout(stop, 20 + run * 40 + Math.random() * 60)
      }, 5)
    })
    if (status === 0) break
    kills++
    checkNothingInClear()
    // Nothing that was complete is made again, or another.
    const now = fs.existsSync(destination) ? chunkSizes() : {}
    expect(Object.keys(now).length).toBeGreaterThanOrEqual(Object.keys(chunks).length - 2)
    chunks = now
  }
  expect(kills).toBeGreaterThan(2)
  const last = cli(call())
  expect(last).toMatchObject({ status: 0, stderr: '' })
  checkNothingInClear()
  checkDiscs(discFolders(destination), medium)
  expect(fs.readdirSync(path.join(destination, '.butcher/journal'))).toEqual([])
  expect(fs.readdirSync(path.join(destination, '.butcher/new'))).toEqual([])
  expect(fs.existsSync(path.join(destination, '.butcher/lock'))).toBe(false)
  const out = path.join(folder, 'out')
  expect(await restored({ from: [destination], into: out, passphrase })).toEqual(describeTree(source))
  const members = storedMembers(chunkFiles(discFolders(destination)))
  const hashes = members.filter(({ type }) => type === 'file').map(({ sha256 }) => sha256)
  expect(new Set(hashes).size).toBe(hashes.length)
})

test('after SIGINT nothing is left half written', async () => {
  const chunks = path.join(destination, 'disc-0001/chunks')
  const { status, stderr } = await stopped(call('--jobs', '1', '--compress', 'bz2'), 'SIGINT', (_, stop) => {
    const timer = setInterval(() => {
      if (!fs.existsSync(chunks) || fs.readdirSync(chunks).length < 2) return
      clearInterval(timer)
      stop()
    }, 2)
  })
  expect(status).toBe(130)
  expect(lastLine(stderr)).toMatch(
    /^error: stopped: [\d.]+ .B of [\d.]+ MB are stored; run the same command to resume$/,
  )
  checkNothingInClear()
  expect(fs.readdirSync(path.join(destination, '.butcher/new'))).toEqual([])
  expect(fs.existsSync(path.join(destination, '.butcher/lock'))).toBe(false)
  const before = chunkSizes()
  expect(Object.keys(before).length).toBeGreaterThan(0)
  const shelf = path.join(folder, 'shelf')
  expect(cli(call())).toMatchObject({ status: 0, stderr: '' })
  expect(chunkSizes()).toMatchObject(before)
  checkDiscs(discFolders(destination), medium)
  burn(destination, shelf)
  const out = path.join(folder, 'out')
  expect(await restored({ from: [shelf, destination], into: out, passphrase })).toEqual(describeTree(source))
})

test('what a crash left between the steps of a chunk and of the end is put right', async () => {
  expect(cli(call()).status).toBe(0)
  const saved = path.join(folder, 'saved')
  fs.cpSync(destination, saved, { recursive: true })
  fs.appendFileSync(path.join(source, 'secret-name-large'), 'more')
  fs.writeFileSync(path.join(source, 'new'), noise(100_000, 7))
  expect(cli(call()).status).toBe(0)
  const second = path.join(folder, 'second')
  fs.renameSync(destination, second)

  // Between renaming a chunk and its journal record: the chunk is not known, and is taken away.
  fs.cpSync(saved, destination, { recursive: true })
  const known = chunkFiles(discFolders(saved)).length
  const strange = chunkFiles(discFolders(second))[known] as string
  const into = path.join(destination, path.relative(second, strange))
  fs.mkdirSync(path.dirname(into), { recursive: true })
  fs.writeFileSync(into, 'a chunk without a record')
  fs.writeFileSync(path.join(destination, '.butcher/new/00000099.tar.gpg'), 'half a chunk')
  expect(cli(call())).toMatchObject({ status: 0, stderr: '' })
  checkDiscs(discFolders(destination), medium)
  const out = path.join(folder, 'out')
  expect(await restored({ from: [destination], into: out, passphrase })).toEqual(describeTree(source))

  // The destination's catalog is older than what the discs say, and there is no journal: nothing is touched.
  fs.copyFileSync(path.join(saved, 'catalog.sqlite.bz2.gpg'), path.join(second, 'catalog.sqlite.bz2.gpg'))
  const before = filesBelow(second)
  const old = cli(call().map((word) => (word === destination ? second : word)))
  expect(old.status).toBe(1)
  expect(lastLine(old.stderr)).toMatch(/^error: .* does not fit .*, it is older or of another branch/)
  expect(filesBelow(second)).toEqual(before)
})

test('a catalog is older than the discs, and the backups since then stored no chunk', () => {
  expect(cli(call()).status).toBe(0)
  const catalog = path.join(destination, 'catalog.sqlite.bz2.gpg')
  const older = fs.readFileSync(catalog)
  fs.rmSync(path.join(source, 'secret-name-large'))
  expect(cli(call()).status).toBe(0)
  fs.writeFileSync(catalog, older)
  const before = filesBelow(destination)
  const refused = cli(call())
  expect(refused.status).toBe(1)
  expect(lastLine(refused.stderr)).toMatch(
    /^error: .* does not fit .*, it is older or of another branch of the set: \S+ ?\S* is not in it \(move /,
  )
  expect(filesBelow(destination)).toEqual(before)
  fs.rmSync(catalog)
  expect(cli(call())).toMatchObject({ status: 0, stderr: '' })
  expect(cli(['log', destination, '--passphrase', passphrase]).stdout.trim().split('\n')).toHaveLength(4)
})
