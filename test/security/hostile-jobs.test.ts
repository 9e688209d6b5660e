/** Job files that somebody else may have written. */

import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { sealBox } from '../../src/crypto/sealed-box.ts'
import { openJobBody } from '../../src/commands/worker/job-body.ts'
import { packChunk } from '../../src/commands/worker/pack-chunk.ts'
import { ButcherError } from '../../src/errors.ts'
import { runBackup } from '../support/backup-set.ts'
import { testSet } from '../support/test-set.ts'

const set = testSet()

/** A job of one file, changed by `change`. */
async function changedJob(change: (job: Record<string, unknown>) => unknown): Promise<string> {
  const planJobs = path.join(set.folder, 'jobs')
  fs.writeFileSync(path.join(set.folder, 'secret'), 'secret')
  set.write('a')
  await runBackup({ source: set.source, destination: set.destination, medium: 'unlimited', planJobs })
  const file = path.join(planJobs, '00000001.json')
  const { job, ...outer } = JSON.parse(fs.readFileSync(file, 'utf8')) as { job: Record<string, unknown> }
  fs.writeFileSync(file, JSON.stringify({ ...outer, job: change(job) }))
  return file
}

test.each([
  ['a path that leads out of the source', { items: [{ path: '../secret', type: 'file', mtime: '0', ctime: '0', inode: '0' }] }, 'a path leads out of the source'],
  ['a chunk that would be written elsewhere', { name: '../../00000001.tar' }, 'the name of its chunk is wrong'],
  ['another number', { chunk: 2 }, 'the name of its chunk is wrong'],
  ['an encrypted chunk without keys', { name: '00000001.tar.gpg' }, 'its keys are missing'],
  ['a folder that depends on the call', { folder: 'jobs' }, 'it names no folder'],
  ['no files', { items: 7 }, 'it has no list of files'],
  ['times that are none', { items: [{ path: 'a', mtime: 'x', ctime: '0', inode: '0' }] }, 'is not a job of butcher'],
] as const)('%s', async (_, fields, message) => {
  const job = await changedJob((good) => ({ ...good, ...fields }))
  await expect(packChunk({ job })).rejects.toThrow(message)
}) // prettier-ignore

test.each([
  ['nothing', ''],
  ['another JSON', '[1]'],
  ['a later version', '{"butcher":"chunk-job","version":2}'],
  ['no content', '{"butcher":"chunk-job","version":1}'],
])('%s', async (_, text) => {
  const job = path.join(set.folder, 'job.json')
  fs.writeFileSync(job, text)
  await expect(packChunk({ job })).rejects.toMatchObject({ code: 'damaged' })
})

const workerKey = Buffer.alloc(32, 7)

test.each([
  ['nothing', ''],
  ['no object', '{'],
  ['a list', '[1]'],
  ['null', 'null'],
  ['a folder that depends on the worker', '{"folder":"jobs","chunk":1}'],
  ['a folder that is none', '{"folder":["/"],"chunk":1}'],
  ['a number that leads elsewhere', '{"folder":"/jobs","chunk":"../1"}'],
  ['a number that is not whole', '{"folder":"/jobs","chunk":1.5}'],
  ['deep nesting', `{"folder":${'['.repeat(200_000)}`],
])('in the queue: %s', (_, text) => {
  const sealed = sealBox(workerKey, Buffer.from(text)).toString('base64')
  expect(() => openJobBody(sealed, workerKey)).toThrow('a job in the queue is not one of butcher')
  expect(() => openJobBody(text, undefined)).toThrow(ButcherError)
})

test('in the queue: a job that another key sealed, or that was changed', () => {
  const sealed = sealBox(workerKey, Buffer.from('{"folder":"/jobs","chunk":1}'))
  expect(openJobBody(sealed.toString('base64'), workerKey)).toEqual({
    folder: '/jobs',
    chunk: 1,
    key: workerKey,
  })
  expect(() => openJobBody(sealed.toString('base64'), Buffer.alloc(32, 8))).toThrow('another worker key')
  const last = sealed.length - 1
  sealed[last] = (sealed[last] as number) ^ 1
  expect(() => openJobBody(sealed.toString('base64'), workerKey)).toThrow('another worker key')
})
