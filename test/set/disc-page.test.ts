import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { readRows } from '../../assets/index-page/tree.js'
import { backup } from '../../src/commands/backup/backup.ts'
import { draftPage } from '../../src/set/disc-page.ts'
import type { FinishOptions } from '../../src/set/finish-set.ts'
import { repair } from '../../src/commands/repair/repair.ts'
import { verify } from '../../src/commands/verify/verify.ts'
import { discBytes } from '../../src/disc/capacity.ts'
import { describeTree, program } from '../support/tree.ts'
import { largeCatalog } from '../support/large-catalog.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'page-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

const source = path.join(root, 'source')
fs.mkdirSync(path.join(source, 'letters'), { recursive: true })
for (let i = 0; i < 15; i++) {
  fs.writeFileSync(path.join(source, `letters/letter-${i}.bin`), randomBytes(600_000))
}

const few = path.join(root, 'few')
fs.mkdirSync(few)
fs.writeFileSync(path.join(few, 'letter.txt'), 'a letter')

const put = (destination: string, more: object = {}): Promise<unknown> =>
  backup({
    source,
    destination: path.join(root, destination),
    medium: '7MB',
    chunkSizeBytes: 2e6,
    jobs: 2,
    ...more,
  })
const inDisc = (destination: string, disc: number, name = ''): string =>
  path.join(root, destination, `disc-000${disc}`, name)
/** The labels of discs, and the paths. */
function listed(page: string): string {
  const packed = /id="data">([^<]*)</.exec(fs.readFileSync(page, 'utf8'))?.[1] as string
  const [header, ...lines] = gunzipSync(Buffer.from(packed, 'base64')).toString().trimEnd().split('\n')
  return [header, ...readRows(lines).path].join('\n')
}

test('each disc of a set in clear has the page of all discs, full ones too, and within the medium', async () => {
  await put('plain')
  for (const disc of [1, 2]) {
    const page = inDisc('plain', disc, 'index.html')
    expect(listed(page)).toMatch(/letters\/letter-0\.bin\n[^]*letters\/letter-9\.bin$/)
    expect(listed(page)).toMatch(/_0001.*_0002/s)
    expect(program('sha256sum', ['-c', 'SHA256SUMS'], { cwd: inDisc('plain', disc) }).toString()).toContain('index.html: OK')
    expect(discBytes(inDisc('plain', disc))).toBeLessThanOrEqual(7_000_000)
  }
  expect(discBytes(inDisc('plain', 1))).toBeGreaterThan(6_900_000)
  const told = await verify({ from: [inDisc('plain', 1), inDisc('plain', 2)] })
  expect(told).toMatchObject({ damaged: 0, surplus: 0, unchecked: 0 })
  expect(fs.readdirSync(path.join(root, 'plain/.butcher/new'))).toEqual([])

  fs.writeFileSync(path.join(source, 'letters/one-more.txt'), 'one more')
  await put('plain')
  expect(listed(inDisc('plain', 1, 'index.html'))).toContain('one-more.txt')
  await put('plain', { indexPage: false })
  expect(fs.existsSync(inDisc('plain', 1, 'index.html'))).toBe(false)
  expect(fs.readFileSync(inDisc('plain', 1, 'SHA256SUMS'), 'utf8')).not.toContain('index.html')
}) // prettier-ignore

test('none is on the discs of an encrypted set, and on one of which it would take too much', async () => {
  await put('secret', { source: few, passphrase: 'x' })
  await put('small', { source: few, medium: '4MB' })
  for (const destination of ['secret', 'small'])
    expect(fs.existsSync(inDisc(destination, 1, 'index.html'))).toBe(false)
})

test('parity makes it good, too', async () => {
  await put('parity', { source: few, redundancy: 10 })
  const disc = inDisc('parity', 1)
  const before = describeTree(disc)
  const copy = path.join(root, 'copy')
  fs.cpSync(disc, copy, { recursive: true, preserveTimestamps: true })
  const page = fs.readFileSync(path.join(copy, 'index.html'))
  page.fill(0, 9000, 9100)
  fs.writeFileSync(path.join(copy, 'index.html'), page)
  const mended = await repair({ disc: copy, out: path.join(root, 'mended') })
  expect(mended).toMatchObject({ repaired: ['index.html'], wrong: [], identical: true })
  program('diff', ['-r', disc, path.join(root, 'mended')])
  expect(describeTree(disc)).toEqual(before)
})

test('one that is too large for the discs is left out, which is told', async () => {
  const db = largeCatalog(path.join(root, 'large.sqlite'), 65_000)
  const told: string[] = []
  const options = {
    set: { db, setId: '0'.repeat(32), encrypted: false },
    stagingDir: root,
    indexPage: true,
    report: (event: { message?: string }) => void told.push(event.message ?? ''),
    signal: undefined,
  } as unknown as FinishOptions
  expect(await draftPage(options, [100_000_000, 90_000_000])).toBeUndefined()
  expect(told).toEqual(['the discs have no index.html: it would be larger than 500 kB; butcher index makes one elsewhere'])
  expect(fs.readdirSync(root)).not.toContain('index.html')
  const made = await draftPage(options, [null])
  db.close()
  expect(made?.bytes).toBe(fs.statSync(path.join(root, 'index.html')).size)
}) // prettier-ignore
