import http from 'node:http'
import fs from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunningDaemon, until } from '../daemon/running-daemon.ts'

const daemon = new RunningDaemon()

interface Told {
  readonly id: number
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Follows the events until `end` is called. */
function follow(lastId?: number): { readonly told: Told[]; readonly end: () => void } {
  const told: Told[] = []
  let rest = ''
  const headers = lastId === undefined ? {} : { 'last-event-id': String(lastId) }
  const request = http.get({ socketPath: daemon.socketPath, path: '/api/v1/events', headers }, (response) => {
    response.on('error', () => {})
    response.on('data', (piece: Buffer) => {
      const blocks = (rest + piece.toString()).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? ''
        if (field('id') === '') continue
        told.push({
          id: Number(field('id')),
          event: field('event'),
          data: JSON.parse(field('data') || '{}') as Told['data'],
        })
      }
    })
  })
  request.on('error', () => {})
  return { told, end: () => request.destroy() }
}

beforeAll(async () => {
  fs.mkdirSync(daemon.path('photos'))
  fs.mkdirSync(daemon.path('store'))
  fs.writeFileSync(daemon.path('photos', 'a'), 'one')
  daemon.cli('item', 'add', 'photos', daemon.path('photos'))
  daemon.cli('store', 'add', 'disk', '--path', daemon.path('store'))
  daemon.cli('job', 'add', 'photos', '--target-name', 'photos', '--store-name', 'disk')
  await daemon.start()
})
afterAll(() => daemon.kill('SIGKILL'))

test('a run is told from its start to its end, also if a terminal started it', async () => {
  const { told, end } = follow()
  await until(() => told[0])
  daemon.cli('job', 'run', 'photos')
  await until(() => told.find(({ event }) => event === 'run.finished'))
  daemon.cli('item', 'edit', 'photos', '--ignore', '*.tmp')
  await until(() => told.find(({ event }) => event === 'job.changed'))
  end()
  const events = told.filter(({ event }) => event.startsWith('run.') || event === 'job.changed')
  expect(events.map(({ event }) => event).filter((event) => event !== 'run.progress')).toEqual([
    'run.started',
    'run.finished',
    'job.changed',
  ])
  const finished = events.find(({ event }) => event === 'run.finished') as Told
  expect(finished.data).toMatchObject({ job: 'photos', state: 'ok', progress: null })
  expect(finished.data).not.toHaveProperty('pid')

  const again = follow(events[0]?.id)
  await until(() => again.told.find(({ event }) => event === 'job.changed'))
  again.end()
  expect(again.told.map(({ event }) => event)).not.toContain('run.started')
  expect(again.told.map(({ event }) => event)).toContain('run.finished')
})

test.each([1, 99_999_999_999_999])(
  'whoever saw other events, up to %i, loads everything again',
  async (id) => {
    const { told, end } = follow(id)
    expect((await until(() => told[0])).event).toBe('resync')
    end()
  },
)
