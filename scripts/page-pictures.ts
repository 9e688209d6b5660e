/** node scripts/page-pictures.ts: pictures of the page for docs/page.md, with sample jobs. Needs chromium. */

import fs from 'node:fs'
import path from 'node:path'
import { startFakeDaemon } from '../test/page/fake-daemon.ts'
import { openBrowser } from '../test/page/open-browser.ts'

const pictures = path.resolve(import.meta.dirname, '../docs/pictures')

const shots = [
  { file: 'page-overview.png', screen: 'overview', colorScheme: 'light', width: 1120, height: 800 },
  { file: 'page-restore.png', screen: 'backups/photos-nightly/40', colorScheme: 'light', width: 1120, height: 700 },
  { file: 'page-phone.png', screen: 'jobs', colorScheme: 'dark', width: 380, height: 700 },
] as const // prettier-ignore

const daemon = await startFakeDaemon(3, true)
const browser = await openBrowser()
try {
  for (const { file, screen, colorScheme, width, height } of shots) {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme,
      reducedMotion: 'reduce',
    })
    context.setDefaultTimeout(600_000)
    const page = await context.newPage()
    await page.goto(`${daemon.url}#/${screen}`)
    await page.locator('main h1').waitFor()
    await page.getByText('is running').waitFor()
    if (file === 'page-restore.png') {
      await page.getByRole('button', { name: 'Restore all' }).click()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByLabel('Folder', { exact: true }).fill('/home/ana/restored')
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('1,204 files').first().waitFor()
    }
    await page.screenshot({ path: path.join(pictures, file) })
    console.log(`docs/pictures/${file}: ${fs.statSync(path.join(pictures, file)).size} bytes`)
    await context.close()
  }
} finally {
  await browser.close()
  await daemon.close()
}
