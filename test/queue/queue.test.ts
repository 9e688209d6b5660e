/** A backup that workers pack, by a queue in a real Redis. */

import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { runWorker } from '../../src/commands/worker/worker.ts'
import { queueAddress } from '../../src/queue/queue-address.ts'
import { checkServer, loadQueuePackages } from '../../src/queue/redis-server.ts'
import { passphrase, restored, runBackup } from '../support/backup-set.ts'
import { tellsInClear, troublesOf } from '../support/check-set.ts'
import { gpgHome } from '../support/gpg-home.ts'
import { plantTree } from '../support/plant-tree.ts'
import { freePort, startRedis } from '../support/redis.ts'
import { noise, sampleTree } from '../support/sample-trees.ts'
import { longTest } from '../support/rows.ts'
import { testSet } from '../support/test-set.ts'
import { describeTree } from '../support/tree.ts'

const set = testSet()

test('two workers pack an encrypted set, in which nothing is in clear, nor in the queue', async () => {
  fs.rmdirSync(set.source)
  plantTree(set.source, sampleTree)
  for (let i = 0; i < 6; i++) set.write(`many/noise-${i}`, noise(300_000, i))
  set.write('parts', noise(1_500_000, 9))
  const holes = path.join(set.source, 'holes')
  for (let i = 0; i < 4; i++) {
    const fd = fs.openSync(holes, i === 0 ? 'w' : 'r+')
    fs.writeSync(fd, noise(200_000, 20 + i), 0, 200_000, i * 3_000_000)
    fs.closeSync(fd)
  }
  const redis = await startRedis(path.join(set.folder, 'redis'), ['--appendonly', 'yes'])
  const stop = new AbortController()
  const workerKey = path.join(set.folder, 'worker.key')
  fs.writeFileSync(workerKey, 'k'.repeat(44))
  const told: string[] = []
  const worker = runWorker({
    queue: redis.url,
    workerKey,
    jobs: 2,
    signal: stop.signal,
    report: (event) => event.type === 'warning' && told.push(event.message),
  })
  try {
    const options = {
      source: set.source,
      destination: set.destination,
      medium: 'unlimited',
      chunkSizeBytes: 400_000,
      passphrase,
      queue: redis.url,
    }
    await expect(runBackup(options)).rejects.toMatchObject({ code: 'key' })
    const made = await runBackup({ ...options, workerKey })
    expect(made).toMatchObject({ complete: true, warnings: 0, sourceWarnings: 0 })
    expect(made.discs).toEqual([1])
    // One chunk is packed here: links, copies and the end of the backup.
    stop.abort()
    const { chunks, failed } = await worker
    expect([failed, told]).toEqual([0, []])
    expect(chunks).toBe(made.chunks - 1)
    const heard = await redis.heard()
    expect(heard).toContain('chunk')
    const secrets = ['noise-', 'holes', passphrase]
    expect(secrets.filter((secret) => heard.includes(secret))).toEqual([])
    const into = path.join(set.folder, 'into')
    const { source, destination } = set
    expect(await troublesOf({ destination, source, into, passphrase, secrets })).toEqual([])
    expect(tellsInClear(path.join(set.folder, 'redis'), secrets)).toEqual([])
  } finally {
    stop.abort()
    await worker
    await redis.stop()
  }
})

longTest('with a recipient, workers need no key, and the queue has no secret', async () => {
  for (let i = 0; i < 5; i++) set.write(`hush-${i}`, noise(300_000, i))
  const home = gpgHome()
  const redis = await startRedis(path.join(set.folder, 'redis'), ['--appendonly', 'yes'])
  const stop = new AbortController()
  const worker = runWorker({ queue: redis.url, jobs: 1, signal: stop.signal })
  try {
    home.gpg(['--quick-generate-key', 'a@example.org', 'future-default', 'default', 'never'])
    const { source, destination } = set
    const recipients = [home.save('a@example.org', '--export')]
    const made = await runBackup({
      source, destination, medium: 'unlimited', chunkSizeBytes: 400_000, recipients, queue: redis.url,
    }) // prettier-ignore
    stop.abort()
    expect((await worker).chunks).toBe(made.chunks - 1)
    expect(await redis.heard()).not.toContain('hush-')
    expect(tellsInClear(path.join(set.folder, 'redis'), ['hush-'])).toEqual([])
    const privateKey = home.save('a@example.org', '--export-secret-keys')
    const into = path.join(set.folder, 'into')
    expect(await restored({ from: [destination], into, privateKey })).toEqual(describeTree(source))
  } finally {
    stop.abort()
    await worker
    await redis.stop()
    home.remove()
  }
})

test('a server that cannot be used is told at the start', async () => {
  const redis = await startRedis(path.join(set.folder, 'redis'), ['--requirepass', 'pass'])
  const warnings: string[] = []
  const check = async (url: string): Promise<void> =>
    checkServer(
      await loadQueuePackages(),
      queueAddress(url),
      (event) => event.type === 'warning' && warnings.push(event.message),
    )
  try {
    await expect(check(redis.url)).rejects.toMatchObject({ code: 'secret' })
    const wrong = check(redis.url.replace('//', '//:wrong@'))
    await expect(wrong).rejects.toThrow(`the queue ${redis.url} refuses the password`)
    await check(redis.url.replace('//', '//:pass@'))
    expect(warnings.join()).toContain('keeps no append-only file')
    await expect(check(`redis://127.0.0.1:${await freePort()}`)).rejects.toThrow('nothing listens there')
  } finally {
    await redis.stop()
  }
})

test.each(['x', 'http://host', 'redis://', 'redis://host/x'])('the address %s is refused', (text) => {
  expect(() => queueAddress(text)).toThrow('the address of the queue')
})
