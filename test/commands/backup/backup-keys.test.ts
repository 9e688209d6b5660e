/** The life of a key: a set outlives the day on which the key of its recipient ends. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { longTest, rows } from '../../support/rows.ts'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { makeImages } from '../../../src/commands/burn/make-images.ts'
import { noteDiscs } from '../../../src/commands/catalog/note-discs.ts'
import type { ButcherEvent } from '../../../src/events.ts'
import { type GpgHome, gpgHome } from '../../support/gpg-home.ts'
import { describeTree } from '../../support/tree.ts'
import {
  chunkFiles,
  discFolders,
  fingerprint,
  restored,
  runBackup,
  scratchFolder,
} from '../../support/backup-set.ts'

const scratch = scratchFolder()
const inside = (name: string): string => path.join(scratch.folder, name)
const source = inside('source')
const medium = '2MB'
let home: GpgHome

beforeAll(() => {
  home = gpgHome()
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'a.txt'), 'a\n')
})
afterAll(() => {
  home.remove()
  scratch.remove()
})

const make = (name: string, options: Partial<BackupOptions>) =>
  runBackup({ source, destination: inside(name), medium, ...options })

const copyOf = (name: string, as: string): string => {
  fs.cpSync(inside(name), inside(as), { recursive: true, preserveTimestamps: true })
  return as
}

/** The clock says `day` while `work` runs. gpg has its own. */
async function on<Result>(day: string, work: () => Promise<Result>): Promise<Result> {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(day) })
  try {
    return await work()
  } finally {
    vi.useRealTimers()
  }
}

/** Refused in these words before anything is looked at, and nothing is written. */
async function refused(
  name: string,
  options: Partial<BackupOptions>,
  message: RegExp,
  hint: RegExp,
): Promise<void> {
  const state = (): unknown => (fs.existsSync(inside(name)) ? fingerprint(inside(name)) : 'not there')
  const before = state()
  const events: ButcherEvent[] = []
  const call = runBackup({ source, destination: inside(name), medium, ...options }, (event) =>
    events.push(event),
  )
  await expect(call).rejects.toMatchObject({
    code: 'key',
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
  })
  expect(events).toEqual([])
  expect(state()).toEqual(before)
}

const notes = (events: readonly ButcherEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'note' && /key/.test(event.message) ? [event.message] : []))

describe('a key that expires, and is renewed', () => {
  const user = 'expires@example.org'
  let old: { readonly pub: string; readonly sec: string }
  let renewed: typeof old
  const files = (): typeof old => ({
    pub: home.save(user, '--export'),
    sec: home.save(user, '--export-secret-keys'),
  })

  beforeAll(async () => {
    const at = '20230101T000000'
    home.gpg(['--quick-generate-key', user, 'future-default', 'default', '1y'], { at })
    old = files()
    await on('2023-06-01', () => make('set', { recipients: [old.pub] }))
    const id = home.fingerprint(user)
    home.gpg(['--quick-set-expire', id, '0'])
    home.gpg(['--quick-set-expire', id, '0', '*'])
    renewed = files()
  })

  const expired =
    /^cannot encrypt to the key [0-9A-F]{40} of expires@example\.org.*: it expired on 2024-01-01$/
  const wayOut = /gpg --quick-set-expire [0-9A-F]{40} 2y.*--recipient new\.pub/

  test('begins no set, and continues none', async () => {
    await refused('new', { recipients: [old.pub] }, /expired on 2024-01-01/, wayOut)
    await refused('set', { privateKey: old.sec }, expired, wayOut)
    await refused('set', { privateKey: old.sec, recipients: [old.pub] }, /expired on 2024-01-01/, wayOut)
    await refused('set', { privateKey: old.sec, dryRun: true }, expired, wayOut)
  })

  test('still restores, and what is there is sealed and recorded, with a warning', async () => {
    const from = [inside('set')]
    expect(await restored({ from, into: inside('out'), privateKey: old.sec })).toEqual(describeTree(source))
    const destination = inside(copyOf('set', 'sealed'))
    const said: string[] = []
    const report = (event: ButcherEvent): unknown => event.type === 'warning' && said.push(event.message)
    const images = await makeImages({ destination, privateKey: old.sec, report })
    expect(images.discs).toEqual([1])
    await noteDiscs({
      destination,
      privateKey: old.sec,
      report,
      locate: [{ discs: [1], place: 'the shelf' }],
    })
    expect(said).toHaveLength(2)
    for (const line of said)
      expect(line).toMatch(/it expired on 2024-01-01, and the next backup needs another/)
    const catalog = fs.readFileSync(path.join(destination, 'catalog.sqlite.bz2.gpg'))
    expect(home.gpg(['--decrypt'], { input: catalog }).subarray(0, 3).toString()).toBe('BZh')
  })

  test.each(rows(['with its public part', 'with the private key alone'], [0]))(
    '%s, renewed, it goes on',
    async (how) => {
      const name = copyOf('set', how)
      const recipients = how.includes('public') ? { recipients: [renewed.pub] } : {}
      const privateKey = how.includes('public') ? old.sec : renewed.sec
      const dry = await make(name, { privateKey, ...recipients, dryRun: true })
      expect(notes(dry.events)).toHaveLength(1)
      const later = inside('later')
      fs.cpSync(source, later, { recursive: true })
      fs.writeFileSync(path.join(later, `${how}.txt`), how)
      const run = await make(name, { source: later, privateKey, ...recipients })
      expect(run).toMatchObject({ backup: 2, chunks: 1, complete: true })
      expect(notes(run.events)).toEqual([
        expect.stringMatching(/is renewed, and valid without an end: the set has it/),
      ])
      for (const chunk of chunkFiles(discFolders(inside(name))))
        home.gpg(['--output', '/dev/null', '--decrypt', chunk])

      // The set has it now: neither it nor the old one needs to be given, and the old one changes nothing.
      for (const options of [{}, { recipients: [old.pub] }, { recipients: [renewed.pub] }]) {
        const again = await make(name, { source: later, privateKey: old.sec, ...options })
        expect([again.complete, notes(again.events), again.told]).toEqual([true, [], []])
      }
      expect(await restored({ from: [inside(name)], into: inside('out'), privateKey: old.sec })).toEqual(
        describeTree(later),
      )
    },
  )

  longTest('iso with the renewed private key records it, and warns of nothing', async () => {
    const destination = inside(copyOf('set', 'iso-renews'))
    const events: ButcherEvent[] = []
    await makeImages({ destination, privateKey: renewed.sec, report: (event) => events.push(event) })
    expect(events.filter(({ type }) => type === 'warning')).toEqual([])
    expect(notes(events)).toHaveLength(1)
    expect(await make('iso-renews', { privateKey: old.sec })).toMatchObject({ backup: 2, complete: true })
  })

  longTest('a new part, made after the old one expired, is taken', async () => {
    const other = 'new-part@example.org'
    const at = '20230101T000000'
    home.gpg(['--quick-generate-key', other, 'ed25519', 'sign', 'never'], { at })
    const id = home.fingerprint(other)
    home.gpg(['--quick-add-key', id, 'cv25519', 'encr', '1y'], { at })
    const pub = home.save(other, '--export')
    await on('2023-06-01', () => make('parts', { recipients: [pub] }))
    const privateKey = home.save(other, '--export-secret-keys')
    await refused('parts', { privateKey }, /expired on 2024-01-01/, wayOut)
    home.gpg(['--quick-add-key', id, 'cv25519', 'encr', 'never'])
    const recipients = [home.save(other, '--export')]
    expect(await make('parts', { privateKey, recipients })).toMatchObject({ backup: 2, complete: true })
  })
})

test('a key from the future: the clock is named', async () => {
  const user = 'early@example.org'
  home.gpg(['--quick-generate-key', user, 'future-default', 'default', 'never'])
  const recipients = [home.save(user, '--export')]
  await on('2020-01-01', () =>
    refused('early', { recipients }, /it is valid from 20\d\d-\d\d-\d\d on only$/, /clock/),
  )
})

test('the same key twice counts once, and the newer copy of it', async () => {
  const user = 'twice@example.org'
  home.gpg(['--quick-generate-key', user, 'future-default', 'default', '1y'], { at: '20230101T000000' })
  const old = home.save(user, '--export')
  home.gpg(['--quick-set-expire', home.fingerprint(user), '0'])
  home.gpg(['--quick-set-expire', home.fingerprint(user), '0', '*'])
  await make('twice', { recipients: [home.save(user, '--export'), old] })
  const [chunk = ''] = chunkFiles(discFolders(inside('twice')))
  expect(
    home
      .gpg(['--list-packets', '--list-only', chunk])
      .toString()
      .match(/^:pubkey enc packet/gm),
  ).toHaveLength(1)
})

test('the name of a key, as gpg takes it: it says that a file is wanted', async () => {
  await expect(make('named', { recipients: ['early@example.org'] })).rejects.toMatchObject({
    hint: expect.stringMatching(/gpg --export --armor early@example\.org > key\.pub/) as string,
  })
})

longTest(
  'a revoked key ends the set: it is said, with the way out, and what is there is sealed',
  async () => {
    const user = 'revoked@example.org'
    home.gpg(['--quick-generate-key', user, 'future-default', 'default', 'never'])
    const [pub, privateKey] = [home.save(user, '--export'), home.save(user, '--export-secret-keys')]
    await make('revoked', { recipients: [pub] })
    const certificate = path.join(home.folder, 'openpgp-revocs.d', `${home.fingerprint(user)}.rev`)
    const input = Buffer.from(fs.readFileSync(certificate, 'utf8').replace(/^:-----BEGIN/m, '-----BEGIN'))
    home.gpg(['--import'], { input })
    const now = home.save(user, '--export')

    const words =
      /^cannot encrypt to the key [0-9A-F]{40} of revoked@example\.org.*: it was revoked on \d{4}-\d\d-\d\d$/
    const wayOut = /a new set in another destination/
    await refused('revoked-new', { recipients: [now] }, words, wayOut)
    await refused('revoked', { privateKey, recipients: [now] }, words, wayOut)
    await refused('revoked', { privateKey: home.save(user, '--export-secret-keys') }, words, wayOut)
    const said: string[] = []
    await makeImages({
      destination: inside('revoked'),
      privateKey: home.save(user, '--export-secret-keys'),
      report: (event) => event.type === 'warning' && said.push(event.message),
    })
    expect(said).toEqual([expect.stringMatching(/it was revoked on/)])
    // It is recorded with the image: the next backup knows, whatever key it is given.
    await refused('revoked', { privateKey }, words, wayOut)
    const from = [inside('revoked')]
    expect(await restored({ from, into: inside('out'), privateKey })).toEqual(describeTree(source))
  },
)

test('a private key alone begins no set: it would not be encrypted', async () => {
  const user = 'private@example.org'
  home.gpg(['--quick-generate-key', user, 'future-default', 'default', 'never'])
  const privateKey = home.save(user, '--export-secret-keys')
  for (const options of [{ privateKey }, { privateKey, passphrase: 'of the key' }]) {
    await expect(make('private', options)).rejects.toMatchObject({
      code: 'secret',
      message: expect.stringMatching(/a private key encrypts nothing/) as string,
      hint: expect.stringMatching(/--recipient/) as string,
    })
    expect(fs.existsSync(inside('private'))).toBe(false)
  }
})
