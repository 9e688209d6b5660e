/**
 * node scripts/pictures.ts: makes the pictures of README.md in docs/pictures/ from a real set: the label of a disc, the
 * index page, and a session in a terminal. Needs chromium and pdftoppm; takes some 3 GB below the folder for temporary
 * files. What the session shows is what the commands printed.
 */

import { execFileSync, spawnSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { openPage } from '../test/support/browser.ts'

const root = path.resolve(import.meta.dirname, '..')
const pictures = path.join(root, 'docs/pictures')
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-pictures-'))
const at = (...names: string[]): string => path.join(work, ...names)

const trips: readonly (readonly [folder: string, count: number, bytes: number])[] = [
  ['2023/Lisbon', 60, 3_400_000],
  ['2023/Garden', 35, 2_900_000],
  ['2024/Norway', 90, 4_100_000],
  ['2024/Anna’s wedding', 80, 3_800_000],
  ['2025/Mountains', 45, 4_400_000],
]

function plantPhotos(): void {
  for (const [folder, count, bytes] of trips) {
    fs.mkdirSync(at('photos', folder), { recursive: true })
    for (let i = 1; i <= count; i++) {
      const name = `IMG_${String(1000 + i * 3)}.jpg`
      fs.writeFileSync(at('photos', folder, name), randomFillSync(Buffer.alloc(bytes + i * 1371)))
      const taken = new Date(`${folder.slice(0, 4)}-06-${String((i % 28) + 1).padStart(2, '0')}T10:00:00Z`)
      fs.utimesSync(at('photos', folder, name), taken, taken)
    }
    for (const name of [folder, path.dirname(folder)]) {
      const made = new Date(`${folder.slice(0, 4)}-12-30T10:00:00Z`)
      fs.utimesSync(at('photos', name), made, made)
    }
  }
}

interface Shown {
  readonly command: string
  readonly output: readonly string[]
}

/** Runs `butcher WORDS` in the work folder, as the line of a shell would. */
function butcher(words: string): Shown {
  const script = `butcher() { '${process.execPath}' '${path.join(root, 'bin/butcher.js')}' "$@"; }; butcher ${words}`
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd: work,
    encoding: 'utf8',
    env: { ...process.env, BUTCHER_PASSPHRASE: 'correct horse battery staple', COLUMNS: '84' },
  })
  if (status !== 0) throw new Error(`butcher ${words}: ${stdout}${stderr}`)
  return { command: `butcher ${words}`, output: `${stderr}${stdout}`.trimEnd().split('\n') }
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const [fontPx, linePx, padPx] = [14, 20, 20]

/** A terminal with what was typed and shown in it. */
function sessionPicture(session: readonly Shown[]): string {
  const lines = session.flatMap(({ command, output }) => [
    `<tspan class="prompt">$ </tspan><tspan class="typed">${escaped(command)}</tspan>`,
    ...output.map(escaped),
    '',
  ])
  lines.pop()
  const widest = Math.max(
    ...session.flatMap(({ command, output }) => [command.length + 2, ...output.map((l) => l.length)]),
  )
  const width = Math.ceil(widest * fontPx * 0.602) + 2 * padPx
  const height = lines.length * linePx + 2 * padPx + 22
  const rows = lines.map((line, i) => `<text x="${padPx}" y="${padPx + 38 + i * linePx - 6}">${line}</text>`)
  const dots = ['#f5655b', '#f6bd3b', '#43c645'].map(
    (fill, i) => `<circle cx="${20 + i * 20}" cy="18" r="6" fill="${fill}"/>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" xml:space="preserve" role="img">
<title>A session of butcher in a terminal</title>
<style>
text { font: ${fontPx}px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #d7dae0; white-space: pre }
.prompt { fill: #7fb069 } .typed { fill: #ffffff; font-weight: bold }
</style>
<rect width="${width}" height="${height}" rx="8" fill="#1e2127"/>
${dots.join('')}
${rows.join('\n')}
</svg>
`
}

async function takePageShot(page: string, picture: string): Promise<void> {
  const browser = await openPage(page)
  try {
    await browser.evaluate('new Promise((done) => setTimeout(done, 1500))')
    await browser.press('/')
    await browser.type('norway 10')
    await browser.evaluate('new Promise((done) => setTimeout(done, 1500))')
    await browser.screenshot(picture)
  } finally {
    await browser.close()
  }
}

try {
  fs.mkdirSync(pictures, { recursive: true })
  plantPhotos()
  const session = [
    butcher('backup photos discs --encrypt --medium cd --name "Photos 2025"'),
    butcher('find discs IMG_1060.jpg'),
    butcher('restore discs restored --include "2024/Norway/IMG_1060.jpg"'),
  ]
  fs.writeFileSync(path.join(pictures, 'session.svg'), sessionPicture(session))
  butcher('label discs --out labels.pdf --title "Family photos"')
  execFileSync('pdftoppm', ['-png', '-r', '110', '-f', '1', '-l', '1', at('labels.pdf'), at('label')])
  const label = fs.readdirSync(work).find((name) => /^label-?\d*\.png$/.test(name)) as string
  fs.copyFileSync(at(label), path.join(pictures, 'label.png'))
  butcher('index discs index.html')
  await takePageShot(at('index.html'), path.join(pictures, 'index-page.png'))
  for (const name of fs.readdirSync(pictures)) {
    console.log(`docs/pictures/${name}: ${fs.statSync(path.join(pictures, name)).size} bytes`)
  }
} finally {
  fs.rmSync(work, { recursive: true, force: true })
}
