/** npm run bench:daemon: start, answers and memory of a daemon with 1,000 jobs and 100,000 runs. */

import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '../src/sqlite/open-database.ts'

const jobs = 1000
const runsOfAJob = 100
const dayMs = 24 * 3600_000
const program = fileURLToPath(new URL('../bin/butcher.js', import.meta.url))

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'daemon-figures-'))
const env = {
  ...process.env,
  XDG_CONFIG_HOME: path.join(home, 'config'),
  XDG_STATE_HOME: path.join(home, 'state'),
  XDG_DATA_HOME: path.join(home, 'data'),
  XDG_CACHE_HOME: path.join(home, 'cache'),
  XDG_RUNTIME_DIR: path.join(home, 'run'),
}
const call = (...words: readonly string[]) => spawnSync(process.execPath, [program, ...words], { env })

try {
  fill()
  await measure()
} finally {
  fs.rmSync(home, { recursive: true, force: true })
}

function fill(): void {
  for (const folder of ['photos', 'store']) fs.mkdirSync(path.join(home, folder))
  call('item', 'add', 'photos', path.join(home, 'photos'))
  call('store', 'add', 'disk', '--path', path.join(home, 'store'))
  call('schedule', 'add', 'nightly', '--every', 'day')
  call('run', 'list')
  const file = path.join(home, 'config/butcher/jobs.json')
  const names = Array.from({ length: jobs }, (_, i) => `job-${String(i).padStart(4, '0')}`)
  const made = names.map((name) => ({
    name,
    target_type: 'item',
    target_name: 'photos',
    store_name: 'disk',
    schedule_id: 'nightly',
    retention: {},
    enabled: true,
    on_mains: false,
    before: [],
    after: [],
    created: new Date(Date.now() - runsOfAJob * dayMs).toISOString(),
  }))
  const definitions = JSON.parse(fs.readFileSync(file, 'utf8')) as object
  fs.writeFileSync(file, JSON.stringify({ ...definitions, jobs: made }, null, 2))
  const db = openDatabase(path.join(home, 'state/butcher/jobs.sqlite'))
  const insert = db.prepare(
    `INSERT INTO run (job, trigger, due, started, finished, state, reason, destination, summary, host, pid, process_start)
     VALUES (?, 'schedule', ?, ?, ?, ?, ?, ?, '{"bytes_stored":1000}', 'host', 1, '')`,
  )
  db.transaction(() => {
    for (let day = runsOfAJob - 1; day >= 0; day--)
      for (const [i, name] of names.entries()) {
        const at = new Date(Date.now() - day * dayMs - 60_000).toISOString()
        const isBad = (i * 7 + day) % 50 === 0
        insert.run(
          name,
          at,
          at,
          at,
          isBad ? 'failed' : 'ok',
          isBad ? 'the disk is full' : '',
          `/store/${name}`,
        )
      }
  })()
  db.close()
}

async function measure(): Promise<void> {
  const start = performance.now()
  const daemon = spawn(process.execPath, [program, 'daemon'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise((resolve) => daemon.once('close', resolve))
  try {
    await new Promise<void>((resolve) => {
      let log = ''
      daemon.stderr.on('data', (text: Buffer) => {
        log += text.toString()
        if (log.includes('is ready')) resolve()
      })
    })
    console.log(`start: ${Math.round(performance.now() - start)} ms`)
    await sleep(3000)
    console.log(`memory after the start: ${await memory()} MB`)
    for (const route of [
      'overview',
      'overview',
      'jobs?status=1',
      'jobs',
      'runs',
      'runs?job=job-0500',
      'runs?state=failed',
      'runs?before=50000',
      'jobs/job-0500/status',
      'stores/disk/usage',
      'metrics',
    ]) {
      const before = cpuMs(daemon.pid)
      const { status, text, ms } = await ask(route)
      const cpu = cpuMs(daemon.pid) - before
      console.log(`${route}: ${status}, ${Math.round(ms)} ms, ${cpu} ms of CPU, ${text.length} bytes`)
    }
    await sleep(60_000)
    console.log(`memory a minute later: ${await memory()} MB`)
  } finally {
    daemon.kill('SIGTERM')
    await ended
  }
  console.log(`load: ${os.loadavg()[0]?.toFixed(1)}`)
}

/** User and system time, in steps of 10 ms: /proc/PID/stat counts in hundredths of a second. */
function cpuMs(pid: number | undefined): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function memory(): Promise<number> {
  const { text } = await ask('daemon')
  return Math.round((JSON.parse(text) as { readonly memory_bytes: number }).memory_bytes / 1e6)
}

function ask(route: string): Promise<{ status: number | undefined; text: string; ms: number }> {
  const start = performance.now()
  const socketPath = path.join(home, 'run/butcher/daemon.sock')
  return new Promise((resolve, reject) => {
    const request = http.get({ socketPath, path: `/api/v1/${route}`, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode, text, ms: performance.now() - start }))
    })
    request.on('error', reject)
  })
}
