/** Each screen in each state, with a daemon that is not real. `npm run test:page` runs this. */

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeDaemon, startFakeDaemon } from './fake-daemon.ts'
import { openBrowser, tooWide, violations } from './open-browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const screens = [
  'overview', 'jobs', 'jobs/photos-nightly', 'backups', 'backups/photos-nightly', 'backups/photos-nightly/40', 'runs', 'runs/898',
  'items', 'vaults', 'stores', 'schedules', 'channels', 'status',
] // prettier-ignore

const windows = [
  { colorScheme: 'light', width: 360 },
  { colorScheme: 'dark', width: 360 },
  { colorScheme: 'light', width: 1400 },
  { colorScheme: 'dark', width: 1400 },
] as const

async function withPage(
  count: number,
  options: { readonly colorScheme?: 'light' | 'dark'; readonly width?: number; readonly busy?: boolean },
  look: (page: Page, daemon: FakeDaemon, errors: readonly string[]) => Promise<void>,
): Promise<void> {
  const daemon = await startFakeDaemon(count, options.busy)
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1400, height: 900 },
    colorScheme: options.colorScheme ?? 'light',
    reducedMotion: 'reduce',
  })
  // For a machine with ten other jobs.
  context.setDefaultTimeout(600_000)
  const page = await context.newPage()
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(error.message))
  try {
    await look(page, daemon, errors)
  } finally {
    await context.close()
    await daemon.close()
  }
}

async function show(page: Page, daemon: FakeDaemon, screen: string): Promise<void> {
  await page.goto(`${daemon.url}#/${screen}`)
  await page.locator('main h1').waitFor()
  // The answers of the daemon fill the screen in a moment; a stream of events never lets the network rest.
  await page.waitForTimeout(500)
}

test.each(windows)('axe finds nothing, and nothing is too wide: $colorScheme, $width px', async (window) => {
  for (const count of [0, 3, 300]) {
    await withPage(count, { ...window, busy: count === 3 }, async (page, daemon, errors) => {
      for (const screen of screens) {
        if (count === 0 && screen.includes('/')) continue
        await show(page, daemon, screen)
        expect({ count, screen, found: await violations(page) }).toEqual({ count, screen, found: [] })
        expect({ count, screen, wide: await tooWide(page) }).toEqual({ count, screen, wide: 0 })
      }
      expect(errors).toEqual([])
    })
  }
})

const dialogs = [
  ['items', 'New item'],
  ['vaults', 'New vault'],
  ['stores', 'New store'],
  ['schedules', 'New schedule'],
  ['channels', 'New channel'],
  ['jobs', 'New job'],
  ['jobs/photos-nightly', 'Edit'],
  ['backups/photos-nightly/40', 'Restore all'],
  ['backups/photos-nightly/40', 'Download all'],
] as const

test.each(windows)(
  'so it is with dialogs, and the focus returns: $colorScheme, $width px',
  async (window) => {
    await withPage(3, window, async (page, daemon) => {
      for (const [screen, button] of dialogs) {
        await show(page, daemon, screen)
        const opener = page.getByRole('button', { name: button, exact: true })
        await opener.focus()
        await page.keyboard.press('Enter')
        await page.locator('dialog[open]').waitFor()
        expect({ screen, found: await violations(page) }).toEqual({ screen, found: [] })
        expect({ screen, wide: await tooWide(page) }).toEqual({ screen, wide: 0 })
        await page.keyboard.press('Escape')
        await page.locator('dialog').waitFor({ state: 'detached' })
        expect(await opener.and(page.locator(':focus')).count()).toBe(1)
      }
    })
  },
)

test('a restore by keyboard alone', async () => {
  await withPage(3, {}, async (page, daemon) => {
    await show(page, daemon, 'backups/photos-nightly/40')
    await page.getByRole('treeitem', { name: '2024' }).focus()
    for (const key of ['ArrowRight', 'ArrowDown', 'Space', 'ArrowDown', 'Space'])
      await page.keyboard.press(key)
    const button = page.getByRole('button', { name: 'Restore 2 selected' })
    await button.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Continue' }).press('Enter')
    await page.getByLabel('Folder', { exact: true }).fill('/tmp/restored')
    await page.getByRole('button', { name: 'Continue' }).press('Enter')
    await page.getByRole('radio', { name: /Replace it/ }).press('Space')
    await page.getByRole('button', { name: 'Continue' }).press('Enter')
    await page.getByText('1,204 files and 17 folders').waitFor()
    await page.getByRole('button', { name: 'Restore 1,204 files' }).press('Enter')
    await page.getByText('Restoring …').waitFor()
    daemon.send('restore.changed', {
      id: 1, job: 'photos-nightly', backup: 40, targets: ['/tmp/restored'], state: 'ok', reason: null, progress: null,
      started: '2026-01-01T00:00:00Z', finished: '2026-01-01T00:01:00Z', files: 1204, bytes: 5, warnings: [], warning_count: 0,
    }) // prettier-ignore
    await page.getByText('All files are restored.').waitFor()
  })
})

test('Ctrl and Shift select several backups; they are deleted after a question with counts', async () => {
  await withPage(3, {}, async (page, daemon) => {
    await show(page, daemon, 'backups/photos-nightly')
    await page
      .getByRole('row', { name: /Backup 40/ })
      .getByRole('cell')
      .nth(2)
      .click()
    await page
      .getByRole('row', { name: /Backup 38/ })
      .getByRole('cell')
      .nth(2)
      .click({ modifiers: ['Shift'] })
    await page
      .getByRole('row', { name: /Backup 20/ })
      .getByRole('cell')
      .nth(2)
      .click({ modifiers: ['Control'] })
    await page.getByText('4 selected').waitFor()
    await page.getByRole('button', { name: 'Delete 4' }).click()
    await page.getByText('That frees 3.1 GB').waitFor()
    await page.getByRole('button', { name: 'Delete 4 backups' }).click()
    await page.getByText('4 backups deleted.').waitFor()
  })
})

test('two tabs share a stream, events reach both, and the second takes over', async () => {
  await withPage(3, {}, async (page, daemon) => {
    await show(page, daemon, 'status')
    const second = await page.context().newPage()
    await show(second, daemon, 'status')
    await second.getByText('live', { exact: true }).waitFor()
    expect(daemon.streams()).toBe(1)
    daemon.send('log', { id: 99, at: '2026-01-01T00:00:00Z', text: 'a line for all tabs' })
    await page.getByText('a line for all tabs').waitFor()
    await second.getByText('a line for all tabs').waitFor()
    const asked = (): number => daemon.requests.filter((line) => line === 'GET events').length
    const before = asked()
    await page.close()
    await expect.poll(asked, { timeout: 600_000 }).toBe(before + 1)
    daemon.send('log', { id: 100, at: '2026-01-01T00:00:00Z', text: 'one more line' })
    await second.getByText('one more line').waitFor()
  })
})

test('a lost daemon is shown; a login is asked for, and a wrong password is refused', async () => {
  await withPage(3, {}, async (page, daemon) => {
    await show(page, daemon, 'jobs')
    daemon.lockOut()
    await page.getByRole('link', { name: 'Items' }).click()
    await page.getByLabel('Password').fill('wrong')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('the password is wrong').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByLabel('Password').fill('open sesame')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('heading', { name: 'Items' }).waitFor()
    await daemon.close()
    await page.getByText('The daemon does not answer.').waitFor({ timeout: 60_000 })
  })
})

test('a wrong field keeps the form, and says so at the field', async () => {
  await withPage(3, {}, async (page, daemon) => {
    await show(page, daemon, 'items')
    await page.getByRole('button', { name: 'New item' }).click()
    await page.getByLabel('Name').fill('music')
    await page.getByLabel('Paths').fill('Music')
    await page.getByRole('button', { name: 'Save' }).click()
    expect(await page.getByLabel('Paths').getAttribute('aria-invalid')).toBe('true')
    await page.getByLabel('Paths').fill('/home/ana/Music')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('The item music is saved.').waitFor()
    await page.getByRole('button', { name: 'Remove photos' }).click()
    await page.getByRole('button', { name: 'Remove', exact: true }).last().click()
    await page.getByRole('button', { name: 'Remove it anyway' }).waitFor()
  })
})
