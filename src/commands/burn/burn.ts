/** `butcher burn`: burns discs, reads them back, records the copies. */

import fs from 'node:fs'
import path from 'node:path'
import { addressOf } from '../../burn/drive.ts'
import { imageBytes } from '../../burn/disc-image.ts'
import { inspectMedium } from '../../burn/medium-in-drive.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import { secretsOpener } from '../../crypto/private-key.ts'
import type { SecretsOpener } from '../../crypto/secrets.ts'
import { throwIfAborted } from '../../errors.ts'
import { checkFields } from '../../options/check-fields.ts'
import { refuseStore } from '../../remote/refuse-store.ts'
import { changeOpenedSet } from '../../set/change-set.ts'
import {
  chosenDiscs,
  type DiscSource,
  imageSourceOf,
  refuseOverfull,
  stagedDiscs,
} from '../../set/disc-source.ts'
import { chooseDevices, deviceOutside, refuseOneFile } from './burn-devices.ts'
import { burnFields } from './burn-fields.ts'
import { BurnJob } from './burn-job.ts'
import type { BurnOptions, BurnPlan, BurnSummary } from './burn-options.ts'

/**
 * Burns the wanted copies. Throws like `changeSet`, and `usage`, `program`, `missing-disc`. Also `medium` if
 * no blank fits and nobody can be asked, and `damaged` if the folder or a burned copy is. The copies burned
 * so far are recorded, and the same call continues.
 */
export async function burn(options: BurnOptions): Promise<BurnSummary> {
  checkFields('burn', burnFields, options)
  refuseStore('burn', options.destination)
  return runBurn(options, secretsOpener(options))
}

/** `burn` with checked options. Several runs may share their opened secrets. */
export async function runBurn(options: BurnOptions, open: SecretsOpener): Promise<BurnSummary> {
  throwIfAborted(options.signal)
  const started = Date.now()
  const devices = await chooseDevices(options)
  const secrets = await open(options.report)
  return changeOpenedSet({ ...options, secrets }, async (changing) => {
    const wanted = chosen(changing.set.db, changing.destination, options)
    refuseOneFile(wanted, devices, options)
    const job = new BurnJob(changing, options, wanted)
    await job.run(devices)
    return { ...job.done, seconds: (Date.now() - started) / 1000 }
  })
}

/** The plan of `burn`. Writes nothing. */
export async function planBurn(db: Catalog, options: BurnOptions): Promise<BurnPlan> {
  const devices = await chooseDevices(options)
  const discs: BurnPlan['discs'][number][] = []
  const media = new Map<string, BurnPlan['media'][number]>()
  const { copies = 1 } = options
  const wanted = chosen(db, path.resolve(options.destination), options)
  refuseOneFile(wanted, devices, { ...options, copies: 1 })
  for (const source of wanted) {
    if (source.goodCopies >= copies) continue
    const image = source.folder === undefined ? undefined : imageSourceOf(db, source)
    const bytes = image ? await imageBytes(image, options.signal) : fs.statSync(source.image).size
    refuseOverfull(source, bytes)
    const device = devices[discs.length % devices.length] as string
    const at = deviceOutside(device, source.row.number, source.nextCopy, options.destination)
    const address = addressOf(at)
    discs.push({
      disc: source.row.number,
      label: source.row.label,
      bytes,
      copies: copies - source.goodCopies,
      from: image ? 'folder' : 'image',
      device: address,
    })
    if (media.has(address)) continue
    const { type, state, freeBytes } = await inspectMedium(at, options.signal)
    media.set(address, { device: address, type, state, freeBytes })
  }
  return { discs, media: [...media.values()] }
}

const chosen = (db: Catalog, destination: string, { discs = [] }: BurnOptions): DiscSource[] =>
  discs.length > 0 ? chosenDiscs(db, destination, discs) : stagedDiscs(db, destination)
