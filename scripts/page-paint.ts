/**
 * node scripts/page-paint.ts [rounds]: the first paint of the page, by turns with a blank answer of the same
 * daemon, and the CPU work of the browser's main thread. Needs chromium.
 */

import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { openBrowser } from '../test/page/open-browser.ts'

const rounds = Number(process.argv[2] ?? 20)
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'page-paint-'))
const env: NodeJS.ProcessEnv = { ...process.env }
for (const name of ['CONFIG_HOME', 'STATE_HOME', 'DATA_HOME', 'CACHE_HOME', 'RUNTIME_DIR'])
  env[`XDG_${name}`] = path.join(home, name)
const program = path.resolve(import.meta.dirname, '../bin/butcher.js')

function butcher(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`butcher ${words.join(' ')}: ${stderr}`)
  return stdout
}

butcher('item', 'add', 'photos', '/srv/photos')
butcher('store', 'add', 'disk', '--path', home)
for (const name of ['a', 'b', 'c'])
  butcher('job', 'add', name, '--target-name', 'photos', '--store-name', 'disk')
const daemon = spawn(process.execPath, [program, 'daemon'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
await new Promise<void>((resolve) => {
  daemon.stderr.on('data', (text: Buffer) => {
    if (text.includes('is ready')) resolve()
  })
})
const browser = await openBrowser()
const paints: Record<'blank' | 'page' | 'cached', number[]> = { blank: [], page: [], cached: [] }
const work: number[] = []
try {
  const link = (JSON.parse(butcher('web', '--json', '--no-open').split('\n')[0] as string) as { url: string })
    .url
  const context = await browser.newContext()
  await (await context.newPage()).goto(link)
  const at = (name: string): string => new URL(name, link).href
  for (let i = 0; i < rounds; i++)
    for (const kind of ['blank', 'page', 'cached'] as const) {
      const own =
        kind === 'page' ? await browser.newContext({ storageState: await context.storageState() }) : context
      const page = await own.newPage()
      const tools = await own.newCDPSession(page)
      await tools.send('Performance.enable', { timeDomain: 'threadTicks' })
      await page.goto(at(kind === 'blank' ? '/healthz' : '/'))
      if (kind !== 'blank') await page.locator('main h1').waitFor()
      paints[kind].push(
        await page.evaluate<number>(`new Promise((resolve) => {
          const look = () => {
            const [first] = performance.getEntriesByName('first-paint')
            if (first) resolve(first.startTime)
            else setTimeout(look, 20)
          }
          look()
        })`),
      )
      const { metrics } = await tools.send('Performance.getMetrics')
      if (kind !== 'blank')
        work.push(1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0))
      await page.close()
      if (own !== context) await own.close()
    }
} finally {
  await browser.close()
  daemon.kill('SIGKILL')
  fs.rmSync(home, { recursive: true, force: true })
}

const at = (values: readonly number[], share: number): string =>
  (values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0).toFixed(0)
const line = (values: readonly number[]): string =>
  `min ${at(values, 0)}, median ${at(values, 0.5)}, 90 % ${at(values, 0.9)}, max ${at(values, 1)} ms`
for (const [kind, values] of Object.entries(paints)) console.log(`first paint, ${kind}: ${line(values)}`)
console.log(`CPU of the main thread until all is shown: ${line(work)}`)
console.log(`load ${os.loadavg()[0]?.toFixed(1)}`)
