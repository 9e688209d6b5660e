import type { WebSettings } from '../jobs/definitions.ts'

export interface OpenWeb {
  readonly port: number
  readonly bind: string
}

/** The port of the page, as the routes see it. */
export interface WebDoor {
  readonly open: OpenWeb | undefined
  /** Opens the port, if it is not open. Throws `usage` for an address that needs a password, and `io`. */
  readonly start: (settings: WebSettings) => Promise<OpenWeb>
  readonly stop: () => void
  /** An address that begins a session, once. */
  readonly link: () => { readonly url: string; readonly seconds: number }
  /** The header of a cookie; an empty one ends it. */
  readonly cookie: (value: string) => string
}
