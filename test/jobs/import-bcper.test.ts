import { describe, expect, test } from 'vitest'
import { importBcper } from '../../src/jobs/import-bcper.ts'
import { parseDefinitions } from '../../src/jobs/configuration.ts'

const now = new Date('2026-01-01T00:00:00Z')
const load = (config: unknown) => importBcper(JSON.stringify(config), 'config.json', '/home/me', 'UTC', now)
const config = {
  items: {
    docs: {
      key: 'docs',
      paths: ['~/docs', '/srv/x'],
      password: 'secret words',
      bcpignore: ['# c', '*.o', 'a/*.c', '/top', 'tmp/'],
    },
  },
  vaults: { all: { name: 'all', item_keys: ['docs'], password: null, bcpignore: [] } },
  stores: {
    disk: { type: 'local', path: '~/backups' },
    cloud: { type: 'rclone', remote: 'nas', path: 'b' },
  },
  frequencies: {
    daily: { id: 'daily', name: 'Daily', cron: '0 22 * * *' },
    old: { id: 'old', name: 'Old', period_type: 'hourly', interval: 6 },
    once: { id: 'once', name: 'Once', cron: '' },
  },
  jobs: {
    '0a1b2c3d': {
      id: '0a1b2c3d',
      name: 'Docs nightly',
      target_type: 'item',
      target_name: 'docs',
      store_name: 'disk',
      frequency_id: 'daily',
      keep_last: 3,
      enabled: true,
    },
    ffffffff: {
      id: 'ffffffff',
      name: 'a/b',
      target_type: 'vault',
      target_name: 'all',
      store_name: 'cloud',
      frequency_id: 'old',
      keep_last: 0,
    },
  },
}

test('everything of a configuration comes over, jobs paused, passwords apart', () => {
  const { definitions, passphrases } = load(config)
  expect(parseDefinitions(JSON.stringify(definitions), 'FILE', now)).toEqual(definitions)
  expect(definitions.items[0]).toEqual({
    name: 'docs',
    paths: ['/home/me/docs', '/srv/x'],
    ignore: ['*.o', 'a/*.c', '/top', 'tmp/'],
    secret: 'item-docs',
  })
  expect(definitions.stores).toEqual([
    { name: 'disk', type: 'local', path: '/home/me/backups' },
    { name: 'cloud', type: 'rclone', remote: 'nas', path: 'b' },
  ])
  expect(definitions.schedules.map(({ cron }) => cron)).toEqual(['0 22 * * *', '0 */6 * * *', ''])
  expect(definitions.jobs).toMatchObject([
    { name: 'Docs nightly', retention: { last: 3 }, enabled: false, schedule_id: 'daily' },
    { name: 'a_b', retention: {}, target_type: 'vault' },
  ])
  expect([...passphrases]).toEqual([['item-docs', 'secret words']])
  expect(JSON.stringify(definitions)).not.toContain('secret words')
})

test('each pattern that means something else is remarked on', () => {
  const { remarks } = load(config)
  expect(remarks).toEqual([
    "The pattern 'a/*.c' of the item docs has a * that does not match a slash any more.",
    "The pattern '/top' of the item docs begins at the source now; in bcper it fitted nothing.",
    "The pattern 'tmp/' of the item docs leaves out folders only; in bcper it left out files of that name as well.",
    "The job 'a/b' is called 'a_b' now.",
  ])
})

describe('a file that is none', () => {
  test.each(['', '[]', '{}', 'null', '{"x":1}'])('%j is refused', (words) => {
    expect(() => importBcper(words, 'config.json', '/h', 'UTC', now)).toThrow(
      'is not a configuration of bcper',
    )
  })
  test('fields of wrong types do no harm', () => {
    const { definitions } = load({
      items: { a: { paths: 'x', bcpignore: 3 }, b: 5, __proto__: { x: 1 } },
      jobs: [],
    })
    expect(definitions.items.map(({ name }) => name)).toEqual(['a'])
    expect(() => parseDefinitions(JSON.stringify(definitions), 'FILE', now)).toThrow('not empty')
  })
})
