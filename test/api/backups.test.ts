import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunningDaemon, until } from '../daemon/running-daemon.ts'

const daemon = new RunningDaemon()
const source = daemon.path('photos')

/** Restores, and waits for its end. */
async function restored(wish: object): Promise<Readonly<Record<string, unknown>>> {
  const { status, body } = await daemon.post('restores', wish)
  expect(status).toBe(202)
  return until(async () => {
    const answer = await daemon.get(`restores/${String(body['id'])}`)
    return answer.body['finished'] === null ? undefined : answer.body
  })
}

const write = (name: string, text: string): void => {
  fs.mkdirSync(path.dirname(path.join(source, name)), { recursive: true })
  fs.writeFileSync(path.join(source, name), text)
}

beforeAll(async () => {
  fs.mkdirSync(daemon.path('store'))
  write('a.txt', 'first')
  write('2026/b [1].txt', 'b')
  write('2026/c.txt', 'c')
  daemon.cli('item', 'add', 'photos', source)
  daemon.cli('store', 'add', 'disk', '--path', daemon.path('store'))
  daemon.cli('job', 'add', 'photos', '--target-name', 'photos', '--store-name', 'disk')
  daemon.cli('job', 'add', 'empty', '--target-name', 'photos', '--store-name', 'disk')
  daemon.cli('job', 'run', 'photos')
  write('a.txt', 'second')
  write('2026/d.txt', 'd')
  daemon.cli('job', 'run', 'photos')
  await daemon.start()
})
afterAll(() => daemon.kill('SIGKILL'))

test('the backups of a job, the newest first; none of a job that has not run', async () => {
  const { body } = await daemon.get('backups?job=photos')
  expect(body).toMatchObject({
    backups: [
      { backup: 2, files: 4 },
      { backup: 1, files: 3 },
    ],
  })
  expect((await daemon.get('backups?job=empty')).body).toMatchObject({ backups: [] })
  expect((await daemon.get('backups?job=none')).status).toBe(404)
})

test('a folder of a backup, in pages', async () => {
  const names = ({ body }: { body: object }): string[] =>
    (body as { entries: { path: string }[] }).entries.map((entry) => entry.path)
  expect(names(await daemon.get('backups/photos/1/tree'))).toEqual(['2026', 'a.txt'])
  const first = await daemon.get('backups/photos/2/tree?path=2026&limit=2')
  expect(names(first)).toEqual(['2026/b [1].txt', '2026/c.txt'])
  expect(first.body['next']).toBe('2026/c.txt')
  const next = await daemon.get('backups/photos/2/tree?path=2026&limit=2&after=2026%2Fc.txt')
  expect(names(next)).toEqual(['2026/d.txt'])
  expect(next.body['next']).toBeNull()
  expect((await daemon.get('backups/photos/1/tree?path=nothing')).status).toBe(404)
  expect((await daemon.get('backups/photos/7/tree')).status).toBe(400)
  expect((await daemon.get('backups/photos/x/tree')).status).toBe(400)
})

test('search and diff', async () => {
  const { body } = await daemon.get('backups/photos/1/search?q=D.TXT')
  expect(body).toEqual({ found: [], truncated: false })
  expect((await daemon.get('backups/photos/2/search?q=D.TXT')).body).toMatchObject({
    found: [{ path: '2026/d.txt', first_backup: 2 }],
  })
  expect((await daemon.get('backups/photos/2/search?q=--help')).body).toMatchObject({ found: [] })
  const diff = await daemon.get('backups/photos/diff?a=1&b=2')
  expect(diff.body).toMatchObject({ from: 1, to: 2, counts: { new: 1, changed: 1 }, truncated: false })
})

test('pins, rules and backups that are forgotten', async () => {
  expect((await daemon.post('backups/photos/1/pin')).body).toEqual({ pinned: [1] })
  const rules = await daemon.post('jobs/photos/retention/preview', { last: 1 })
  expect(rules.body).toMatchObject({ forgotten: [], backups: [{ reasons: ['pinned'] }, { keep: true }] })
  expect((await daemon.post('backups/photos/1/unpin')).body).toEqual({ pinned: [] })
  expect((await daemon.post('jobs/photos/retention/preview', { last: 1 })).body).toMatchObject({
    forgotten: [1],
  })
  expect((await daemon.post('jobs/photos/retention/preview')).body).toMatchObject({ forgotten: [] })
  const dry = await daemon.post('backups/photos/forget', { backups: [1], dry_run: true })
  expect(dry.body).toMatchObject({ forgotten: [1], count: 1, dry_run: true })
  expect((await daemon.post('backups/photos/forget', { backups: [1] })).body).toMatchObject({ count: 1 })
  expect((await daemon.get('backups?job=photos')).body).toMatchObject({
    backups: [{ forgotten: null }, { forgotten: expect.stringContaining('T') as string }],
  })
  expect((await daemon.post('backups/photos/undo', { backups: [1] })).body).toEqual({ undone: [1] })
  expect((await daemon.post('backups/photos/forget', { backups: [] })).status).toBe(400)
})

test('a restore: its plan, what is in the way, and the ways around it', async () => {
  const wish = {
    job: 'photos',
    backup: 1,
    paths: ['a.txt', '2026/b [1].txt'],
    target: null,
    conflicts: 'keep',
  }
  const plan = await daemon.post('restores/plan', wish)
  expect(plan.body).toMatchObject({ targets: [source], files: 2, in_the_way: 2, missing_discs: [] })
  fs.rmSync(path.join(source, '2026/b [1].txt'))
  expect(await restored(wish)).toMatchObject({ state: 'ok', kept: 1 })
  expect(fs.readFileSync(path.join(source, 'a.txt'), 'utf8')).toBe('second')
  expect(fs.readFileSync(path.join(source, '2026/b [1].txt'), 'utf8')).toBe('b')

  const beside = await restored({ ...wish, conflicts: 'beside' })
  expect(beside).toMatchObject({ state: 'ok', targets: [`${source}.backup-1`] })
  expect(fs.readFileSync(`${source}.backup-1/a.txt`, 'utf8')).toBe('first')
  expect(await restored({ ...wish, conflicts: 'replace' })).toMatchObject({ state: 'ok' })
  expect(fs.readFileSync(path.join(source, 'a.txt'), 'utf8')).toBe('first')
  const elsewhere = await restored({ ...wish, paths: [], target: daemon.path('all') })
  expect(elsewhere).toMatchObject({ state: 'ok', files: 3 })
  expect(fs.readdirSync(daemon.path('all'))).toEqual(['2026', 'a.txt'])
})

test('a restore that cannot be', async () => {
  const wish = { job: 'photos', backup: 1, paths: [], target: null, conflicts: 'keep' }
  expect((await daemon.post('restores', { ...wish, target: 'relative' })).body).toMatchObject({
    field: 'target',
  })
  expect((await daemon.post('restores', { ...wish, conflicts: 'maybe' })).status).toBe(400)
  expect((await daemon.post('restores/plan', { ...wish, backup: 9 })).status).toBe(400)
  expect(await restored({ ...wish, target: '/proc/nothing' })).toMatchObject({ state: 'failed' })
})
