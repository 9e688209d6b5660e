/**
 * A week of three jobs, looked at in a browser: `npm run test:week`. The daemon and its runs have a clock of
 * their own. WEEK_PICTURES names the folder for a picture of each step.
 */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import Database from 'better-sqlite3'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { cli } from '../../cli/cli.ts'
import { RunningDaemon, until } from '../../daemon/running-daemon.ts'
import { openBrowser, tooWide, violations } from '../open-browser.ts'
import { nextSpringSunday, WeekClock } from './week-clock.ts'

const pictures = process.env['WEEK_PICTURES'] ?? path.join(os.tmpdir(), 'butcher-week')
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'week-'))
const clock = new WeekClock(path.join(home, 'clock'))
const rcloneConfig = path.join(home, 'rclone.conf')
const daemon = new RunningDaemon({ ...clock.env, TZ: 'Europe/Berlin', RCLONE_CONFIG: rcloneConfig })

const sunday = nextSpringSunday()
const days = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
  'next monday',
] as const
type Day = (typeof days)[number]
const hourMs = 3_600_000

/** A time of Berlin in this week. On Sunday at 02:00 the clock is set to 03:00. */
function berlin(day: Day, time: string): Date {
  const [hours, minutes] = time.split(':').map(Number) as [number, number]
  const local = sunday.getTime() + (days.indexOf(day) - 6) * 24 * hourMs + hours * hourMs + minutes * 60_000
  return new Date(local - (local >= sunday.getTime() + 2 * hourMs ? 2 : 1) * hourMs)
}

interface Row {
  readonly run: number
  readonly job: string
  readonly trigger: string
  readonly due: string | null
  readonly missed: number
  readonly state: string
  readonly reason: string
  readonly pid: number
}

function rows(): readonly Row[] {
  const database = new Database(daemon.path('state', 'butcher', 'jobs.sqlite'), { readonly: true })
  try {
    return database.prepare('SELECT * FROM run ORDER BY run').all() as Row[]
  } finally {
    database.close()
  }
}

let browser: Browser
let page: Page
let step = 0
const errors: string[] = []

/** Checks the screen as any other, and keeps a picture of it. */
async function picture(name: string): Promise<void> {
  await page.clock.setFixedTime(clock.now)
  expect({ name, found: await violations(page), wide: await tooWide(page) }).toEqual({
    name,
    found: [],
    wide: 0,
  })
  step++
  await page.screenshot({
    path: path.join(pictures, `${String(step).padStart(2, '0')}-${name}.png`),
    fullPage: true,
  })
}

/** Logs in as people do each morning: a session ends after 12 hours without use. */
async function openPage(screen = 'overview'): Promise<void> {
  const [line] = daemon.cli('web', '--json', '--no-open', '--always', '--port', port()).split('\n')
  await page.goto((JSON.parse(line as string) as { url: string }).url)
  await show(screen)
}

async function show(screen: string): Promise<void> {
  await page.clock.setFixedTime(clock.now)
  await page.evaluate(`location.hash = '#/${screen}'`)
  await page.locator('main h1').waitFor()
}

/** One port for the whole week, so that an open page finds the next daemon. */
const chosenPort = String(20_000 + (process.pid % 20_000))
const port = (): string => chosenPort

/** Sets the clock, and wakes the daemon until `runs` rows of the job are finished. */
async function advance(to: Date, job: string, runs: number): Promise<Row> {
  clock.set(to)
  return until(async () => {
    await daemon.post('daemon/reload')
    return finished(job, runs)
  })
}

function finished(job: string, runs: number): Row | undefined {
  const found = rows().filter((row) => row.job === job && row.state !== 'running')
  return found.length >= runs ? found.at(-1) : undefined
}

/** The row of a run on the screen of the runs. */
const rowOf = (run: number) => page.getByRole('listitem').filter({ hasText: `run ${run} ·` })

const sources = ['photos', 'mail', 'papers'] as const
/** What each source holds after each change: version -> file -> text. */
const versions = new Map<number, string>()
function change(version: number): void {
  for (const name of sources) {
    const folder = path.join(home, name)
    fs.mkdirSync(path.join(folder, 'صور'), { recursive: true })
    fs.writeFileSync(path.join(folder, 'note.txt'), `${name} of version ${version}`)
    fs.writeFileSync(path.join(folder, 'صور', `${version}.bin`), noise(300_000))
  }
  versions.set(version, `photos of version ${version}`)
}
const noise = (bytes: number): Buffer =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(bytes % 65_536 || 65_536)))

beforeAll(async () => {
  fs.mkdirSync(pictures, { recursive: true })
  for (const name of ['disk', 'cloud', 'shelf']) fs.mkdirSync(path.join(home, name))
  fs.writeFileSync(rcloneConfig, `[cloud]\ntype = alias\nremote = ${path.join(home, 'cloud')}\n`)
  change(1)
  // Two discs of 4 MB.
  for (let i = 0; i < 90; i++) fs.writeFileSync(path.join(home, 'papers', `${i}.pdf`), noise(60_000))
  clock.set(berlin('monday', '20:00'))
  await daemon.start()
  await daemon.put('secrets/mail', { value: 'a passphrase for mail' })
  const add = async (route: string, body: object): Promise<void> =>
    expect({ route, status: (await daemon.put(route, body)).status }).toEqual({ route, status: 201 })
  for (const name of sources)
    await add(`items/${name}`, {
      paths: [path.join(home, name)],
      ...(name === 'mail' ? { secret: 'mail' } : {}),
    })
  await add('vaults/family', { items: ['photos', 'papers'] })
  await add('stores/disk', { type: 'local', path: path.join(home, 'disk') })
  await add('stores/cloud', { type: 'rclone', remote: 'cloud', path: 'backups' })
  await add('stores/shelf', { type: 'optical', path: path.join(home, 'shelf'), medium: '4MB' })
  const zone = 'Europe/Berlin'
  await add('schedules/nightly', { name: 'every day at 02:30', cron: '30 2 * * *', zone })
  await add('schedules/noon', { name: 'every day at 12:00', cron: '0 12 * * *', zone })
  await add('schedules/discs', { name: 'Sunday and Wednesday at 03:00', cron: '0 3 * * sun,wed', zone })
  const job = (target: string, store: string, schedule: string, more = {}): object => ({
    target_type: target === 'family' ? 'vault' : 'item',
    target_name: target,
    store_name: store,
    schedule_id: schedule,
    ...more,
  })
  await add('jobs/photos-nightly', job('photos', 'disk', 'nightly', { retention: { last: 6 } }))
  await add('jobs/mail-to-the-cloud', job('mail', 'cloud', 'noon'))
  await add('jobs/family-on-discs', job('family', 'shelf', 'discs'))
  browser = await openBrowser()
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(90_000)
  page = await context.newPage()
  page.on('pageerror', (error) => errors.push(error.message))
})
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail')
    await page?.screenshot({ path: path.join(pictures, 'at-the-failure.png') })
})
afterAll(async () => {
  await browser?.close()
  await daemon.kill('SIGKILL')
  fs.rmSync(home, { recursive: true, force: true })
})

test('Monday: three jobs that have not run', async () => {
  await openPage()
  await page.getByText('family-on-discs').first().waitFor()
  await picture('monday-new-jobs')
})

test('Tuesday: the local job at night, the remote one at noon', async () => {
  const photos = await advance(berlin('tuesday', '02:31'), 'photos-nightly', 1)
  expect(photos).toMatchObject({ state: 'ok', due: berlin('tuesday', '02:30').toISOString() })
  await openPage('runs')
  await rowOf(photos.run).getByText('ok', { exact: true }).waitFor()
  await rowOf(photos.run)
    .getByText(/02:31 CET/)
    .waitFor()
  change(2)
  const mail = await advance(berlin('tuesday', '12:01'), 'mail-to-the-cloud', 1)
  // The open page hears of it by itself.
  await rowOf(mail.run).getByText('ok', { exact: true }).waitFor()
  await picture('tuesday-runs')
})

test('Wednesday: discs to burn; a kill of the daemon, and the run that it missed', async () => {
  await advance(berlin('wednesday', '02:31'), 'photos-nightly', 2)
  const discs = await advance(berlin('wednesday', '03:01'), 'family-on-discs', 1)
  expect(discs).toMatchObject({ state: 'ok', reason: expect.stringContaining('burn disc') })
  await openPage()
  await page.getByText('Disc 1 of family-on-discs').waitFor()
  await page.getByText(/All 3 jobs are up to date/).waitFor()
  await picture('wednesday-discs-to-burn')

  clock.set(berlin('wednesday', '11:00'))
  await show('runs')
  await rowOf(discs.run).waitFor()
  await daemon.kill('SIGKILL')
  await page.getByText('The daemon does not answer.').waitFor()
  await picture('wednesday-daemon-killed')
  clock.set(berlin('wednesday', '18:00'))
  await daemon.start()
  const mail = await until(() => finished('mail-to-the-cloud', 2))
  expect(mail).toMatchObject({ state: 'ok', due: berlin('wednesday', '12:00').toISOString() })
  await rowOf(mail.run).getByText('ok', { exact: true }).waitFor()
  await page.getByText('The daemon does not answer.').waitFor({ state: 'detached' })
  await picture('wednesday-made-up')
})

test('Thursday: a kill of a run, which the next one resumes', async () => {
  change(3)
  clock.set(berlin('thursday', '02:31'))
  const killed = await until(async () => {
    await daemon.post('daemon/reload')
    return rows().find(({ job, state }) => job === 'photos-nightly' && state === 'running')
  })
  process.kill(killed.pid, 'SIGKILL')
  const resumed = await until(async () => {
    await daemon.post('daemon/reload')
    const newest = finished('photos-nightly', 4)
    return newest
  })
  expect(rows().find(({ run }) => run === killed.run)).toMatchObject({ state: 'interrupted' })
  expect(resumed).toMatchObject({ state: 'ok', trigger: 'resume' })
  await openPage('runs')
  await rowOf(killed.run).getByText('interrupted').waitFor()
  await rowOf(resumed.run).getByText('ok', { exact: true }).waitFor()
  await picture('thursday-killed-run')
  await advance(berlin('thursday', '12:01'), 'mail-to-the-cloud', 3)
})

test('Friday in sleep: on Saturday each job runs once, in order, and says what it missed', async () => {
  clock.set(berlin('thursday', '22:00'))
  await daemon.post('daemon/reload')
  await openPage()
  daemon.child?.kill('SIGSTOP')
  clock.set(berlin('saturday', '09:00'))
  daemon.child?.kill('SIGCONT')
  const photos = await until(() => finished('photos-nightly', 5))
  const mail = await until(() => finished('mail-to-the-cloud', 4))
  expect(daemon.log).toContain('the machine slept')
  expect(mail).toMatchObject({ state: 'ok', due: berlin('friday', '12:00').toISOString(), missed: 0 })
  expect(photos).toMatchObject({ state: 'ok', due: berlin('saturday', '02:30').toISOString(), missed: 1 })
  expect(mail.run).toBeLessThan(photos.run)
  await openPage('runs')
  await rowOf(photos.run).getByText('for 2 due times').waitFor()
  await picture('saturday-after-sleep')
  change(4)
  await advance(berlin('saturday', '12:01'), 'mail-to-the-cloud', 5)
})

test('Sunday: 02:30 is not there, and the run comes at 03:00', async () => {
  clock.set(berlin('sunday', '01:59'))
  const before = rows().length
  for (let i = 0; i < 3; i++) {
    await daemon.post('daemon/reload')
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  expect(rows()).toHaveLength(before)
  const photos = await advance(berlin('sunday', '03:01'), 'photos-nightly', 6)
  const family = await advance(berlin('sunday', '03:01'), 'family-on-discs', 2)
  expect(photos).toMatchObject({ state: 'ok', due: berlin('sunday', '03:00').toISOString() })
  expect(family).toMatchObject({ state: 'ok', due: berlin('sunday', '03:00').toISOString() })
  await openPage('runs')
  await rowOf(photos.run)
    .getByText(/03:01 CEST/)
    .waitFor()
  await picture('sunday-daylight-saving')
  await advance(berlin('sunday', '12:01'), 'mail-to-the-cloud', 6)
})

test('the next Monday: an unplugged store is waited for', async () => {
  clock.set(berlin('sunday', '20:00'))
  fs.renameSync(path.join(home, 'disk'), path.join(home, 'disk-in-a-drawer'))
  change(5)
  clock.set(berlin('next monday', '02:31'))
  await until(async () => {
    await daemon.post('daemon/reload')
    return daemon.log.includes('photos-nightly waits') ? true : undefined
  })
  expect(finished('photos-nightly', 7)).toBeUndefined()
  await openPage()
  await page.getByText('there is no folder').first().waitFor()
  await picture('monday-unplugged-store')
  fs.renameSync(path.join(home, 'disk-in-a-drawer'), path.join(home, 'disk'))
  const photos = await advance(berlin('next monday', '08:00'), 'photos-nightly', 7)
  expect(photos).toMatchObject({ state: 'ok', due: berlin('next monday', '02:30').toISOString() })
  await page.getByText('there is no folder').first().waitFor({ state: 'detached' })
})

test('a restore of an older version, by the page', async () => {
  await openPage('backups/photos-nightly')
  await page.getByRole('link', { name: 'Backup 3', exact: true }).click()
  await page.getByRole('treeitem', { name: 'note.txt' }).click()
  await page.getByRole('button', { name: 'Restore 1 selected' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByLabel('Folder', { exact: true }).fill(path.join(home, 'restored'))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('1 file and').waitFor()
  await picture('monday-restore-plan')
  await page.getByRole('button', { name: 'Restore 1 file' }).click()
  await page.getByText('All files are restored.').waitFor()
  await picture('monday-restored')
  expect(fs.readFileSync(path.join(home, 'restored', 'note.txt'), 'utf8')).toBe(versions.get(3))
  await page.getByRole('button', { name: 'Close' }).last().click()
})

test('two backups are selected with Shift, and deleted', async () => {
  await openPage('backups/photos-nightly')
  const cell = (backup: number) =>
    page
      .getByRole('row', { name: new RegExp(`Backup ${backup}\\b`) })
      .getByRole('cell')
      .nth(3)
  await cell(4).click()
  await cell(3).click({ modifiers: ['Shift'] })
  await page.getByText('2 selected').waitFor()
  await page.getByRole('button', { name: 'Delete 2' }).click()
  await page.getByText('2 backups can be deleted.').waitFor()
  await picture('monday-delete')
  await page.getByRole('button', { name: 'Delete 2 backups' }).click()
  await page.getByText('2 backups deleted.').waitFor()
  await page.getByRole('row', { name: /Backup 4 deleted/ }).waitFor()
  await picture('monday-deleted')
})

test('at the end: no run twice, none forgotten, all sets sound, the newest backups equal their sources', async () => {
  const all = rows()
  const dues = all.filter(({ due }) => due !== null).map(({ job, due }) => `${job} ${due}`)
  expect(new Set(dues).size).toBe(dues.length)
  const dueOf = (job: string) =>
    all.filter((row) => row.job === job && row.due !== null).map(({ due }) => due)
  const at = (...times: readonly (readonly [Day, string])[]) =>
    times.map(([day, time]) => berlin(day, time).toISOString())
  expect(dueOf('photos-nightly')).toEqual(
    at(
      ['tuesday', '02:30'],
      ['wednesday', '02:30'],
      ['thursday', '02:30'],
      ['saturday', '02:30'],
      ['sunday', '03:00'],
      ['next monday', '02:30'],
    ),
  )
  expect(dueOf('mail-to-the-cloud')).toEqual(
    at(
      ['tuesday', '12:00'],
      ['wednesday', '12:00'],
      ['thursday', '12:00'],
      ['friday', '12:00'],
      ['saturday', '12:00'],
      ['sunday', '12:00'],
    ),
  )
  expect(dueOf('family-on-discs')).toEqual(at(['wednesday', '03:00'], ['sunday', '03:00']))
  expect(all.filter(({ state }) => !['ok', 'interrupted'].includes(state))).toEqual([])
  fs.writeFileSync(path.join(home, 'passphrase'), 'a passphrase for mail\n', { mode: 0o600 })
  const sets = {
    photos: [path.join(home, 'disk', 'photos-nightly')],
    mail: ['rclone:cloud:backups/mail-to-the-cloud', '--passphrase-file', path.join(home, 'passphrase')],
  }
  for (const [name, [destination = '', ...secret]] of Object.entries(sets)) {
    const verified = cli(['verify', '--quiet', destination, ...secret], daemon.env)
    expect({ name, ...verified }).toMatchObject({ name, status: 0 })
    const target = path.join(home, `restored-${name}`)
    daemon.cli('restore', '--quiet', destination, target, ...secret)
    expect(filesOf(target).size).toBeGreaterThan(3)
  }
  expect(filesOf(path.join(home, 'restored-photos'))).toEqual(filesOf(path.join(home, 'photos')))
  daemon.cli('verify', '--quiet', path.join(home, 'shelf', 'family-on-discs'))
  const log = daemon.cli('log', '--json', path.join(home, 'shelf', 'family-on-discs'))
  expect(log.match(/"type":"backup"/g)).toHaveLength(2)
  expect(errors).toEqual([])
})

function filesOf(folder: string): ReadonlyMap<string, string> {
  const found = fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
  return new Map(
    found.map((entry) => {
      const file = path.join(entry.parentPath, entry.name)
      return [path.relative(folder, file), fs.readFileSync(file, 'base64')] as const
    }),
  )
}
