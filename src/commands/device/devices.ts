/** `butcher device list`: the disks of this machine, each with a judgement. */

import type { Device } from '../../device/device.ts'
import { listDevices } from '../../device/list-devices.ts'
import { thisMachine } from '../../device/this-machine.ts'

/** Every disk, also those that butcher does not offer. Throws `io` if `/sys` cannot be read. */
export const devices = (): Promise<readonly Device[]> => listDevices(thisMachine)
