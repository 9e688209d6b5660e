import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { doctor } from '../../../src/commands/catalog/doctor.ts'

test('programs are found with their versions', async () => {
  const programs = await doctor()
  const needed = [
    'lbzip2',
    'xz',
    'gpg',
    'bzip2',
    'tar',
    'sqlite3',
    'par2',
    'xorriso',
    'zstd',
    'gzip',
    'fusermount3',
    'koffi',
    'bullmq',
    '/dev/fuse',
  ]
  for (const name of needed) {
    const report = programs.find(({ program }) => program === name)
    expect(report?.path, `${name} is missing: apt-get install ${report?.package}`).toBeDefined()
    expect(report?.version).toMatch(/^\d+\.\d/)
    expect(report?.adds).not.toBe('')
  }
})

test('programs that are not there, and one that fails, are told so', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-doctor-'))
  fs.writeFileSync(path.join(folder, 'lbzip2'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const before = process.env['PATH']
  process.env['PATH'] = folder
  try {
    const programs = await doctor()
    expect(programs.find(({ program }) => program === 'lbzip2')).toMatchObject({
      path: path.join(folder, 'lbzip2'),
      version: undefined,
    })
    expect(programs.flatMap((report) => (report.path === undefined ? [] : [report.program]))).toEqual([
      'lbzip2',
      'koffi',
      'bullmq',
      '/dev/fuse',
    ])
  } finally {
    process.env['PATH'] = before
    fs.rmSync(folder, { recursive: true })
  }
})
