/** One drive of a burn: loads blanks, burns copies, reads them back, and gives the discs out. */

import { addressOf, type Device } from '../../burn/drive.ts'
import { eject } from '../../burn/medium-in-drive.ts'
import { ButcherError, throwIfAborted } from '../../errors.ts'
import { showPath } from '../../format/path-text.ts'
import type { ChangingSet } from '../../set/change-set.ts'
import { burnCopy, SpoiltBlank } from './burn-copy.ts'
import type { BurnedCopy, BurnOptions } from './burn-options.ts'
import type { CheckedDisc } from './copies-to-burn.ts'
import { type DiscInDrive, loadByCommand, unloadByCommand, type UnloadResult } from './disc-loader.ts'
import { loadBlank, type LoadOptions } from './load-blank.ts'

/** If so many discs in a row do not serve, the magazine, or the drive, is not as it should be. */
const mostLoads = 3

export interface DriveCalls {
  readonly keptVolumeIds: () => ReadonlySet<string>
  readonly onBurned: (copy: BurnedCopy) => void
  readonly onSpoilt: () => void
  readonly warn: (message: string) => void
}

export class BurnInDrive {
  readonly #changing: ChangingSet
  readonly #options: BurnOptions
  readonly #calls: DriveCalls
  /** Addresses that still hold a disc burned in this run. */
  readonly #used = new Set<string>()
  /** Discs that the loader put in since the last good copy. */
  #loads = 0

  constructor(changing: ChangingSet, options: BurnOptions, calls: DriveCalls) {
    this.#changing = changing
    this.#options = options
    this.#calls = calls
  }

  /** Burns copy `copy`. Returns whether it was read back without a difference. A spoilt blank is replaced. */
  async burn(checked: CheckedDisc, copy: number, device: Device): Promise<boolean> {
    const { number: disc, label } = checked.source.row
    const need = { disc, label, copy, bytes: checked.bytes }
    const address = addressOf(device)
    for (;;) {
      const medium = await loadBlank(device, need, {
        ...this.#options,
        ...this.#byLoader(device, need),
        isUsed: this.#used.has(address),
        keptVolumeIds: this.#calls.keptVolumeIds(),
      })
      this.#used.add(address)
      try {
        const burned = await burnCopy(this.#changing, { ...checked, copy, device, medium }, this.#options)
        this.#calls.onBurned(burned)
        await this.#giveOut(device, need, burned.verified ? 'verified' : 'damaged')
        if (burned.verified) this.#loads = 0
        else this.#goOn(damaged(burned))
        return burned.verified
      } catch (error) {
        if (!(error instanceof SpoiltBlank)) throw error
        this.#calls.onSpoilt()
        const { loadCommand, unloadCommand, signal } = this.#options
        if (signal?.aborted) this.#calls.warn(error.message)
        throwIfAborted(signal)
        if ((loadCommand ?? unloadCommand) !== undefined) await this.#giveOut(device, need, 'spoilt')
        this.#goOn(error)
      }
    }
  }

  /** A loader takes the place of a person who is asked for blanks. */
  #byLoader(device: Device, need: DiscInDrive): Pick<LoadOptions, 'load'> {
    const { loadCommand, signal } = this.#options
    if (loadCommand === undefined) return {}
    const load = async (problem: string | undefined, isEmpty: boolean): Promise<void> => {
      const address = showPath(addressOf(device))
      const why = `${address}: ${problem ?? 'its blanks do not serve'}`
      if (this.#loads >= mostLoads) {
        throw new ButcherError('medium', why, {
          hint: `${mostLoads} discs in a row did not serve: look into the loader`,
        })
      }
      if (problem !== undefined && this.#loads > 0) this.#calls.warn(why)
      if (!isEmpty) await this.#giveOut(device, need, 'unfit')
      this.#loads++
      await loadByCommand(loadCommand, device, need, signal)
    }
    return { load }
  }

  /** For labelling, and for the next blank. If the disc stays in, the next blank is requested anyway. */
  async #giveOut(device: Device, need: DiscInDrive, result: UnloadResult): Promise<void> {
    const { unloadCommand, signal } = this.#options
    if (unloadCommand !== undefined) await unloadByCommand(unloadCommand, device, need, result, signal)
    else if (device.kind === 'drive') await eject(device, signal).catch(() => {})
  }

  /** If another blank may come, the failure is only reported; otherwise it ends the work of this drive. */
  #goOn(error: ButcherError): void {
    const { requestBlank, loadCommand } = this.#options
    if (loadCommand === undefined && requestBlank === undefined) throw error
    this.#calls.warn(error.message)
  }
}

const damaged = ({ disc, copy, device }: BurnedCopy): ButcherError =>
  new ButcherError('damaged', `disc ${disc}, copy ${copy}, in ${device} is not as it was burned`, {
    hint: 'it is recorded as damaged; the same command burns another copy',
  })
