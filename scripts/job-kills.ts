/**
 * Kills the daemon, a run, or its backup at random moments, while jobs are due and started by hand: `npm run
 * test:job-kills`. Afterwards no run is there twice, none is forgotten, no set is damaged, and no row says
 * `running`. The environment sets KILLS and SEED.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'

const kills = Number(process.env['KILLS'] ?? 200)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
/** A run that is killed more often waits for its next due time, which a job of one time never has. */
const mostKillsOfJob = 2
/** A machine with other work may take long, but something happens all the time. */
const mostSecondsWithoutProgress = 300

/** A small generator of numbers, so that a seed repeats a run. */
let state = seed
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'job-kills-'))
const at = (...names: readonly string[]): string => path.join(home, ...names)
const env: NodeJS.ProcessEnv = {
  ...process.env,
  XDG_CONFIG_HOME: at('config'),
  XDG_STATE_HOME: at('state'),
  XDG_DATA_HOME: at('data'),
  XDG_CACHE_HOME: at('cache'),
  XDG_RUNTIME_DIR: at('run'),
}
const program = path.resolve(import.meta.dirname, '../bin/butcher.js')

function butcher(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`butcher ${words.join(' ')}: status ${status}: ${stderr}`)
  return stdout
}

/** Files that differ in each version. */
function writeFiles(folder: string, version: number): void {
  fs.mkdirSync(folder, { recursive: true })
  for (let i = 0; i < 20; i++) {
    const bytes = 20_000 + random(300_000)
    fs.writeFileSync(path.join(folder, `f${i}`), Buffer.alloc(bytes, `${version} ${i} ${random(1e9)}`))
  }
}

let daemon: ChildProcess | undefined
function startDaemon(): void {
  const child = spawn(process.execPath, [program, 'daemon', '--quiet'], { env, stdio: 'ignore' })
  child.once('exit', () => {
    if (daemon === child) daemon = undefined
  })
  daemon = child
}

/** Whether the daemon has taken the request. */
const askForRun = (job: string): Promise<boolean> =>
  new Promise((resolve) => {
    const request = http.request(
      {
        socketPath: at('run', 'butcher', 'daemon.sock'),
        method: 'POST',
        path: `/api/v1/jobs/${job}/run`,
        agent: false,
        headers: { 'content-type': 'application/json' },
      },
      (response) => {
        response.resume()
        resolve(response.statusCode === 202)
      },
    )
    request.on('error', () => resolve(false))
    request.end('{}')
  })

interface Row {
  readonly run: number
  readonly job: string
  readonly due: string | null
  readonly resumes: number | null
  readonly state: string
  readonly pid: number
  readonly worker: number | null
}

let database: Database.Database | undefined
function rows(): readonly Row[] {
  const file = at('state', 'butcher', 'jobs.sqlite')
  if (!database && !fs.existsSync(file)) return []
  try {
    database ??= new Database(file, { readonly: true })
    return database
      .prepare('SELECT run, job, due, resumes, state, pid, worker FROM run ORDER BY run')
      .all() as Row[]
  } catch {
    return [] // made just now
  }
}

const killsOfJob = new Map<string, number>()
const counts = { daemon: 0, run: 0, backup: 0 }

function killSomething(): boolean {
  const running = rows().filter(({ state: now }) => now === 'running')
  const which = random(3)
  if (which === 0 || running.length === 0) {
    if (!daemon?.pid) return false
    daemon.kill('SIGKILL')
    daemon = undefined
    counts.daemon++
    return true
  }
  const row = running[random(running.length)] as Row
  const pid = which === 1 ? row.pid : row.worker
  const killed = killsOfJob.get(row.job) ?? 0
  if (pid === null || (killed >= mostKillsOfJob && row.job !== 'main')) return false
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    return false // it has just ended
  }
  killsOfJob.set(row.job, killed + 1)
  counts[which === 1 ? 'run' : 'backup']++
  return true
}

const faults: string[] = []
const check = (isRight: boolean, fault: string): void => void (isRight || faults.push(fault))

async function work(): Promise<readonly string[]> {
  const names: string[] = []
  for (let done = 0; done < kills;) {
    if (!daemon) startDaemon()
    if (done % 3 === 0 && names.length <= done / 3) {
      const name = `once-${names.length}`
      writeFiles(at('once'), done)
      butcher('job', 'add', name, '--target-name', 'once', '--store-name', 'disk', '--frequency-id', 'once')
      names.push(name)
    }
    if (random(3) === 0) writeFiles(at('main'), done)
    if (random(2) === 0) await askForRun('main')
    await sleep(random(2500))
    if (killSomething()) done++
    if (done % 20 === 0) process.stdout.write(`\r${done} kills, ${rows().length} runs `)
  }
  return names
}

async function waitForEnd(names: readonly string[]): Promise<void> {
  if (!daemon) startDaemon()
  const isOpen = (): boolean => {
    const all = rows()
    const last = new Map(all.map((row) => [row.job, row]))
    return (
      all.some(({ state: now }) => now === 'running') ||
      names.some((name) => !['ok', 'failed'].includes(last.get(name)?.state ?? ''))
    )
  }
  let last = ''
  for (let idle = 0; isOpen(); idle++) {
    const now = progress()
    if (now !== last) idle = 0
    last = now
    if (idle > mostSecondsWithoutProgress) {
      faults.push(`nothing happened for ${mostSecondsWithoutProgress} s`)
      return
    }
    await sleep(1000)
  }
}

/** Changes with each step of a run. */
function progress(): string {
  const lines = database?.prepare('SELECT * FROM progress').all()
  const events = database?.prepare('SELECT max(event) AS last FROM event').get()
  return JSON.stringify([rows(), lines, events])
}

function checkRuns(names: readonly string[]): void {
  const all = rows()
  for (const { run, state: now } of all) check(now !== 'running', `run ${run} says running`)
  for (const name of names) {
    const own = all.filter(({ job }) => job === name)
    check(
      own.filter(({ due }) => due !== null).length === 1,
      `${name} ran ${own.length} times: ${JSON.stringify(own)}`,
    )
    check(
      own.filter(({ state: now }) => now === 'ok').length === 1,
      `${name} has not one good run: ${JSON.stringify(own)}`,
    )
    check(own.at(-1)?.state === 'ok', `${name} is ${own.at(-1)?.state}`)
  }
  const resumed = all.flatMap(({ resumes }) => (resumes === null ? [] : [resumes]))
  check(new Set(resumed).size === resumed.length, 'a run was resumed twice')
}

function checkSets(names: readonly string[]): void {
  for (const name of ['main', ...names]) {
    const set = at('store', name)
    check(fs.existsSync(set), `the job ${name} has no set`)
    if (!fs.existsSync(set)) continue
    const verified = spawnSync(process.execPath, [program, 'verify', '--quiet', ...discsOf(set)], {
      env,
      encoding: 'utf8',
    })
    check(verified.status === 0, `verify ${name}: ${verified.stderr}`)
  }
  butcher('job', 'run', 'main')
  butcher('restore', '--quiet', at('store', 'main'), at('restored'))
  const same = spawnSync('diff', ['-r', at('main'), at('restored')], { encoding: 'utf8' })
  check(same.status === 0, `the restored files differ: ${same.stdout}`)
}

const discsOf = (set: string): readonly string[] =>
  fs
    .readdirSync(set)
    .filter((name) => name.startsWith('disc-'))
    .map((name) => path.join(set, name))

console.log(`seed ${seed}, ${kills} kills, in ${home}`)
writeFiles(at('main'), 0)
fs.mkdirSync(at('store'))
fs.mkdirSync(at('once'))
butcher('item', 'add', 'main', at('main'))
butcher('item', 'add', 'once', at('once'))
butcher('store', 'add', 'disk', '--path', at('store'))
butcher('schedule', 'add', 'once', '--cron', '')
butcher('job', 'add', 'main', '--target-name', 'main', '--store-name', 'disk', '--keep-last', '3')
butcher('daemon', 'settings', '--runs-at-once', '2')
const names = await work()
await waitForEnd(names)
checkRuns(names)
daemon?.kill('SIGTERM')
checkSets(names)
const ends = Map.groupBy(rows(), ({ state: now }) => now)
console.log(`\n${counts.daemon} kills of the daemon, ${counts.run} of runs, ${counts.backup} of backups`)
console.log([...ends].map(([end, some]) => `${some.length} ${end}`).join(', '))
for (const fault of faults) console.log(`FAULT ${fault}`)
console.log(faults.length === 0 ? '0 faults' : `${faults.length} faults, in ${home}`)
if (faults.length === 0) fs.rmSync(home, { recursive: true })
process.exitCode = faults.length === 0 ? 0 : 1
