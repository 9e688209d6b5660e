/** Answers of rclone that are errors, and whether another try can help. */

import { ButcherError, type ErrorCode } from '../errors.ts'
import { showPath } from '../format/path-text.ts'

/**
 * `missing`: there is no such file or folder. `away`: the store does not answer, so it is waited for.
 * `passing`: some tries may help. `final`: none will.
 */
export type TroubleKind = 'missing' | 'away' | 'passing' | 'final'

/** An error of one call. It never leaves the room `store/`. */
export class Trouble extends Error {
  readonly kind: TroubleKind
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(kind: TroubleKind, message: string, code: ErrorCode = 'io', hint?: string) {
    super(message)
    this.kind = kind
    this.code = code
    this.hint = hint
  }
}

interface Rule {
  readonly words: RegExp
  readonly kind: TroubleKind
  readonly code?: ErrorCode
  readonly hint?: string
}

/** The first rule whose words are in the message counts. The words are those of rclone 1.60 and of Go. */
const rules: readonly Rule[] = [
  {
    words:
      /no space left|insufficient ?storage|quota ?exceeded|storagequota|disk (?:is )?full|too big for remaining disk space|over ?quota|not enough (?:free )?space/i,
    kind: 'final',
    code: 'no-space',
    hint: 'make room in the store, then run the same command again to continue',
  },
  {
    words:
      /didn't find section in config file|didn't find backend|unknown (?:type|remote)|couldn't find (?:type|backend)/i,
    kind: 'final',
    code: 'destination',
    hint: 'rclone listremotes shows the remotes, and rclone config makes one',
  },
  {
    words:
      /unable to decrypt configuration|couldn't decrypt configuration|config(?:uration)? (?:file )?is encrypted|password required/i,
    kind: 'final',
    code: 'destination',
    hint: 'put the password of the rclone configuration into RCLONE_CONFIG_PASS, or set RCLONE_PASSWORD_COMMAND',
  },
  {
    words:
      /unable to authenticate|unauthorized|access ?denied|permission denied|forbidden|\b40[13]\b|invalid_grant|invalidaccesskeyid|signaturedoesnotmatch|knownhosts|host key/i,
    kind: 'final',
    code: 'destination',
    hint: 'check the remote by rclone lsd',
  },
  {
    // The answer of some WebDAV servers, rclone's own among them, when they cannot write a file to the end.
    words: /method not allowed/i,
    kind: 'passing',
    hint: 'the store may be full: look at its room, then run the same command again',
  },
  { words: /is a file not a directory|is not a directory/i, kind: 'final', code: 'destination' },
  {
    words:
      /connection refused|connection reset|broken pipe|no route|unreachable|no such host|timeout|timed out|deadline exceeded|temporary failure|server misbehaving|\beof\b|closed network|connection lost|tls handshake|\b(?:408|425|429|5\d\d)\b|too many requests|slow ?down|rate ?limit|service unavailable|connection (?:was )?closed|network is down/i,
    kind: 'away',
  },
]

/** The trouble that rclone's answer with HTTP status `status` tells. */
export function troubleOf(status: number, message: string): Trouble {
  const text = showPath(message.replace(/\s+/g, ' ').trim().slice(0, 500))
  if (status === 404 || /(?:object|directory|file) not found/i.test(text)) return new Trouble('missing', text)
  const rule = rules.find(({ words }) => words.test(text))
  return rule ? new Trouble(rule.kind, text, rule.code, rule.hint) : new Trouble('passing', text)
}

/** The same for the user: `cannot DOING STORE: why`. */
export const storeError = (trouble: Trouble, doing: string): ButcherError =>
  new ButcherError(trouble.code, `${doing}: ${trouble.message}`, {
    cause: trouble,
    ...(trouble.hint === undefined ? {} : { hint: trouble.hint }),
  })
