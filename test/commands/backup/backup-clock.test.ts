import fs from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { runBackup, scratchFolder } from '../../support/backup-set.ts'

const { folder, remove } = scratchFolder()
afterAll(remove)
afterEach(() => void vi.useRealTimers())

test('a clock that is before the last backup is named', async () => {
  const source = path.join(folder, 'source')
  fs.mkdirSync(source)
  const warned = async (now: string, content: string): Promise<string[]> => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date(now) })
    fs.writeFileSync(path.join(source, 'a'), content)
    const { told } = await runBackup({ source, destination: path.join(folder, 'dest') })
    return told.filter((message) => message.includes('clock'))
  }
  expect(await warned('2025-01-01T12:00:00Z', 'one')).toEqual([])
  expect(await warned('1990-01-02T12:00:00Z', 'two')).toEqual([
    expect.stringMatching(
      /clock .* says 1990-01-02T12:00:00.\d+Z, which is before backup 1 of 2025-01-01T12/,
    ),
  ])
  expect(await warned('2026-01-01T12:00:00Z', 'three')).toEqual([])
})
