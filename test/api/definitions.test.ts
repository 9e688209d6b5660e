import fs from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunningDaemon } from '../daemon/running-daemon.ts'

const daemon = new RunningDaemon()
beforeAll(() => daemon.start())
afterAll(() => daemon.kill('SIGKILL'))

test('definitions are created, replaced by their version, and removed', async () => {
  const item = { paths: ['/srv/photos'] }
  const made = await daemon.put('items/photos', item, { 'if-none-match': '*' })
  expect(made).toMatchObject({ status: 201, body: { name: 'photos', paths: ['/srv/photos'], ignore: [] } })
  const { etag } = made.headers
  expect((await daemon.get('items/photos')).headers['etag']).toBe(etag)
  const again = await daemon.put('items/photos', { ...item, ignore: ['*.tmp'] }, { 'if-match': etag })
  expect(again).toMatchObject({ status: 200, body: { ignore: ['*.tmp'] } })
  expect((await daemon.put('items/photos', item, { 'if-match': etag })).body).toMatchObject({
    code: 'changed',
  })
  expect((await daemon.put('items/photos', item, { 'if-none-match': '*' })).status).toBe(409)
  expect(JSON.parse(daemon.cli('item', 'show', 'photos', '--json'))).toMatchObject({ ignore: ['*.tmp'] })
})

test('the checks are those of the command line, and name the field', async () => {
  expect((await daemon.put('items/photos', { paths: ['relative'] })).body).toMatchObject({
    code: 'usage',
    field: 'paths[0]',
  })
  expect((await daemon.put('items/..', { paths: ['/a'] })).status).toBe(404)
  expect((await daemon.put('items/other', { name: 'photos', paths: ['/a'] })).body).toMatchObject({
    field: 'name',
  })
  expect((await daemon.put('items/photos', { paths: ['/a'], more: 1 })).body).toMatchObject({ field: 'more' })
  const schedule = { cron: '*/2 * * * *', zone: 'UTC' }
  expect((await daemon.put('schedules/often', schedule)).body['message']).toContain('2 minutes apart')
  expect((await daemon.put('jobs/a', { before: ['rm -rf /'] })).status).toBe(400)
})

test('a job is saved whole; what it needs is removed only by force, which disables it', async () => {
  await daemon.put('stores/disk', { type: 'local', path: daemon.path('store') })
  await daemon.put('schedules/nightly', { cron: '0 22 * * *', zone: 'Europe/Berlin' })
  const job = { target_type: 'item', target_name: 'photos', store_name: 'disk', schedule_id: 'nightly' }
  expect((await daemon.put('jobs/nightly', job)).body).toMatchObject({ enabled: true, retention: {} })
  const { body } = await daemon.get('jobs?status=1')
  expect(body).toMatchObject([{ name: 'nightly', status: { state: 'never', last_run: null } }])
  expect((await daemon.get('stores/disk/users')).body).toEqual(['job nightly'])
  expect(await daemon.delete('stores/disk')).toMatchObject({ status: 409, body: { users: ['job nightly'] } })
  expect((await daemon.delete('stores/disk?force=1')).body).toEqual({
    removed: 'disk',
    disabled: ['nightly'],
  })
  expect((await daemon.get('jobs/nightly/status')).body).toMatchObject({ state: 'disabled' })
  expect((await daemon.post('jobs/nightly/resume')).status).toBe(400)
})

test('pause and resume', async () => {
  await daemon.put('stores/disk', { type: 'local', path: daemon.path('store') })
  expect((await daemon.post('jobs/nightly/resume')).body).toMatchObject({ enabled: true })
  expect((await daemon.post('jobs/nightly/pause')).body).toMatchObject({ enabled: false })
  expect((await daemon.get('jobs/nightly/status')).body).toMatchObject({ state: 'paused', next_due: null })
})

test('secrets are written, and never read', async () => {
  expect((await daemon.put('secrets/home', { value: 'correct horse' })).body).toEqual({ name: 'home' })
  expect(fs.readFileSync(daemon.path('data/butcher/secrets/home'), 'utf8')).toBe('correct horse\n')
  await daemon.put('items/mail', { paths: ['/srv/mail'], secret: 'home' })
  const list = await daemon.get('secrets')
  expect(list.body).toEqual([{ name: 'home', kind: 'file', users: ['item mail'] }])
  expect((await daemon.get('secrets/home')).status).toBe(405)
  expect((await daemon.delete('secrets/home')).status).toBe(409)
  expect((await daemon.delete('secrets/home?force=1')).status).toBe(200)
  const refused = await daemon.put('secrets/home', { value: 'two\nlines' })
  expect(refused).toMatchObject({ status: 400, body: { field: 'value' } })
  expect(refused.text).not.toContain('lines')
  expect((await daemon.put('secrets/..%2fup', { value: 'x' })).status).toBe(400)
  expect(daemon.log).not.toContain('correct horse')
})

test('a schedule is shown before it is saved', async () => {
  const preview = { every: 'day', time: '02:30', zone: 'Europe/Berlin' }
  const { body } = await daemon.post('schedules/preview', preview)
  expect(body).toMatchObject({ cron: '30 2 * * *', text: 'every day at 02:30', smallest_gap_minutes: 1440 })
  expect(body['next']).toHaveLength(5)
  expect(body['warnings']).toHaveLength(2)
  expect((await daemon.post('schedules/preview', { cron: '* * * * *' })).status).toBe(400)
  expect((await daemon.post('schedules/preview', { cron: '0 2 * * *', zone: 'Mars' })).status).toBe(400)
})
