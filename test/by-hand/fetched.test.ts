/**
 * A history of backups of several sources, some of which are away at times, on a remote of rclone: what
 * `rclone copy` fetches brings back every backup by hand.
 */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { backup } from '../../src/commands/backup/backup.ts'
import { differences } from '../support/plant-tree.ts'
import { noise } from '../support/sample-trees.ts'
import { program, tryProgram } from '../support/tree.ts'
import { handPath, harmful, plantStartupFiles, runBash, shortFolder } from './hand-tools.ts'
import { documentScript, readmeScripts } from './shell-blocks.ts'

const base = shortFolder()
const bin = handPath(path.join(base, 'bin'), ['sqlite3', 'setfattr'])
const passphrase = 'correct hörse'
afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

const everything = [
  'Preparations', 'Opening a chunk', 'The catalog', 'An older backup', 'Everything', 'Files in parts',
  'Links', 'Is it all there, and right?', 'Extended attributes and ACLs', 'Modes and times', 'Afterwards',
] // prettier-ignore

interface History {
  readonly destination: string
  /** The backups as they must come back, backup 1 first. */
  readonly states: readonly string[]
}

/** Five backups: edits, a source away, one that joins, one that leaves, and a single file. */
async function makeHistory(folder: string, secret: string | undefined): Promise<History> {
  const at = (name: string): string => path.join(folder, 'source', name)
  const write = (name: string, data: string | Uint8Array): void => {
    fs.mkdirSync(path.dirname(at(name)), { recursive: true })
    fs.writeFileSync(at(name), data)
  }
  const destination = path.join(folder, 'dest')
  const states: string[] = []
  const common = {
    destination,
    jobs: 1,
    medium: 'unlimited',
    chunkSizeBytes: 60_000,
    piecesFromBytes: 2_000_000,
  }
  const backUp = async (names: readonly string[]): Promise<void> => {
    await backup({
      ...common,
      source: names.map(at),
      ...(secret === undefined ? {} : { passphrase: secret }),
    })
    const state = path.join(folder, `state-${states.length + 1}`)
    fs.mkdirSync(state)
    for (const name of names) {
      const from = fs.existsSync(at(name)) ? at(name) : path.join(states.at(-1) as string, name)
      program('cp', ['-a', from, state])
    }
    states.push(state)
  }
  const disk = Buffer.concat([noise(1 << 20, 1), Buffer.alloc(1 << 20), noise(1 << 20, 2)])
  write('photos/2025/a.jpg', noise(50_000, 3))
  write('photos/film.mp4', noise(200_000, 4))
  write('photos/disk.img', disk)
  write("letters/odd 'name\nof two lines", 'x')
  fs.linkSync(at('photos/2025/a.jpg'), at('photos/hard'))
  fs.symlinkSync('../photos', at('letters/link'))
  await backUp(['photos', 'letters'])
  write('letters/new.txt', 'new\n')
  disk[5] = (disk[5] as number) ^ 1
  write('photos/disk.img', disk)
  fs.renameSync(at('photos/film.mp4'), at('photos/2025/film.mp4'))
  await backUp(['photos', 'letters'])
  fs.renameSync(at('photos'), at('away'))
  write('letters/new.txt', 'newer\n')
  await backUp(['photos', 'letters'])
  fs.renameSync(at('away'), at('photos'))
  write('note.txt', 'note\n')
  await backUp(['photos', 'letters', 'note.txt'])
  await backUp(['letters', 'note.txt'])
  return { destination, states }
}

test.each([undefined, passphrase])('fetched from a remote, with the passphrase %s', async (secret) => {
  const folder = path.join(base, secret === undefined ? 'open' : 'locked')
  fs.mkdirSync(folder)
  const { destination, states } = await makeHistory(folder, secret)
  const remote = `:crypt,remote=${path.join(folder, 'remote')},password=${obscured('remote')}:set`
  const fetched = path.join(folder, 'fetched')
  for (const [from, to] of [
    [destination, remote],
    [remote, fetched],
  ] as const)
    program('rclone', ['--config', '/dev/null', 'copy', from, to])
  const disc = path.join(fetched, 'disc-0001')
  const home = path.join(folder, 'home')
  fs.mkdirSync(home)
  plantStartupFiles(home)
  fs.symlinkSync(fetched, path.join(home, 'discs'))
  if (secret !== undefined) fs.writeFileSync(path.join(home, 'passphrase.txt'), `${secret}\n`)
  const env = { ...harmful, HOME: home, ...(secret === undefined ? {} : { BUTCHER_PASSPHRASE: secret }) }

  for (const [index, state] of states.entries()) {
    const number = String(index + 1)
    const target = path.join(folder, `script-${number}`)
    const script = runBash(bin, [path.join(disc, 'restore.sh'), '--at', number, target], { env })
    expect(script).toMatchObject({ status: 0 })
    expect(insideOnly(differences(state, target))).toEqual([])
    const commands = documentScript(everything)
      .replace('BACKUP=2', `BACKUP=${number}`)
      .replaceAll('restored-2', `restored-${number}`)
    const done = runBash(bin, ['-c', commands], { cwd: home, env })
    expect(done).toMatchObject({ status: 0, stderr: '' })
    expect(done.stdout).not.toMatch(/not sound|not right|damaged|FAILED/)
    expect(insideOnly(differences(state, path.join(home, `restored-${number}`), '-rlptHDAXJnc'))).toEqual([])
  }
  const readme = readmeScripts(fs.readFileSync(path.join(disc, 'README.txt'), 'utf8'))
  const all = `${readme.get('WHAT IS NEEDED') ?? ''}${readme.get('EVERYTHING BACK, BY THE SCRIPT') as string}`
  expect(runBash(bin, ['-e', '-c', all], { cwd: disc, env })).toMatchObject({ status: 0 })
  expect(insideOnly(differences(states.at(-1) as string, path.join(home, 'restored')))).toEqual([])
})

/** rclone takes passwords only in this form. */
function obscured(password: string): string {
  const run = tryProgram('rclone', ['obscure', password])
  if (run.status !== 0) throw new Error(`rclone is not installed (apt-get install rclone): ${run.stderr}`)
  return run.stdout.toString().trim()
}

/** Without the folder around the sources, which is nobody's. */
const insideOnly = (lines: string): string[] =>
  lines.split('\n').filter((line) => line !== '' && !/^\.d\S+ \.\/$/.test(line))
