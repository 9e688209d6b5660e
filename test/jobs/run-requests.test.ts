import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { RunDatabase } from '../../src/jobs/run-database.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'run-requests-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

test('a wish for a run that comes while another one runs outlives that one', () => {
  const database = new RunDatabase(path.join(folder, 'jobs.sqlite'))
  const started = new Date(Date.now() - 1000)
  database.request('photos')
  expect(database.dropRequest('photos', started)).toBe(false)
  expect(database.requests()).toEqual(['photos'])
  expect(database.dropRequest('photos')).toBe(true)
  expect(database.requests()).toEqual([])
  database.close()
})
