/** `rclone:REMOTE:PATH`: a place on a remote of rclone. */

import { ButcherError } from '../errors.ts'
import { showPath } from '../format/path-text.ts'

const prefix = 'rclone:'

export const isRclonePlace = (place: string): boolean => place.startsWith(prefix)

/**
 * The remote as rclone wants it: `REMOTE:PATH` or `:backend,option=value:PATH`. Throws `usage` if it names no
 * remote.
 */
export function remoteOf(place: string): string {
  const remote = place.slice(prefix.length)
  if (!/^:?[^:/][^:]*:/.test(remote) || /[\0\r\n]/.test(remote)) {
    throw new ButcherError('usage', `'${showPlace(place)}' names no remote`, {
      hint: 'write rclone:REMOTE:PATH; rclone listremotes shows the remotes',
    })
  }
  return remote
}

/** An option of a connection string that is a secret, by the words that rclone uses in their names. */
const secretOption =
  /(,[a-z0-9_]*(?:pass|secret|token|key|pem|credentials|sas_url|cookie)[a-z0-9_]*)=("(?:[^"]|"")*"|[^,:]*)/gi

/** The place for messages, without the secrets of a connection string. */
export const showPlace = (place: string): string =>
  showPath(isRclonePlace(place) ? place.replace(secretOption, '$1=***') : place)
