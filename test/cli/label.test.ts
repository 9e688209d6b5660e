import Database from 'better-sqlite3'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { longTest } from '../support/rows.ts'
import { recordCopy } from '../../src/catalog/disc-life.ts'
import { label } from '../../src/commands/label/label.ts'
import { openCatalog } from '../../src/set/open-catalog.ts'
import { makeSet, type MadeSet } from '../support/make-set.ts'
import { pdfText, readCode, renderPdf, renderSvg } from '../support/rendered.ts'
import { describeTree } from '../support/tree.ts'
import { cli, cliJson } from './cli.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'label-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))
const file = (name: string): string => path.join(folder, name)
const setId = '00112233445566778899AABBCCDDEEFF'
let set: MadeSet

beforeAll(async () => {
  const backups = [{ name: 'Café <b> & "Ж"', tree: { 'a.txt': 'x'.repeat(900), 'b.txt': 'y'.repeat(2500) } }]
  set = await makeSet(file('set'), { backups, chunksPerDisc: 2 })
})

test('labels of all discs: PDF pages that decode, with the letters of the name', () => {
  const before = describeTree(set.destination)
  const { stdout, stderr, status } = cli(['label', set.destination, '--out', file('all.pdf')])
  expect({ stdout, stderr, status }).toEqual({ stdout: `${file('all.pdf')}\n`, stderr: '', status: 0 })
  expect(pdfText(file('all.pdf'))).toMatch(/Café <b> & "Ж"[\s\S]*BUTCHER_00112233_0002/)
  renderPdf(file('all.pdf'), 3, file('face'))
  renderPdf(file('all.pdf'), 4, file('case'))
  for (const png of ['face.png', 'case.png']) expect(readCode(file(png))).toBe(`BUTCHER:${setId}:DISC:2`)
  expect(describeTree(set.destination)).toEqual(before)
})

test('one disc as SVG, of a set with a passphrase: no name of a backup, and the code decodes', async () => {
  const secret = await makeSet(file('secret'), {
    backups: [{ name: 'hidden name', tree: { 'a.txt': 'x' } }],
    passphrase: 'hidden phrase',
  })
  const call = ['label', secret.destination, '1', '--passphrase', 'hidden phrase', '--case', 'dvd']
  expect(cli([...call, '--out', file('one.svg')]).stdout).toBe(`${file('one-face.svg')}\n${file('one-case.svg')}\n`)
  for (const name of ['one-face', 'one-case']) {
    const svg = fs.readFileSync(file(`${name}.svg`), 'utf8')
    expect(svg).toContain('needs the passphrase')
    expect(svg).not.toContain('hidden')
    renderSvg(file(`${name}.svg`), file(`${name}.png`))
    expect(readCode(file(`${name}.png`))).toBe(`BUTCHER:${setId}:DISC:1`)
  }
}) // prettier-ignore

longTest('each copy that the catalog knows gets its own, and --copy picks one', () => {
  const db = new Database(set.catalog)
  recordCopy(db, 1, 1, { burned: Date.UTC(2026, 4, 6, 12) })
  recordCopy(db, 1, 2, {})
  db.close()
  const out = ['--out', file('copies.svg'), '--overwrite', '--case', 'none']
  const rows = cliJson(['label', set.destination, '1-2', ...out])
  expect(rows.map(({ disc, copy, files }) => [disc, copy, files])).toEqual([
    [1, 1, undefined],
    [1, 2, undefined],
    [2, null, undefined],
    [undefined, undefined, ['copies-disc-0001-copy-1-face.svg', 'copies-disc-0001-copy-2-face.svg', 'copies-disc-0002-face.svg'].map(file)],
  ])
  expect(cliJson(['label', set.destination, '1', '--copy', '2', ...out])).toMatchObject([{ copy: 2 }, { files: [file('copies.svg')] }])
  expect(fs.readFileSync(file('copies.svg'), 'utf8')).toContain('copy 2 of 2')
  expect(cli(['label', set.destination, '1', '--copy', '1', '--out', file('burned.svg')]).status).toBe(0)
  expect(fs.readFileSync(file('burned-case.svg'), 'utf8')).toContain('2026-05-06')
}) // prettier-ignore

test('what cannot be done is said in one line', async () => {
  const catalog = await openCatalog([set.destination], {})
  const wrong = (out: string, ...discs: number[]): Promise<unknown> =>
    label({ catalog, out, discs }).catch((error: Error) => error.message)
  expect(await wrong(file('7.pdf'), 7)).toMatch(/there is no disc 7: the set has discs 1 to 2/)
  expect(await wrong(file('1.png'), 1)).toMatch(/neither \.pdf nor \.svg/)
  expect(await wrong(path.join(set.discs[0] as string, 'label.pdf'), 1)).toMatch(/stays as it is/)
  expect(await wrong(file('no/where.pdf'), 1)).toMatch(/cannot write .*where\.pdf: no such file/)
  expect(await wrong(file('all.pdf'), 1)).toMatch(/all\.pdf exists already/)
  catalog.close()
})
