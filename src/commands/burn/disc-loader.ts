/** Runs the user's commands that put discs into a drive and take them out: a robot. */

import { addressOf, type Device } from '../../burn/drive.ts'
import { ButcherError, stopped, throwIfAborted } from '../../errors.ts'
import { showPath } from '../../format/path-text.ts'
import { endOnAbort, endText, programEnd, startProgram, wasEnded } from '../../programs/run-program.ts'
import type { NeededBlank } from './burn-options.ts'

/** The result of a disc that is taken out. `unfit`: butcher did not burn it. */
export type UnloadResult = 'verified' | 'damaged' | 'spoilt' | 'unfit'

export type DiscInDrive = Pick<NeededBlank, 'disc' | 'label' | 'copy'>

/** Throws `medium` if it fails: the magazine is empty, or the robot is stuck. */
export const loadByCommand = (
  command: string,
  device: Device,
  need: DiscInDrive,
  signal?: AbortSignal,
): Promise<void> => run('load', command, device, variables(device, need), signal)

export const unloadByCommand = (
  command: string,
  device: Device,
  need: DiscInDrive,
  result: UnloadResult,
  signal?: AbortSignal,
): Promise<void> =>
  run('unload', command, device, { ...variables(device, need), BUTCHER_RESULT: result }, signal)

const variables = (device: Device, { disc, label, copy }: DiscInDrive): NodeJS.ProcessEnv => ({
  BUTCHER_DEVICE: device.file,
  BUTCHER_DISC: String(disc),
  BUTCHER_COPY: String(copy),
  BUTCHER_LABEL: label,
})

/** The output of the command goes to stderr, because stdout may be JSON. */
async function run(
  name: 'load' | 'unload',
  command: string,
  device: Device,
  given: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<void> {
  throwIfAborted(signal)
  const child = startProgram('/bin/sh', ['-c', command], {
    env: { ...process.env, ...given },
    stdio: ['ignore', 2, 'inherit'],
  })
  const done = endOnAbort(child, signal)
  try {
    const ended = await programEnd(child)
    throwIfAborted(signal)
    if (wasEnded(child)) throw stopped()
    if (ended !== 0)
      throw new ButcherError(
        'medium',
        `${showPath(addressOf(device))}: the ${name} command ended with ${endText(ended)}`,
        { hint: `fill the loader, or run the command by hand: --${name}-command` },
      )
  } finally {
    done()
  }
}
