import fs from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunningDaemon } from '../daemon/running-daemon.ts'

const daemon = new RunningDaemon()

beforeAll(async () => {
  for (const folder of ['photos', 'store', 'shown', 'shown/inner', 'hidden'])
    fs.mkdirSync(daemon.path(folder))
  fs.writeFileSync(daemon.path('shown/file.txt'), 'four')
  fs.symlinkSync(daemon.path('hidden'), daemon.path('shown/way-out'))
  fs.writeFileSync(daemon.path('photos/a'), 'one')
  daemon.cli('item', 'add', 'photos', daemon.path('photos'))
  daemon.cli('store', 'add', 'disk', '--path', daemon.path('store'))
  daemon.cli('store', 'add', 'gone', '--path', daemon.path('nothing'))
  daemon.cli('schedule', 'add', 'nightly', '--every', 'day', '--zone', 'UTC')
  const job = ['--target-name', 'photos', '--frequency-id', 'nightly', '--store-name']
  daemon.cli('job', 'add', 'good', ...job, 'disk')
  daemon.cli('job', 'add', 'new "one"', ...job, 'gone')
  daemon.cli('job', 'run', 'good')
  const file = daemon.path('config/butcher/jobs.json')
  const all = JSON.parse(fs.readFileSync(file, 'utf8')) as object
  fs.writeFileSync(file, JSON.stringify({ ...all, settings: { web: { folders: [daemon.path('shown')] } } }))
  await daemon.start()
})
afterAll(() => daemon.kill('SIGKILL'))

test('the overview says whether all is well', async () => {
  const { body } = await daemon.get('overview')
  expect(body).toMatchObject({
    protected: false,
    sentence: '1 of 2 jobs needs attention: new "one" (never, it has not run yet).',
    next: [{ job: 'good' }, { job: 'new "one"' }],
    stores: [
      { name: 'disk', jobs: 1, absent: null },
      { name: 'gone', absent: expect.stringContaining('there is no folder') as string },
    ],
  })
  expect(body['heat']).toHaveLength(90)
  expect((body['heat'] as object[]).at(-1)).toMatchObject({ ok: 1, failed: 0 })
  await daemon.post('jobs/new%20%22one%22/pause')
  expect((await daemon.get('overview')).body).toMatchObject({
    protected: true,
    sentence: 'The job is up to date.',
  })
  expect((await daemon.get('discs')).body).toEqual({ discs: [] })
})

test('a store is tried, and nothing of it stays; its room is told', async () => {
  const { body } = await daemon.post('stores/disk/test')
  expect(body).toMatchObject({
    ok: true,
    steps: ['open', 'write', 'read', 'delete'].map((step) => ({ step, ok: true })),
  })
  expect(fs.readdirSync(daemon.path('store')).filter((name) => name.startsWith('butcher'))).toEqual([])
  expect((await daemon.post('stores/gone/test')).body).toMatchObject({
    ok: false,
    steps: [{ step: 'open', ok: false }],
  })
  expect(fs.existsSync(daemon.path('nothing'))).toBe(false)
  const usage = (await daemon.get('stores/disk/usage')).body
  expect(usage['free']).toBeGreaterThan(0)
  expect(usage['added']).toHaveLength(1)
})

test('folders to choose from are those below the roots', async () => {
  expect((await daemon.get('files')).body).toMatchObject({ path: null, roots: [daemon.path('shown')] })
  const list = async (folder: string) => daemon.get(`files?path=${encodeURIComponent(folder)}`)
  expect((await list(daemon.path('shown'))).body).toMatchObject({
    parent: null,
    entries: [
      { name: 'inner', kind: 'dir' },
      { name: 'file.txt', kind: 'file', size: 4 },
      { name: 'way-out', kind: 'other' },
    ],
  })
  expect((await list(daemon.path('shown/inner'))).body).toMatchObject({ parent: daemon.path('shown') })
  for (const folder of ['shown/../hidden', 'shown/way-out', 'hidden', ''])
    expect((await list(daemon.path(folder))).status).toBe(403)
  expect((await list('/etc')).status).toBe(403)
  expect((await list('shown')).status).toBe(400)
  expect((await list(daemon.path('shown/nothing'))).status).toBe(404)
})

test('figures for a monitor', async () => {
  const { text } = await daemon.get('metrics')
  expect(text).toContain('butcher_job_state{job="good",state="ok"} 1')
  expect(text).toContain('butcher_job_state{job="new \\"one\\"",state="paused"} 1')
})
