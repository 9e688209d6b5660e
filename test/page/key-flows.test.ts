/** The page of a real daemon: a first job, its run, and its log. */

import fs from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunningDaemon } from '../daemon/running-daemon.ts'
import { openBrowser, tooWide, violations } from './open-browser.ts'

const daemon = new RunningDaemon()
let browser: Browser
beforeAll(async () => {
  if (!fs.existsSync('dist/page/index.html')) throw new Error('dist/page is missing: npm run build')
  fs.mkdirSync(daemon.path('photos'))
  fs.mkdirSync(daemon.path('backups'))
  fs.writeFileSync(daemon.path('photos', 'one.txt'), 'the first')
  await daemon.start()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await daemon.kill('SIGTERM')
})

test('a first job is made, run and looked at; the page asks nobody but the daemon', async () => {
  const link = daemon.cli('web').match(/http:\S+/)?.[0] as string
  const page = await browser.newPage()
  // For a machine with ten other jobs.
  page.setDefaultTimeout(600_000)
  const outside: string[] = []
  const errors: string[] = []
  page.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(link).host) outside.push(request.url())
  })
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(link)
  await page.getByRole('link', { name: 'Items' }).click()
  await page.getByRole('button', { name: 'New item' }).click()
  await page.getByLabel('Name').fill('photos')
  await page.getByLabel('Paths').fill(daemon.path('photos'))
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The item photos is saved.').waitFor()

  await page.getByRole('link', { name: 'Stores' }).click()
  await page.getByRole('button', { name: 'New store' }).click()
  await page.getByLabel('Name').fill('disk')
  await page.getByLabel('Folder', { exact: true }).fill(daemon.path('backups'))
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The store disk is saved.').waitFor()

  await page.getByRole('link', { name: 'Schedules' }).click()
  await page.getByRole('button', { name: 'New schedule' }).click()
  await page.getByLabel('When').selectOption('weekdays')
  await page.getByText('Mon', { exact: true }).click()
  await page.getByText('every Sunday and Monday at 22:00').first().waitFor()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText(/The schedule \S+ is saved\./).waitFor()

  await page.getByRole('link', { name: 'Jobs' }).click()
  await page.getByRole('button', { name: 'New job' }).click()
  await page.getByLabel('Name').fill('nightly')
  await page.getByLabel('Backs up').selectOption('item photos')
  await page.getByLabel('Into').selectOption('disk')
  await page.getByLabel('Newest').fill('3')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The job nightly is saved.').waitFor()
  expect(JSON.parse(daemon.cli('job', 'show', 'nightly', '--json').split('\n')[0] as string)).toMatchObject({
    target_name: 'photos',
    store_name: 'disk',
    retention: { last: 3 },
  })

  await page.getByRole('button', { name: 'Run now: nightly' }).click()
  await daemon.ended('nightly')
  await page.getByRole('link', { name: 'nightly', exact: true }).click()
  await page.getByRole('link', { name: 'Run 1' }).click()
  await page.getByText('ok', { exact: true }).waitFor()
  expect(await violations(page)).toEqual([])
  await page.setViewportSize({ width: 360, height: 740 })
  expect(await tooWide(page)).toBe(0)
  expect({ outside, errors }).toEqual({ outside: [], errors: [] })
})
