import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { findProgram } from '../../src/programs/find-program.ts'

/** Debian's Chromium, driven by playwright-core. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = findProgram('chromium')
  if (executablePath === undefined) throw new Error('chromium is missing: apt-get install chromium')
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
}

/** The rules of axe that the page breaks, each with the elements. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  return page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target, any }) => target + ' ' + any.map(({ message }) => message)).join(', ')))`,
  )
}

/** By how many pixels the page is wider than its window. */
export const tooWide = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
