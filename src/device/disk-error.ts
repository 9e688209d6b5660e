/** Errors that the kernel has for a disk. */

import { systemCode, systemText } from '../errors.ts'

/** Each stands in blk_errors[] of Linux (block/blk-core.c), or comes from the driver of a card. */
const texts: Readonly<Record<string, string>> = {
  EILSEQ: 'the bytes were damaged on the way',
  EINVAL: 'the disk refuses the request',
  ENODATA: 'the medium is damaged there',
  ENOLINK: 'the connection to the disk failed',
  EREMOTEIO: 'the disk reports an error',
  ETIMEDOUT: 'the disk did not answer in time',
}

export const diskText = (error: unknown): string => texts[systemCode(error) ?? ''] ?? systemText(error)

/** Whether the disk, or the card in its reader, was taken out. */
export const isGoneError = (error: unknown): boolean =>
  ['ENODEV', 'ENXIO', 'ENOENT', 'ENOMEDIUM'].includes(systemCode(error) ?? '')
