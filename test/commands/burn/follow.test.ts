/** `burn --follow` takes the room of one disc, wherever it was stopped. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { follow } from '../../../src/commands/burn/follow.ts'
import type { FollowSummary } from '../../../src/commands/burn/follow-options.ts'
import { verify } from '../../../src/commands/verify/verify.ts'
import { loadOpenPgp } from '../../../src/crypto/openpgp.ts'
import type { Secrets } from '../../../src/crypto/secrets.ts'
import type { ButcherError } from '../../../src/errors.ts'
import type { ButcherEvent } from '../../../src/events.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree } from '../../support/tree.ts'
import { restored, scratchFolder } from '../../support/backup-set.ts'

const { folder: scratch, remove } = scratchFolder()
afterAll(remove)

const source = path.join(scratch, 'source')

beforeAll(() => {
  fs.mkdirSync(source)
  for (let i = 0; i < 10; i++) fs.writeFileSync(path.join(source, `f${i}`), noise(300_000 + i, i))
  fs.writeFileSync(path.join(source, 'large'), noise(900_000, 50))
})

class Place {
  readonly folder = fs.mkdtempSync(path.join(scratch, 'place-'))
  readonly destination = path.join(this.folder, 'dest')
  readonly images = path.join(this.folder, 'images')
  most = 0
  events = 0
  chunks = 0

  constructor() {
    fs.mkdirSync(this.images)
  }

  staged(): number {
    if (!fs.existsSync(this.destination)) return 0
    const names = fs.readdirSync(this.destination).map((name) => /^disc-\d+/.exec(name)?.[0])
    return new Set(names.filter((name) => name !== undefined)).size
  }

  /** Stops, as a kill would, where `isStop` says so. `more` is for the backup, `secrets` for both verbs. */
  run(
    isStop: (place: Place, event: ButcherEvent) => boolean | 'kill' = () => false,
    more: object = {},
    secrets: Secrets = {},
  ): Promise<FollowSummary> {
    const stop = new AbortController()
    const report = (event: ButcherEvent): void => {
      this.events++
      this.most = Math.max(this.most, this.staged())
      const how = isStop(this, event)
      if (how === 'kill') throw new Error('killed')
      if (how) stop.abort(new Error('stopped'))
    }
    const signals = { signal: stop.signal, signalNow: stop.signal }
    return follow({
      backup: {
        source,
        destination: this.destination,
        medium: '1500kB',
        chunkSizeBytes: 350_000,
        compress: 'none',
        jobs: 2,
        report,
        ...signals,
        ...secrets,
        ...more,
      },
      burn: {
        destination: this.destination,
        device: `stdio:${this.images}/%d.iso`,
        report,
        signal: stop.signal,
        ...secrets,
      },
    })
  }

  /** Runs it again, as the message says if a copy was not read back. */
  async resume(): Promise<void> {
    try {
      await this.run()
    } catch (error) {
      const [, disc] = /^disc (\d+) stays staged/.exec((error as Error).message) ?? []
      if (disc === undefined) throw error
      await verify({ from: [path.join(this.images, `${disc}.iso`)], record: this.destination })
      await this.run()
    }
  }

  async expectWhole(): Promise<void> {
    expect(this.most).toBe(1)
    expect(this.staged()).toBe(0)
    const from = [this.destination, this.images]
    expect(await restored({ from, into: path.join(this.folder, 'out') })).toEqual(describeTree(source))
  }
}

const stopsAt = (count: number) => (place: Place) => place.events === count

/** Chunk files on the only staged disc. */
const chunksOn = ({ destination }: Place): number => {
  const [disc] = fs.existsSync(destination)
    ? fs.readdirSync(destination).filter((name) => /^disc-\d+$/.test(name))
    : []
  return disc === undefined ? 0 : fs.readdirSync(path.join(destination, disc, 'chunks')).length
}

describe('burn --follow', () => {
  test('stopped at some moment of each kind, it resumes with no more than one disc staged', async () => {
    const whole = new Place()
    await whole.run()
    await whole.expectWhole()
    const every = Math.ceil(whole.events / 4)
    for (let count = 2; count < whole.events; count += every) {
      const place = new Place()
      const code = await place.run(stopsAt(count)).then(
        () => 'done',
        (error: ButcherError) => error.code,
      )
      expect(['done', 'aborted']).toContain(code)
      await place.resume()
      await place.expectWhole()
    }
  })

  test('a disc that was full when the run was killed is completed and burned before the next one begins', async () => {
    const place = new Place()
    // The last thing that fits: the run ends before it writes the catalog.
    const atFinish = (_: Place, event: ButcherEvent): 'kill' | false =>
      event.type === 'stage' && event.stage === 'finish' && 'kill'
    await expect(place.run(atFinish)).rejects.toThrow('killed')
    expect(chunksOn(place)).toBeGreaterThan(2)
    expect(fs.readdirSync(path.join(place.destination, '.butcher', 'journal'))).not.toEqual([])
    // Another medium cannot go on with that disc, either.
    await place.run(undefined, { medium: '1600kB' })
    await place.expectWhole()
  })

  test('a copy that nobody read back keeps its disc staged, and no second disc is begun', async () => {
    const place = new Place()
    const isVerify = (_: Place, event: ButcherEvent): boolean =>
      event.type === 'stage' && event.stage === 'verify' && fs.existsSync(path.join(place.images, '1.iso'))
    await expect(place.run(isVerify)).rejects.toMatchObject({ code: 'aborted' })
    expect(place.staged()).toBe(1)
    await expect(place.run()).rejects.toThrow(/^disc 1 stays staged: not every copy of it was read back/)
    expect([place.most, place.staged()]).toEqual([1, 1])
    await place.resume()
    await place.expectWhole()
  })

  test('the file of the private key is read once for all rounds', async () => {
    const place = new Place()
    const { generateKey } = await loadOpenPgp()
    const { publicKey, privateKey } = await generateKey({ userIDs: [{ name: 'someone' }] })
    const keyFile = path.join(place.folder, 'private.asc')
    fs.writeFileSync(keyFile, privateKey)
    const secrets = { recipients: [publicKey], privateKey: keyFile }
    const removesKey = (_: Place, event: ButcherEvent): false => {
      if (event.type === 'stage' && event.stage === 'burn') fs.rmSync(keyFile, { force: true })
      return false
    }
    const summary = await place.run(removesKey, {}, secrets)
    expect(summary.discs.length).toBeGreaterThan(1)
    expect(fs.existsSync(keyFile)).toBe(false)
  })
})
