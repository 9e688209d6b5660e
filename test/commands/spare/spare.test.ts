import Database from 'better-sqlite3'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImages } from '../../../src/commands/burn/make-images.ts'
import type { MadeImage } from '../../../src/commands/burn/make-images-options.ts'
import { makeSpare } from '../../../src/commands/spare/make-spare.ts'
import { recover } from '../../../src/commands/spare/recover.ts'
import { changeSet } from '../../../src/set/change-set.ts'
import { cli, cliJson, lastLine, onTerminal } from '../../cli/cli.ts'
import { noise } from '../../support/sample-trees.ts'
import { checkSums } from '../../support/read-image.ts'
import { fingerprint, imageSectors, runBackup, scratchFolder } from '../../support/backup-set.ts'

const { folder: scratch, remove } = scratchFolder()
afterAll(remove)

const source = path.join(scratch, 'source')
const destination = path.join(scratch, 'destination')
const disc = (number: number): string => path.join(destination, `disc-000${number}`)
const away = path.join(scratch, 'away')
const mediumBytes = 5_000_000
const group = [1, 2, 3, 4]

const backup = () =>
  runBackup({
    source,
    destination,
    medium: String(mediumBytes),
    chunkSizeBytes: 1_000_000,
    compress: 'none',
  })

/** All files of a folder, with their bytes. */
const contents = (folder: string): Record<string, Buffer> =>
  Object.fromEntries(
    (fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[])
      .filter((name) => fs.statSync(path.join(folder, name)).isFile())
      .sort()
      .map((name) => [name, fs.readFileSync(path.join(folder, name))]),
  )

const expectSame = (made: string, wanted: string): void => {
  const [a, b] = [contents(made), contents(wanted)]
  expect(Object.keys(a)).toEqual(Object.keys(b))
  for (const name of Object.keys(a))
    expect({ name, same: a[name]?.equals(b[name] as Buffer) }).toEqual({ name, same: true })
}

/** A folder of links to everything in the destination but some. */
function without(...names: string[]): string {
  const place = fs.mkdtempSync(path.join(scratch, 'places-'))
  for (const name of fs.readdirSync(destination)) {
    if (!/^(disc|spare)/.test(name) || names.includes(name)) continue
    fs.cpSync(path.join(destination, name), path.join(place, name), { recursive: true })
  }
  return place
}

function damage(file: string, at: number): void {
  const bytes = fs.readFileSync(file)
  bytes[at] = (bytes[at] as number) ^ 1
  fs.writeFileSync(file, bytes)
}

const anyChunk = (folder: string, i: number): string =>
  `chunks/${fs.readdirSync(path.join(folder, 'chunks')).sort()[i]}`

beforeAll(async () => {
  fs.mkdirSync(source)
  fs.mkdirSync(away)
  for (let i = 0; i < 17; i++) fs.writeFileSync(path.join(source, `f${i}`), noise(1_000_000 + i * 9173, i))
  const { discs } = await backup()
  expect(discs).toEqual(group)
})

test('a spare of discs that are full fits their medium, and is sound', async () => {
  const before = group.map((number) => fingerprint(disc(number)))
  const made = await makeSpare({ destination, discs: [4, 2, 1, 3] })
  expect(made).toMatchObject({ spare: 1, discs: group, folder: path.join(destination, 'spare-0001') })
  const fullest = Math.max(...group.map((number) => imageSectors(disc(number)) * 2048))
  expect(fullest / mediumBytes).toBeGreaterThan(0.985)
  expect(imageSectors(made.folder) * 2048).toBeLessThanOrEqual(mediumBytes)
  checkSums(made.folder)
  expect(fs.readdirSync(made.folder).sort()).toEqual([
    'README.txt',
    'SHA256SUMS',
    'group.txt',
    'parity-0001.xor',
  ])
  const readme = fs.readFileSync(path.join(made.folder, 'README.txt'), 'utf8')
  expect(readme).toMatch(/^[\n\x20-\x7e]*$/)
  expect(readme.split('\n').filter((line) => line.length > 79)).toEqual([])
  expect(group.map((number) => fingerprint(disc(number)))).toEqual(before)
  expect(fs.readdirSync(path.join(destination, '.butcher/new'))).toEqual([])
})

test('verify finds a spare sound, and a spare without one of its files not', () => {
  const spare = path.join(destination, 'spare-0001')
  const { status, stdout, stderr } = cli(['verify', destination])
  expect([status, stdout + stderr]).toEqual([0, expect.not.stringContaining('catalog does not know')])
  const readme = fs.readFileSync(path.join(spare, 'README.txt'))
  fs.rmSync(path.join(spare, 'README.txt'))
  expect(cli(['verify', spare]).status).toBe(1)
  fs.writeFileSync(path.join(spare, 'README.txt'), readme)
})

test('a disc is as full as can be, and its spare still fits', async () => {
  // As a disc of which nothing is left but what xorriso needs: the medium is as large as the image of the
  // fullest disc.
  const real = Math.max(...group.map((number) => imageSectors(disc(number)) * 2048))
  const setCapacity = (bytes: number): Promise<void> =>
    changeSet({ destination }, ({ set: { db } }) => {
      db.prepare('UPDATE disc SET capacity = ?').run(bytes)
    })
  const sizes = contents(path.join(destination, 'spare-0001'))
  const listBytes = (sizes['group.txt'] as Buffer).length + (sizes['README.txt'] as Buffer).length
  await setCapacity(real - 100_000)
  await expect(makeSpare({ destination, discs: group })).rejects.toThrow(
    /^the spare would be .* larger than the medium of its discs$/,
  )
  // What butcher leaves free on each disc is more than the lists take.
  expect(imageSectors(path.join(destination, 'spare-0001')) * 2048 - real).toBeLessThan(listBytes + 8192)
  await setCapacity(mediumBytes)
  expect(fs.existsSync(path.join(destination, 'spare-0002'))).toBe(false)
})

test.each([4])('disc %i is made again of the others and the spare, to the last byte', async (number) => {
  const out = path.join(scratch, `again-${number}`)
  const made = await recover({ disc: number, from: [without(`disc-000${number}`)], out })
  expect(made).toMatchObject({ disc: number, spare: 1, damaged: [] })
  expectSame(out, disc(number))
  checkSums(out)
})

test('a spare has an image, too, which is made the same again', async () => {
  const images: MadeImage[] = []
  const make = () => makeImages({ destination, spares: [1], onImage: (image) => images.push(image) })
  expect(await make()).toMatchObject({ discs: [], spares: [1] })
  await make()
  expect(images[0]).toEqual(images[1])
  expect(images[0]).toMatchObject({ spare: 1, file: path.join(destination, 'spare-0001.iso') })
  expect(images[0]?.bytes).toBeLessThanOrEqual(mediumBytes)
  const from = [1, 2, 4].map(disc)
  const made = await recover({
    disc: 3,
    from: [...from, images[0]?.file as string],
    out: path.join(scratch, 'by-spare-image'),
  })
  expect(made.damaged).toEqual([])
  fs.rmSync(images[0]?.file as string)
  await expect(makeImages({ destination, spares: [7] })).rejects.toThrow('there is no spare 7')
})

test('images do as well as folders, for making a spare and for recovering', async () => {
  const { discs } = await makeImages({ destination, discs: [1, 3] })
  expect(discs).toEqual([1, 3])
  const kept = path.join(scratch, 'kept-1')
  fs.renameSync(disc(1), kept)
  const { spare, folder } = await makeSpare({ destination, discs: [1, 3] })
  const out = path.join(scratch, 'by-images')
  expect(await recover({ disc: 3, from: [`${disc(1)}.iso`, folder], out })).toMatchObject({
    spare,
    damaged: [],
  })
  expectSame(out, disc(3))
  fs.renameSync(kept, disc(1))
  for (const number of discs) fs.rmSync(`${disc(number)}.iso`)
  fs.rmSync(folder, { recursive: true })
  await changeSet(
    { destination },
    ({ set: { db } }) => void db.prepare('DELETE FROM spare WHERE number = ?').run(spare),
  )
})

test('the script in the README of the spare does the same by hand', () => {
  const spare = path.join(destination, 'spare-0001')
  const home = fs.mkdtempSync(path.join(scratch, 'home-'))
  const readme = fs.readFileSync(path.join(spare, 'README.txt'), 'utf8')
  const commands = readme.split('\n').flatMap((line) => (line.startsWith('    $ ') ? [line.slice(6)] : []))
  expect(commands).toHaveLength(6)
  try {
    execFileSync('bash', ['-euc', commands.join('\n')], {
      cwd: spare,
      env: { ...process.env, HOME: home },
      input: [2, 3, 4].map((number) => `${disc(number)}\n`).join(''),
    })
  } catch (cause) {
    throw new Error('bash, python3 and coreutils are needed: apt-get install python3', { cause })
  }
  expectSame(path.join(home, 'disc-new'), disc(1))
})

test('later backups leave the discs of a group as they are, and the inventory lists the spare', async () => {
  const before = group.map((number) => fingerprint(disc(number)))
  fs.writeFileSync(path.join(source, 'new'), noise(1000, 99))
  expect((await backup()).discs).toEqual([5])
  expect(group.map((number) => fingerprint(disc(number)))).toEqual(before)
  const lines = cliJson(['discs', destination])
  expect(lines.filter(({ type }) => type === 'spare')).toMatchObject([{ spare: 1, discs: group, folder: path.join(destination, 'spare-0001') }]) // prettier-ignore
  expect(cli(['discs', destination]).stdout).toMatch(/spare 1 of discs 1, 2, 3, 4/)
})

test('damage in another disc is named, and what it costs of the recovered one', async () => {
  const place = without('disc-0003')
  const chunk = path.join(place, 'disc-0002', anyChunk(disc(2), 1))
  damage(chunk, 500_000)
  const told: string[] = []
  const out = path.join(scratch, 'damaged')
  const { damaged } = await recover({
    disc: 3,
    from: [place],
    out,
    report: (event) => event.type === 'warning' && told.push(`${event.path}: ${event.message}`),
  })
  expect(told).toEqual([`${chunk}: disc 2 is damaged here: it is not as it was written`])
  expect(damaged).toHaveLength(1)
  const [wanted, made] = [contents(disc(3)), contents(out)]
  expect(Object.keys(wanted).filter((name) => !made[name]?.equals(wanted[name] as Buffer))).toEqual(damaged)

  const again = cli(['recover', '3', place, path.join(scratch, 'damaged-by-cli')])
  expect(again.status).toBe(1)
  expect(again.stderr).toContain(`warning: ${chunk}: disc 2 is damaged here`)
  expect(lastLine(again.stderr)).toMatch(
    /^error: 1 of \d+ files of disc 3 differ from the lost disc: chunks\//,
  )

  // A chunk that is gone, SHA256SUMS that is damaged: known by its other files, and told.
  fs.rmSync(chunk)
  damage(path.join(place, 'disc-0002/SHA256SUMS'), 3)
  const gone = await recover({ disc: 3, from: [place], out: path.join(scratch, 'gone') })
  expect(gone.damaged.length).toBeGreaterThan(0)
})

test('what is not there is named', async () => {
  const out = path.join(scratch, 'none')
  await expect(recover({ disc: 3, from: [without('disc-0003', 'disc-0001')], out })).rejects.toThrow(/^disc 1 \(BUTCHER_\w+_0001\) is not there; spare 1 needs all discs of its group but one$/) // prettier-ignore
  await expect(recover({ disc: 3, from: [without('spare-0001')], out })).rejects.toThrow(
    'no spare of disc 3 is there',
  )
  await expect(recover({ disc: 5, from: [destination], out })).rejects.toThrow('no spare of disc 5 is there: spare 1 is of discs 1, 2, 3, 4') // prettier-ignore
  await expect(recover({ disc: 3, from: [destination], out: disc(1) })).rejects.toThrow('is there already')
  expect(fs.existsSync(out)).toBe(false)
  const make = (discs: number[]) => makeSpare({ destination, discs })
  await expect(make([1])).rejects.toThrow('a spare is of 2 to 20 discs, not of 1')
  await expect(make([1, 9])).rejects.toThrow('there is no disc 9')
})

test('a disc that is not sound makes no spare, and what was begun is gone', async () => {
  const chunk = path.join(disc(2), anyChunk(disc(2), 2))
  const kept = fs.readFileSync(chunk)
  damage(chunk, 9)
  await expect(makeSpare({ destination, discs: [2, 3] })).rejects.toThrow(
    `${chunk}: it is not as it was written`,
  )
  fs.writeFileSync(chunk, kept)
  expect(fs.existsSync(path.join(destination, 'spare-0002'))).toBe(false)
  expect(fs.readdirSync(path.join(destination, '.butcher/new'))).toEqual([])
})

test('with one drive the discs are asked for, one after another, and the result is the same', async () => {
  const first = contents(path.join(destination, 'spare-0001'))
  for (const number of [2, 3]) fs.renameSync(disc(number), path.join(away, `d${number}`))
  const where = (number: number): string => path.join(away, `d${number}`)
  const made = await onTerminal(
    ['spare', destination, '1-4', '--no-progress'],
    [
      ['or s to skip it: ', `${where(3)}\n`],
      ['is not disc 2', ''],
      ['or s to skip it: ', `${where(2)}\n`],
      ['needed: disc 3', ''],
      ['or s to skip it: ', `${where(3)}\n`],
    ],
  )
  expect(made.status).toBe(0)
  const second = contents(path.join(destination, 'spare-0002'))
  expect(second['parity-0001.xor']?.equals(first['parity-0001.xor'] as Buffer)).toBe(true)

  const out = path.join(scratch, 'asked')
  const again = await onTerminal(
    ['recover', '2', path.join(destination, 'spare-0001'), disc(4), out, '--no-progress'],
    [
      ['or s to skip it: ', `${disc(1)}\n`],
      ['needed: disc 3', ''],
      ['or s to skip it: ', `${where(3)}\n`],
    ],
  )
  expect(again.status).toBe(0)
  expectSame(out, where(2))
  // The discs are known without being asked for where they are named.
  const named = await makeSpare({ destination, discs: [2, 3], from: [away] })
  expect(named).toMatchObject({ spare: 3, discs: [2, 3] })
  const recovered = await recover({ disc: 3, from: [destination, away], out: disc(3) }).catch(
    (error: Error) => error,
  )
  expect(recovered).toMatchObject({ damaged: [] })
  expectSame(disc(3), where(3))
  fs.renameSync(where(2), disc(2))
})

test('a run that was stopped between the steps leaves no spare that is not told, and its discs stay', async () => {
  const row = (sql: string): Promise<unknown> =>
    changeSet({ destination }, ({ set: { db } }) => db.prepare(sql).run())
  await row(`UPDATE spare SET bytes = 0 WHERE number = 3`)
  await row(`INSERT INTO spare VALUES (4, 1, 0, '[5, 1]', NULL)`)
  await makeSpare({ destination, discs: [1, 5] })
  const spares = cliJson(['discs', destination]).filter(({ type }) => type === 'spare')
  expect(spares.map(({ spare, discs, bytes }) => [spare, discs, (bytes as number) > 0])).toEqual([
    [1, group, true],
    [2, group, true],
    [3, [2, 3], true],
    [4, [1, 5], true],
  ])
})

test('what the loss of discs would cost', async () => {
  const key = [destination]
  const loss = (discs: string): Record<string, unknown>[] => cliJson(['discs', ...key, '--if-lost', discs])
  expect(loss('1').at(-1)).toMatchObject({ type: 'summary', files_lost: 0, bytes_lost: 0 })
  expect(loss('1')[0]).toMatchObject({
    type: 'disc',
    disc: 1,
    fate: 'spare',
    spare: { spare: 1, discs: [2, 3, 4] },
  })
  expect(cli(['discs', ...key, '--locate', 'spare-1', 'shelf C', '--lost', 'spare-2'])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^spare 1 of discs 1, 2, 3, 4: .*, shelf C\n$/) as string,
  })
  expect(cli(['discs', ...key]).stdout).toMatch(/spare 1 of discs 1, 2, 3, 4: .*, shelf C$/m)
  expect(cli(['discs', ...key, '--lost', 'spare-9']).status).toBe(2)
  // Spare 4 is of discs 1 and 5, and spare 3 of 2 and 3: two of those come back, and then the other two of
  // the first group.
  expect(
    loss('1,2')
      .map(({ fate }) => fate)
      .slice(0, 2),
  ).toEqual(['spare', 'spare'])
  await changeSet({ destination }, ({ set: { db } }) => {
    db.exec('DELETE FROM spare WHERE number > 1')
    db.prepare(`INSERT INTO copy(disc, copy, state, location) VALUES (4, 1, 'verified', 'shelf'), (4, 2, 'burned', 'attic')`).run() // prettier-ignore
  })
  const lines = loss('1,2,4')
  expect(lines.slice(0, 3)).toMatchObject([{ fate: 'gone' }, { fate: 'gone' }, { disc: 4, fate: 'copy', copies: [{ copy: 2, location: 'attic' }, { copy: 0 }] }]) // prettier-ignore
  const db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
  const gone = db
    .prepare(`SELECT DISTINCT path FROM restore_plan WHERE disc IN (1, 2) ORDER BY path`)
    .pluck()
    .all() as string[]
  db.close()
  expect(lines.filter(({ type }) => type === 'loss').map((line) => line['path'])).toEqual(gone)
  expect(lines.filter(({ type }) => type === 'backup')).toMatchObject([
    { backup: 1, files_lost: gone.length },
    { backup: 2, files_lost: gone.length },
  ])
  const { stdout } = cli(['discs', ...key, '--if-lost', '1-2'])
  expect(stdout).toContain(`  ${gone[0]}  1.0`)
  expect(stdout).toMatch(/^lost: \d+ versions of files, \d\.\d\d MB$/m)
  expect(cli(['discs', ...key, '--if-lost', '77']).status).toBe(2)
})

test('a disc with parity comes back whole, with the parity of its checksums', async () => {
  const set = path.join(scratch, 'with-parity')
  await runBackup({
    source,
    destination: set,
    medium: '12MB',
    chunkSizeBytes: 4_000_000,
    compress: 'none',
    redundancy: 10,
  })
  const { folder } = await makeSpare({ destination: set, discs: [1, 2] })
  const out = path.join(scratch, 'again-with-parity')
  await recover({ disc: 1, from: [folder, path.join(set, 'disc-0002')], out })
  expectSame(out, path.join(set, 'disc-0001'))
  expect(fs.existsSync(path.join(out, 'parity/checksums.par2'))).toBe(true)
})
