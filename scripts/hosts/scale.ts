/**
 * `npm run bench:hosts`: one writer and many simulated workers on a real Redis. A worker reads its job, waits
 * instead of packing, and writes an answer with invented hashes. All else is real. It shows how many chunks a
 * second the writer plans, checks and records. WORKERS, CHUNKS, FILES (of each folder) and PAUSE (ms).
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import zlib from 'node:zlib'
import { backup } from '../../src/commands/backup/backup.ts'
import { formatLine, type ManifestLine } from '../../src/format/manifest.ts'
import { jobFile, tryFiles } from '../../src/pack/job-files.ts'
import { entryLine } from '../../src/pack/item-lines.ts'
import { readJob } from '../../src/pack/chunk-job.ts'
import { newAttempt } from '../../src/pack/pack-job.ts'
import { writePacked } from '../../src/pack/packed-chunk.ts'
import { queueAddress } from '../../src/queue/queue-address.ts'
import { loadQueuePackages } from '../../src/queue/redis-server.ts'
import { openWorkerQueue } from '../../src/queue/worker-queue.ts'
import { freePort } from '../../test/support/redis.ts'

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)
const workers = number('WORKERS', 1000)
const chunks = number('CHUNKS', 5000)
const filesOfChunk = number('FILES', 10)
const pauseMs = number('PAUSE', 500)
/** Of a file; in a chunk it takes 1,536 bytes. */
const fileBytes = 1000
const content = Buffer.alloc(1024, 'x')
const sum = createHash('sha256').update(content).digest('hex')

/** The answer of a worker that has packed the job. */
function answer(folder: string, chunk: number): string {
  const job = readJob(fs.readFileSync(path.join(folder, jobFile(chunk)), 'utf8'), undefined, '')
  const attempt = newAttempt()
  const files = tryFiles(folder, chunk, attempt, job.compression, false)
  const { backup: first, disc, name, items } = job
  const lines: ManifestLine[] = [...job.head]
  for (const item of items) {
    const { content: id, size } = item
    const hash = randomBytes(32).toString('hex')
    if (id !== null) lines.push({ t: 'content', id, size, hash, parts: 1, chunk })
    lines.push(entryLine(item, first, { size, content: id }))
  }
  lines.push({ t: 'stored', chunk, disc, name, bytes: content.length, sha256: sum, backup: first })
  const record = Buffer.from(lines.map(formatLine).join(''))
  fs.writeFileSync(files.chunk, content)
  fs.writeFileSync(files.record, zlib.zstdCompressSync(record))
  const bytes = items.reduce((all, { size }) => all + size, 0)
  writePacked(
    files.manifest,
    {
      chunk, bytes: content.length, sha256: sum, host: 'simulated', packed: items.length, sourceBytes: bytes,
      results: new Map(), record,
    },
    undefined,
  ) // prettier-ignore
  return attempt
}

async function simulateWorkers(url: string): Promise<void> {
  const packages = await loadQueuePackages()
  const slot = async (): Promise<void> => {
    const queue = openWorkerQueue(packages, queueAddress(url), 30_000)
    for (let job = await queue.take(); job; job = await queue.take()) {
      const { folder, chunk } = JSON.parse(job.body) as { readonly folder: string; readonly chunk: number }
      await sleep(pauseMs)
      await queue.done(job, { host: 'simulated', attempt: answer(folder, chunk) })
    }
  }
  await Promise.all(Array.from({ length: workers }, slot))
}

/** Prints its figures as JSON. */
async function write(source: string, destination: string, url: string): Promise<void> {
  const began = performance.now()
  let [first, last, packed] = [0, 0, 0]
  let cpuFirst = 0
  const cpu = (): number => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
  await backup({
    source,
    destination,
    medium: 'unlimited',
    compress: 'none',
    chunkSizeBytes: 1536 * filesOfChunk + 4096,
    queue: url,
    report: (event) => {
      if (event.type !== 'chunk') return
      if (first === 0) [first, cpuFirst] = [performance.now(), cpu()]
      ;[last, packed] = [performance.now(), packed + 1]
    },
  })
  const seconds = (last - first) / 1000
  const figures = {
    chunks: packed,
    files: chunks * filesOfChunk,
    walk_seconds: (first - began) / 1000,
    pack_seconds: seconds,
    chunks_per_second: packed / seconds,
    cpu_seconds_per_1000_chunks: (1000 * (cpu() - cpuFirst)) / packed,
    peak_mb: process.resourceUsage().maxRSS / 1000,
  }
  console.log(JSON.stringify(figures))
  process.exit(0)
}

const start = (words: readonly string[]): ChildProcess =>
  spawn(words[0] as string, words.slice(1), { stdio: 'inherit' })

async function main(): Promise<void> {
  const folder = fs.mkdtempSync(path.join(process.env['TMPDIR'] ?? os.tmpdir(), 'butcher-scale-'))
  const source = path.join(folder, 'source')
  for (let i = 0; i < chunks; i++) {
    const below = path.join(source, `d${i}`)
    fs.mkdirSync(below, { recursive: true })
    for (let j = 0; j < filesOfChunk; j++) {
      fs.writeFileSync(path.join(below, `file-${j}`), Buffer.alloc(fileBytes, `${i} ${j} `))
    }
  }
  const port = await freePort()
  const redis = start([
    'redis-server',
    '--port',
    String(port),
    '--save',
    '',
    '--dir',
    folder,
    '--loglevel',
    'warning',
  ])
  const url = `redis://127.0.0.1:${port}`
  await sleep(500)
  const simulated = start([process.execPath, import.meta.filename, 'workers', url])
  try {
    await sleep(5000)
    const writer = start([
      process.execPath,
      import.meta.filename,
      'write',
      source,
      path.join(folder, 'dest'),
      url,
    ])
    await once(writer, 'exit')
  } finally {
    simulated.kill('SIGKILL')
    redis.kill('SIGKILL')
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

const [role, ...words] = process.argv.slice(2) as [string?, ...string[]]
if (role === 'workers') await simulateWorkers(words[0] as string)
else if (role === 'write') await write(words[0] as string, words[1] as string, words[2] as string)
else await main()
