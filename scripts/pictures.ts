/**
 * node scripts/pictures.ts: makes the pictures of README.md in docs/pictures/ from a real set: the label of a
 * disc, the index page, and a session in a terminal. Needs chromium; takes some 3 GB below the folder for
 * temporary files. What the session shows is what the commands printed, except for the name of the work
 * folder.
 */

import { spawnSync } from 'node:child_process'
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
  return {
    command: `butcher ${words}`,
    output: `${stderr}${stdout}`.replaceAll(work, '/home/ana').trimEnd().split('\n'),
  }
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

/** The face as it looks printed on a disc, and the sheet for its case. */
function labelPage(face: string, sheet: string): string {
  const source = (svg: string): string =>
    `data:image/svg+xml;base64,${fs.readFileSync(svg).toString('base64')}`
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; height: 100vh; display: flex; align-items: center; justify-content: center; gap: 50px; background: #dfe3e8 }
.disc { position: relative; width: 580px; height: 580px; border-radius: 50%; overflow: hidden; background: #fff; box-shadow: 0 10px 30px #0005 }
.disc img, .case img { width: 100%; height: 100%; object-fit: cover }
.hub { position: absolute; left: 50%; top: 50%; width: 174px; height: 174px; margin: -87px; border-radius: 50%; box-sizing: border-box; border: 1px solid #bbb; background: radial-gradient(#dfe3e8 0 36px, #aaa 36px 37px, #eef0f3 37px) }
.case { width: 500px; height: 500px; background: #fff; box-shadow: 0 10px 30px #0005 }
</style><div class="disc"><img src="${source(face)}"><div class="hub"></div></div><div class="case"><img src="${source(sheet)}"></div>`
}

/** Takes a picture of a page in a browser, after `act`. */
async function takeShot(
  page: string,
  picture: string,
  act?: (browser: Awaited<ReturnType<typeof openPage>>) => Promise<void>,
): Promise<void> {
  const browser = await openPage(page)
  try {
    await browser.evaluate('new Promise((done) => setTimeout(done, 1500))')
    if (act) await act(browser)
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
    butcher('find discs "IMG_1060*"'),
    butcher('restore discs restored --include "2024/Norway/IMG_1060.jpg"'),
  ]
  fs.writeFileSync(path.join(pictures, 'session.svg'), sessionPicture(session))
  butcher('label discs 1 --out label.svg --title "Family photos"')
  fs.writeFileSync(at('label.html'), labelPage(at('label-face.svg'), at('label-case.svg')))
  await takeShot(at('label.html'), path.join(pictures, 'label.png'))
  butcher('index discs index.html')
  await takeShot(at('index.html'), path.join(pictures, 'index-page.png'), async (browser) => {
    await browser.press('/')
    await browser.type('IMG_106')
  })
  for (const name of fs.readdirSync(pictures)) {
    console.log(`docs/pictures/${name}: ${fs.statSync(path.join(pictures, name)).size} bytes`)
  }
} finally {
  fs.rmSync(work, { recursive: true, force: true })
}
