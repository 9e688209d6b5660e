/** index.html in Chromium; not part of the default suite, for the browser is large: `npm run test:index`. */

import Database from 'better-sqlite3'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { writeIndexPage } from '../../src/set/write-index-page.ts'
import { tables, views } from '../../src/format/catalog-schema.ts'
import { type BrowserPage, openPage } from '../support/browser.ts'
import { largeCatalog } from '../support/large-catalog.ts'

const folder = process.env['INDEX_PICTURES'] ?? fs.mkdtempSync(path.join(os.tmpdir(), 'index-'))
const file = (name: string): string => path.join(folder, name)
afterAll(() => process.env['INDEX_PICTURES'] ?? fs.rmSync(folder, { recursive: true }))

async function ready(page: BrowserPage): Promise<Record<string, number>> {
  const value = await page.evaluate(`new Promise((done) => {
    const look = () => document.body.dataset.ready ? done(document.body.dataset.ready) : setTimeout(look, 5)
    look() })`)
  return JSON.parse(value as string) as Record<string, number>
}

const text = (page: BrowserPage, id: string): Promise<unknown> =>
  page.evaluate(`document.getElementById('${id}').innerText`)
const rows = (page: BrowserPage): Promise<unknown> =>
  page.evaluate(
    `[...document.querySelectorAll('.row')].map((row) => row.querySelector('.name').innerText.trim())`,
  )
const selected = (page: BrowserPage): Promise<unknown> =>
  page.evaluate(`document.querySelector('#' + document.getElementById('list').getAttribute('aria-activedescendant') + ' .name')?.innerText.trim()`) // prettier-ignore
/** What the browser takes to paint. */
const painted = (page: BrowserPage): Promise<unknown> =>
  page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))')

test('100,000 files: loads, opens folders and searches without a wait', async () => {
  const db = largeCatalog(file('large.sqlite'), 100_000)
  const made = await writeIndexPage(db, '0'.repeat(32), file('large.html'))
  db.close()
  const page = await openPage(file('large.html'))
  try {
    const times = await ready(page)
    expect(page.requests()).toEqual([`file://${file('large.html')}`])
    for (const key of ['ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowRight', 'ArrowDown'])
      await page.press(key)
    await painted(page)
    expect(await selected(page)).toMatch(/draft-000007/)
    await page.screenshot(file('tree.png'))
    const search = (await page.evaluate(`(() => {
      const find = document.getElementById('search')
      const took = (query) => {
        const from = performance.now()
        find.value = query
        find.dispatchEvent(new Event('input'))
        return performance.now() - from
      }
      const first = took('portrait'), all = [took('0001 jpg'), took('a'), took('year-2049 pdf'), took('portrait 00042')]
      return { first, worst: Math.max(...all) }
    })()`)) as { first: number; worst: number }
    await painted(page)
    expect(await text(page, 'status')).toMatch(/^\d+ found$/)
    await page.screenshot(file('search.png'))
    for (const key of ['Escape', 'Home', 'ArrowDown', 'ArrowLeft']) await page.press(key)
    const end = (await page.evaluate(`(() => {
      const from = performance.now()
      const twist = () => [...document.querySelectorAll('[aria-expanded=false] .twist')].at(-1)
      for (let i = 0; i < 10; i++) twist().click()
      return performance.now() - from
    })()`)) as number
    console.log(`${made?.bytes} bytes; load ${times['load']?.toFixed(0)} ms, of it the tree ${times['tree']?.toFixed(0)} ms; search ${search.first.toFixed(0)} ms the first time, then at most ${search.worst.toFixed(0)} ms; opening 10 folders ${end.toFixed(0)} ms`) // prettier-ignore
    expect(times['load']).toBeLessThan(3000)
    expect(search.worst).toBeLessThan(300)
    expect(page.console).toEqual([])
  } finally {
    await page.close()
  }
}, 60_000)

test('by keyboard alone: folders, search, back to the tree', async () => {
  const db = largeCatalog(file('small.sqlite'), 3000)
  await writeIndexPage(db, '0'.repeat(32), file('small.html'))
  db.close()
  const page = await openPage(file('small.html'))
  try {
    await ready(page)
    await page.press('/')
    await page.type('portrait 002 pdf')
    await painted(page)
    const found = (await rows(page)) as string[]
    expect(found.length).toBeGreaterThan(3)
    await page.press('Enter')
    await page.press('ArrowDown')
    expect(await selected(page)).toBe(found[1])
    await page.press('Enter')
    await painted(page)
    expect(await selected(page)).toBe(path.posix.basename(found[1] as string))
    expect(await text(page, 'details')).toContain(found[1])
    await page.press('ArrowLeft')
    expect(await selected(page)).toMatch(/group-\d+\/$/)
    await page.press('End')
    expect(await page.evaluate(`document.activeElement.id`)).toBe('list')
    await page.evaluate(`(() => { const box = document.getElementById('backup'); box.value = '1'; box.dispatchEvent(new Event('change')) })()`) // prettier-ignore
    expect(await text(page, 'status')).toMatch(/^3,000 files/)
  } finally {
    await page.close()
  }
}, 60_000)

test('hostile names are text, and nothing of them runs or is fetched', async () => {
  const db = new Database(file('hostile.sqlite'))
  db.exec(tables + views)
  const names = ['</script><script>document.title="bad"</script>', '<img src=x onerror=document.title="bad">', '"><svg onload=document.title="bad">', '\u202egnp.exe', '__proto__', 'constructor', '%DATA%', '${x}', '-->'] // prettier-ignore
  db.prepare('INSERT INTO backup VALUES (1, ?, 1, 1, ?, 1, 1)').run(names[0], names[1])
  db.prepare(`INSERT INTO disc VALUES (1, ?, 'cd', 1, 1, 'sealed', NULL, NULL, NULL, NULL)`).run(names[1])
  const entry = db.prepare(`INSERT INTO entry(path, first, type, mode, owner, mtime, size, link) VALUES (?, 1, ?, 1, 1, 1, 1, ?)`) // prettier-ignore
  for (const name of names) entry.run(name, 'file', null)
  entry.run('link', 'symlink', names[1])
  await writeIndexPage(db, `0<script>${'0'.repeat(22)}`, file('hostile.html'))
  db.close()
  const page = await openPage(file('hostile.html'))
  try {
    await ready(page)
    const shown = (await rows(page)) as string[]
    // A slash makes a folder of what stands before it.
    const files = names.slice(1).map((name) => name.replace('\u202e', '\\u{202e}'))
    expect(shown.slice(1).sort()).toEqual([...files, 'link'].sort())
    expect(shown[0]).toContain('</')
    for (let i = 0; i < 11; i++) await page.press('ArrowDown')
    await painted(page)
    expect(await page.evaluate('document.title')).toMatch(/^Backup set/)
    expect(await page.evaluate(`document.querySelectorAll('img, svg, script:not(#data)').length`)).toBe(1)
    // Even markup that got in would not run, nor fetch.
    await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '<img src="file:///x.png" onerror="document.title=1"><iframe src="http://127.0.0.1:9/"></iframe>')`) // prettier-ignore
    await page.evaluate(`fetch('http://127.0.0.1:9/').catch(() => {})`)
    await painted(page)
    expect(await page.evaluate('document.title')).toMatch(/^Backup set/)
    expect(page.requests().filter((address) => !address.endsWith('hostile.html'))).toEqual([])
    expect(page.console.some((line) => line.includes('Content Security Policy'))).toBe(true)
  } finally {
    await page.close()
  }
}, 60_000)
