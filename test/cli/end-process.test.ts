/** A command ends with its status, whatever V8's threads are doing, and leaves the pipes as it found them. */

import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { passphrase, runBackup, scratchFolder } from '../support/backup-set.ts'
import { rows } from '../support/rows.ts'
import { noise } from '../support/sample-trees.ts'
import { tryProgram } from '../support/tree.ts'
import { program } from './cli.ts'

const scratch = scratchFolder()
const at = (...names: string[]): string => path.join(scratch.folder, ...names)
const destination = at('dest')
const disc = at('dest', 'disc-0001')
const joinForever = at('join-forever.so')
/** Long enough for a busy machine: it is reached by a process that hangs, and by no other. */
const patienceMs = 900_000

beforeAll(async () => {
  const source = path.join(import.meta.dirname, '../support/faults/join-forever.c')
  const built = tryProgram('gcc', ['-shared', '-fPIC', '-o', joinForever, source, '-ldl'])
  if (built.status !== 0) throw new Error(`gcc failed (apt-get install gcc libc6-dev): ${built.stderr}`)
  fs.mkdirSync(at('source'))
  for (let i = 0; i < 3; i++) fs.writeFileSync(at('source', `file-${i}`), noise(200_000, i))
  for (let i = 0; i < 2; i++) {
    fs.writeFileSync(at('source', 'changing'), `state ${i}`)
    await runBackup({ source: at('source'), destination, passphrase, medium: '20MB' })
  }
})
afterAll(scratch.remove)

function runJoining(words: readonly string[], timeout: number): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(words[0] as string, words.slice(1), {
    env: { ...process.env, LD_PRELOAD: joinForever, BUTCHER_PASSPHRASE: passphrase },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
    killSignal: 'SIGKILL',
  })
  return { status, stderr }
}

test('process.exit hangs where a thread of V8 does not end', () => {
  expect(
    runJoining([process.execPath, '-e', 'setTimeout(() => process.exit(0), 100)'], 3000).status,
  ).toBeNull()
})

const kinds: [status: number, words: string[]][] = [
  [0, ['--version']],
  [0, ['--help']],
  [0, ['restore', '--help']],
  [2, ['bakup']],
  [2, ['list']],
  [10, ['list', at('nowhere')]],
  [0, ['completion', 'bash']],
  [0, ['doctor']],
  [0, ['backup', at('source'), destination]],
  [0, ['backup', at('source'), destination, '--dry-run']],
  [0, ['log', destination]],
  [0, ['list', destination, '--json']],
  [0, ['find', destination, 'changing']],
  [0, ['diff', destination, '1', '2']],
  [0, ['discs', destination]],
  [0, ['verify', disc]],
  [0, ['restore', destination, at('out')]],
  [0, ['restore', destination, at('out-planned'), '--plan']],
  [0, ['rebuild', disc, at('rebuilt.sqlite')]],
  [0, ['label', destination, '--out', at('labels.pdf')]],
  [0, ['index', destination, at('index.html')]],
  [0, ['iso', destination]],
]

/**
 * One for each way to end: at once, after a usage error, without and with a catalog, threads, programs and a
 * pipe.
 */
const few = [0, 3, 5, 8, 11, 15, 16, 19]

test.each(rows(kinds, few))('with status %i: %j', (status, words) => {
  const ended = runJoining([...program, ...words], patienceMs)
  expect([ended.status, ended.stderr]).toEqual([status, expect.any(String)])
})

test('the pipes stay as the next command of a script wants them', () => {
  const isBlocking =
    'import fcntl, os; print([fcntl.fcntl(f, fcntl.F_GETFL) & os.O_NONBLOCK for f in (0, 1, 2)])'
  const script = `(${program.join(' ')} list ${destination} --passphrase '${passphrase}' | head -1; ${program.join(' ')} --version; python3 -c '${isBlocking}') 2>&1 | cat`
  const { stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8', input: 'a pipe' })
  expect(stdout).toContain('[0, 0, 0]')
})

test('what is killed leaves no catalog in the folder for temporary files', async () => {
  const temporary = at('tmp')
  fs.mkdirSync(temporary)
  const [command, ...before] = program as [string, ...string[]]
  const words = ['backup', at('source'), at('dest-killed'), '--passphrase', passphrase, '--no-progress']
  const child = spawn(command, [...before, ...words], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => child.on('close', resolve))
  const entries = (): string[] => fs.readdirSync(temporary)
  const isWatched = (): boolean =>
    entries().some((name) => fs.existsSync(path.join(temporary, name, 'catalog.sqlite')))
  while (!isWatched()) await new Promise((resolve) => setTimeout(resolve, 5))
  child.kill('SIGKILL')
  await ended
  while (entries().length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
})

test('the second signal ends a process that hears nothing any more', async () => {
  const stop = path.resolve(import.meta.dirname, '../../src/cli/stop.ts')
  fs.writeFileSync(
    at('deaf.mjs'),
    `import { listenForStop } from ${JSON.stringify(stop)}
    const { signal } = listenForStop({ quiet: true, pause() {}, tell() {} }, false)
    signal.addEventListener('abort', () => setTimeout(() => { process.stdout.write('deaf'); for (;;); }, 1500))
    setInterval(() => {}, 1000)
    process.stdout.write('ready')`,
  )
  const child = spawn(process.execPath, [at('deaf.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout.on('data', () => child.kill('SIGTERM')) // once when it is ready, once when it is deaf
  const ended = await new Promise((resolve) => child.on('close', (_status, signal) => resolve(signal)))
  expect(ended).toBe('SIGTERM')
})

test.each(['--passphrase-file', '--private-key'])(
  'a second signal ends a run that waits for %s',
  async (option) => {
    const pipe = at(`pipe${option}`)
    tryProgram('mkfifo', [pipe])
    const [command, ...before] = program as [string, ...string[]]
    const child = spawn(command, [...before, 'list', destination, option, pipe], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = new Promise((resolve) => child.on('close', () => resolve('ended')))
    const signals = setInterval(() => child.kill('SIGTERM'), 300)
    expect(await ended).toBe('ended')
    clearInterval(signals)
  },
)
