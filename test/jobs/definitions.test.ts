import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { backupCall, below } from '../../src/jobs/backup-call.ts'
import {
  changeDefinitions,
  configurationFile,
  parseDefinitions,
  readDefinitions,
} from '../../src/jobs/configuration.ts'
import type { Definitions, Item, Job, JobStore } from '../../src/jobs/definitions.ts'
import { noDefinitions } from '../../src/jobs/definitions.ts'
import { addDefinition, removeDefinition } from '../../src/jobs/edit-definitions.ts'
import { pathFilter } from '../../src/files/path-filter.ts'

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'jobs-'))
const before = process.env['XDG_CONFIG_HOME']
process.env['XDG_CONFIG_HOME'] = home
afterAll(() => {
  if (before === undefined) delete process.env['XDG_CONFIG_HOME']
  else process.env['XDG_CONFIG_HOME'] = before
})
beforeEach(() => fs.rmSync(path.join(home, 'butcher'), { recursive: true, force: true }))

const item = (name: string, more: Partial<Item> = {}): Item => ({
  name,
  paths: [`/data/${name}`],
  ignore: [],
  ...more,
})
const store = (more: Partial<JobStore> = {}): JobStore => ({
  name: 'disk',
  type: 'local',
  path: '/srv/sets',
  ...more,
})
const job = (more: Partial<Job> = {}): Job => ({
  name: 'nightly',
  target_type: 'item',
  target_name: 'photos',
  store_name: 'disk',
  retention: {},
  enabled: true,
  on_mains: false,
  before: [],
  after: [],
  created: '2026-01-01T00:00:00.000Z',
  ...more,
})
const all = (more: Partial<Definitions> = {}): Definitions => ({
  ...noDefinitions,
  items: [item('photos')],
  stores: [store()],
  jobs: [job()],
  ...more,
})
const check = (value: unknown): Definitions => parseDefinitions(JSON.stringify(value), 'FILE')

describe('the configuration', () => {
  test('is empty without a file, and comes back as it was saved, of mode 0600', () => {
    expect(readDefinitions()).toEqual(noDefinitions)
    changeDefinitions(() => all())
    expect(readDefinitions()).toEqual(all())
    expect(fs.statSync(configurationFile()).mode & 0o777).toBe(0o600)
    expect(fs.statSync(path.dirname(configurationFile())).mode & 0o777).toBe(0o700)
  })
  test('a change that is wrong leaves the file as it was', () => {
    changeDefinitions(() => all())
    expect(() => changeDefinitions((now) => ({ ...now, items: [] }))).toThrow("needs the item 'photos'")
    expect(readDefinitions()).toEqual(all())
  })
  test.each([
    [{ ...noDefinitions, version: 2 }, 'version must be 1'],
    [{ ...noDefinitions, more: 1 }, 'more is not an option'],
    [all({ items: [item('a/b')] }), 'items[0].name must be a name'],
    [all({ items: [item('..')] }), 'items[0].name must be a name'],
    [all({ items: [item('-x')] }), 'items[0].name must be a name'],
    [all({ items: [item('a\u0007b')] }), 'items[0].name must be a name'],
    [all({ items: [item('photos', { paths: ['relative'] })] }), 'must be an absolute path'],
    [all({ items: [item('photos', { paths: [] })] }), 'must be a list that is not empty'],
    [all({ items: [item('photos'), item('Photos')] }), 'differ by case alone'],
    [all({ items: [item('photos'), item('photos')] }), "there is a item 'photos' already"],
    [all({ stores: [store({ type: 'rclone' })] }), 'needs a remote'],
    [all({ stores: [store({ remote: 'nas' })] }), 'takes no remote'],
    [all({ stores: [store({ medium: 'bd25' })] }), 'takes no medium'],
    [all({ jobs: [job({ target_name: 'gone' })] }), "needs the item 'gone'"],
    [all({ jobs: [job({ schedule_id: 'gone' })] }), "needs the schedule 'gone'"],
    [all({ jobs: [job({ before: [[]] })] }), 'must be a list that is not empty'],
    [all({ schedules: [{ id: 's', name: 's', cron: '* * * * *', zone: 'UTC' }] }), '1 minute apart'],
    [all({ schedules: [{ id: 's', name: 's', cron: '', zone: 'Nowhere' }] }), 'unknown time zone'],
    [all({ stores: [store({ type: 'optical' })], jobs: [job({ retention: { last: 3 } })] }), 'cannot forget'],
  ])('refuses what is wrong: %#', (value, why) => {
    expect(() => check(value)).toThrow(why)
  })
  test('names the file, and shows no text of JSON that is broken', () => {
    expect(() => parseDefinitions('{', '/x/jobs.json')).toThrow('cannot use /x/jobs.json')
  })
})

describe('removal', () => {
  test('of something in use is refused with the names, and with force disables the job', () => {
    expect(() => removeDefinition(all(), 'store', 'disk', false)).toThrow("the job 'nightly' needs it")
    const after = removeDefinition(all(), 'store', 'disk', true)
    expect(after.jobs[0]).toMatchObject({ enabled: false, disabled_because: "the store 'disk' was removed" })
    expect(check(after)).toEqual(after)
  })
  test('of the only item of a vault is refused', () => {
    const some = all({ vaults: [{ name: 'v', items: ['photos'], ignore: [] }] })
    expect(() => removeDefinition(some, 'item', 'photos', true)).toThrow("the only one of the vault 'v'")
  })
  test('of what is not there says how to find the names', () => {
    expect(() => removeDefinition(all(), 'item', 'x', false)).toThrow("there is no item 'x'")
    expect(() => addDefinition(all(), 'item', item('photos'))).toThrow('already')
  })
})

describe('the call of a job', () => {
  test('of one path keeps the form of one source', () => {
    const { words, destination, secret } = backupCall(
      job(),
      all({ items: [item('photos', { ignore: ['*.o'] })] }),
    )
    expect(words).toEqual([
      'backup',
      '--exclude=*.o',
      '--reset-options',
      '--medium=unlimited',
      '--no-encrypt',
      '--json',
      '--',
      '/data/photos',
      '/srv/sets/nightly',
    ])
    expect({ destination, secret }).toEqual({ destination: '/srv/sets/nightly', secret: undefined })
  })
  test('of a vault names each source, the patterns of the items last', () => {
    const definitions = all({
      items: [
        item('photos', { ignore: ['!keep.tmp'] }),
        item('work', { paths: ['/a/src', '/b/mail'], secret: 's' }),
      ],
      vaults: [{ name: 'home', items: ['photos', 'work'], ignore: ['*.tmp'], secret: 's' }],
      stores: [store({ type: 'rclone', remote: 'nas', path: 'sets/' })],
    })
    const call = backupCall(job({ target_type: 'vault', target_name: 'home' }), definitions)
    expect(call.words.filter((word) => /^--(as|exclude)/.test(word))).toEqual([
      '--as=photos',
      '--as=work - src',
      '--as=work - mail',
      '--exclude=*.tmp',
      '--exclude=!/photos/**/keep.tmp',
    ])
    expect(call.destination).toBe('rclone:nas:sets/nightly')
    expect(call.secret).toBe('s')
    expect(call.words).toContain('--encrypt')
  })
  test('of two paths with one name is refused', () => {
    const items = [item('photos', { paths: ['/a/x', '/b/x'] })]
    expect(() => backupCall(job(), all({ items }))).toThrow("two paths would have the name 'x'")
  })
  test('of a vault whose items have different secrets is refused', () => {
    const definitions = all({
      items: [item('photos', { secret: 'a' }), item('work', { secret: 'b' })],
      vaults: [{ name: 'home', items: ['photos', 'work'], ignore: [] }],
    })
    const one = job({ target_type: 'vault', target_name: 'home' })
    expect(() => backupCall(one, definitions)).toThrow('different secrets')
  })
  test.each([
    ['*.o', 'N/a.o', true],
    ['*.o', 'N/x/a.o', true],
    ['*.o', 'M/a.o', false],
    ['/a', 'N/a', true],
    ['/a', 'N/x/a', false],
    ['x/a', 'N/x/a', true],
    ['x/a', 'N/y/x/a', false],
    ['build/', 'N/x/build', true],
    ['N', 'N/N', true],
  ])('the pattern %s below a name: %s is left out: %s', (pattern, file, isLeftOut) => {
    const takes = pathFilter({ exclude: [below('N', pattern)] })
    expect(takes(file, file.endsWith('build'))).toBe(!isLeftOut)
  })
})
