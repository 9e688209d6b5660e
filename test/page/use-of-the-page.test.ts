/** The page of a real daemon: channels, patterns, downloads, restores, and a new daemon. */

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunningDaemon } from '../daemon/running-daemon.ts'
import { openBrowser, tooWide, violations } from './open-browser.ts'

const daemon = new RunningDaemon()
const port = String(21_000 + (process.pid % 20_000))
const notices: { event: string; job: string }[] = []
const hook = http.createServer((request, response) => {
  let text = ''
  request.on('data', (piece: Buffer) => (text += piece.toString()))
  request.on('end', () => {
    notices.push(JSON.parse(text) as (typeof notices)[number])
    response.writeHead(request.url === '/broken' ? 404 : 204).end()
  })
})
let browser: Browser
let page: Page

const addJob = (name: string): Promise<unknown> =>
  daemon.put(`jobs/${name}`, { target_type: 'item', target_name: 'photos', store_name: 'disk' })

async function show(screen: string): Promise<void> {
  await page.evaluate(`location.hash = '#/${screen}'`)
  await page.locator('main h1').waitFor()
}

beforeAll(async () => {
  for (const name of ['photos/cache', 'photos/صور', 'store'])
    fs.mkdirSync(daemon.path(name), { recursive: true })
  fs.writeFileSync(daemon.path('photos', 'صور', 'one.txt'), 'one')
  fs.writeFileSync(daemon.path('photos', 'cache', 'two.tmp'), 'two')
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  await daemon.start()
  await daemon.put('items/photos', { paths: [daemon.path('photos')] })
  await daemon.put('stores/disk', { type: 'local', path: daemon.path('store') })
  await addJob('photos')
  for (const text of ['one', 'two']) {
    fs.writeFileSync(daemon.path('photos', 'note.txt'), `version ${text}`)
    daemon.cli('job', 'run', '--quiet', 'photos')
  }
  browser = await openBrowser()
  const context = await browser.newContext({ colorScheme: 'dark', viewport: { width: 1400, height: 900 } })
  // For a machine with ten other jobs.
  context.setDefaultTimeout(600_000)
  page = await context.newPage()
  const [line] = daemon.cli('web', '--json', '--no-open', '--always', '--port', port).split('\n')
  await page.goto((JSON.parse(line as string) as { url: string }).url)
})
afterAll(async () => {
  hook.close()
  await browser?.close()
  await daemon.kill('SIGKILL')
})

test('a channel is made, tested, changed and removed', async () => {
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`
  await show('channels')
  await page.getByRole('button', { name: 'New channel' }).click()
  await page.getByLabel('Name').fill('hook')
  await page.getByRole('radio', { name: /Webhook/ }).check()
  await page.getByLabel('Address', { exact: true }).fill(`${url}/hook`)
  await page.getByText('failed', { exact: true }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The channel hook is saved.').waitFor()
  expect((await daemon.get('channels/hook')).body).toEqual({
    name: 'hook',
    kind: 'webhook',
    url: `${url}/hook`,
    events: ['failed'],
  })
  await page.getByRole('button', { name: 'Test hook' }).click()
  await page.getByText('A test went to the channel hook.').waitFor()
  expect(notices).toMatchObject([{ event: 'test' }])
  await page.getByRole('button', { name: 'Edit hook' }).click()
  await page.getByLabel('Address', { exact: true }).fill(`${url}/broken`)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('/broken').waitFor()
  await page.getByRole('button', { name: 'Test hook' }).click()
  await page.getByText('the server answered with status 404').waitFor()
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Remove hook' }).click()
  await page.getByRole('button', { name: 'Remove', exact: true }).last().click()
  await page.getByText('The channel hook is removed.').waitFor()
})

test('a form shows what the patterns of an item leave out, and follows a change', async () => {
  await show('items')
  await page.getByRole('button', { name: 'Edit photos' }).click()
  await page.getByLabel('Leave out').fill('*.tmp\n*.bak')
  await page.getByRole('button', { name: 'Show what this leaves out' }).click()
  await page
    .getByText('Left out: 1 file and 0 folders with all in them. Backed up: 2 files in 2 folders.')
    .waitFor()
  await page.getByText('Without a match: *.bak').waitFor()
  await page.getByLabel('Leave out').fill('cache/')
  await page
    .getByText('Left out: 0 files and 1 folder with all in them. Backed up: 2 files in 1 folder.')
    .waitFor()
  expect(await violations(page)).toEqual([])
  await page.keyboard.press('Escape')
})

test('a folder is downloaded as a zip file', async () => {
  await show('backups/photos/2')
  await page.getByRole('treeitem', { name: 'صور' }).click()
  await page.getByRole('button', { name: 'Download 1 selected' }).click()
  await page.getByText('1 file and 1 folder').waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('photos-2.zip')
  await download.saveAs(daemon.path('out.zip'))
  const { stdout } = spawnSync('python3', ['-m', 'zipfile', '-l', daemon.path('out.zip')], {
    encoding: 'utf8',
  })
  expect(stdout).toContain('صور/one.txt')
  await page.getByRole('button', { name: 'Close' }).last().click()
})

test('two backups are restored at once, each into a folder of its own', async () => {
  await show('backups/photos')
  await page.getByLabel('Backup 2', { exact: true }).click()
  await page.getByLabel('Backup 1', { exact: true }).click({ modifiers: ['Shift'] })
  await page.getByRole('button', { name: 'Restore 2' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByLabel('Folder', { exact: true }).fill(daemon.path('restored'))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Restore 6 files' }).click()
  await page.getByText('All files are restored.').nth(1).waitFor()
  expect(await violations(page)).toEqual([])
  for (const [i, text] of ['one', 'two'].entries())
    expect(fs.readFileSync(daemon.path('restored', `backup-${i + 1}`, 'note.txt'), 'utf8')).toBe(
      `version ${text}`,
    )
  await page.getByRole('button', { name: 'Close' }).last().click()
})

test('after a kill and a new start of the daemon, the open page is current on every screen', async () => {
  await show('runs')
  await page.getByText('run 2 ·').waitFor()
  await daemon.kill('SIGKILL')
  await page.getByText('The daemon does not answer.').waitFor()
  // Changes that no event tells: no daemon runs.
  daemon.cli('job', 'run', '--quiet', 'photos')
  daemon.cli('item', 'add', 'music', daemon.path('photos'))
  daemon.cli('job', 'add', 'music', '--target-name', 'music', '--store-name', 'disk')
  await daemon.start()
  await page.getByText('run 3 ·').waitFor()
  await page.getByText('The daemon does not answer.').waitFor({ state: 'detached' })
  await show('jobs')
  await page.getByRole('link', { name: 'music' }).waitFor()
  await show('items')
  await page.getByRole('button', { name: 'Edit music' }).waitFor()
  await show('backups/photos')
  await page.getByRole('link', { name: 'Backup 3' }).waitFor()
  // The stream is back: an open page hears of a run.
  await show('status')
  await page.getByText('live', { exact: true }).waitFor()
  await show('runs')
  daemon.cli('job', 'run', '--quiet', 'photos')
  await page.getByText('run 4 ·').waitFor()
  await page.setViewportSize({ width: 360, height: 740 })
  expect(await tooWide(page)).toBe(0)
})

test('a damaged chunk makes the browser call the download failed', async () => {
  const chunks = daemon.path('store', 'photos', 'disc-0001', 'chunks')
  for (const name of fs.readdirSync(chunks)) {
    const file = path.join(chunks, name)
    fs.writeFileSync(file, fs.readFileSync(file).fill(0, 100))
  }
  await show('backups/photos/2')
  await page.getByRole('button', { name: 'Download all' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ])
  expect(await download.failure()).not.toBeNull()
  await page.getByRole('button', { name: 'Close' }).last().click()
  await show('status')
  await page.getByText('the download of backup 2 of photos failed').first().waitFor()
})
