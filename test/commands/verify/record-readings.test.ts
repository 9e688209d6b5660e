import fs from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { recordReadings } from '../../../src/commands/verify/record-readings.ts'
import { runBackup, scratchFolder } from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)
afterEach(() => void vi.useRealTimers())

test('a reading before the one before it names the clock', async () => {
  const source = path.join(scratch.folder, 'source')
  const destination = path.join(scratch.folder, 'dest')
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'a'), 'a')
  await runBackup({ source, destination })
  const told: string[] = []
  const readAt = async (time: string): Promise<void> => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date(time) })
    await recordReadings(
      { destination, secrets: {}, report: (event) => event.type === 'warning' && told.push(event.message) },
      [{ disc: 1, bytes: 1, damaged: 0 }],
    )
  }
  await readAt('2031-01-01T00:00:00Z')
  expect(told).toEqual([])
  await readAt('2030-01-01T00:00:00Z')
  expect(told).toEqual([
    'the clock of this computer says 2030-01-01T00:00:00.000Z, but disc 1 was read at 2031-01-01T00:00:00.000Z: ' +
      'one of these times is wrong, and discs --due relies on them (set the clock)',
  ])
})
