/**
 * Writes index.html, a single page without other files. Names are only in its data, compressed and in base64,
 * so none can be read as markup. The policy in its head allows only its own script, and no fetching.
 */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { asButcherError, ButcherError, throwIfAborted } from '../errors.ts'
import { ownText } from '../own-files.ts'
import { pageLines, type PageHeader, type PageRow } from './page-data.ts'

const asset = (name: string): string => ownText(`assets/index-page/${name}`)

/** The bytes of the page besides its data. */
export const frameBytes = (): number => {
  const { head, tail } = frame('0'.repeat(32))
  return Buffer.byteLength(head) + Buffer.byteLength(tail)
}

export interface WrittenPage {
  readonly bytes: number
  readonly sha256: string
}

/**
 * Writes the page to the new file `file`, and syncs it. If it would be larger than `maxBytes`, removes it and
 * returns undefined. Throws `io`, `no-space` or `aborted`.
 */
export async function writePage(
  file: string,
  header: PageHeader,
  rows: Iterable<PageRow>,
  {
    maxBytes = Infinity,
    signal,
  }: { readonly maxBytes?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<WrittenPage | undefined> {
  const parts = frame(header.set)
  const hash = createHash('sha256')
  let bytes = 0
  const count = (piece: string): string => {
    bytes += piece.length
    if (bytes > maxBytes) throw new TooLarge()
    hash.update(piece, 'latin1')
    return piece
  }
  const output = fs.createWriteStream(file, { flags: 'wx', flush: true, mode: 0o644 })
  try {
    await pipeline(
      Readable.from(pageLines(header, rows)),
      createGzip({ level: 9 }),
      async function* (packed: AsyncIterable<Buffer>) {
        for await (const piece of framed(packed, parts)) yield count(piece)
      },
      output,
      signal ? { signal } : {},
    )
    return { bytes, sha256: hash.digest('hex') }
  } catch (error) {
    fs.rmSync(file, { force: true })
    if (error instanceof TooLarge) return undefined
    throwIfAborted(signal, error)
    throw asButcherError(error, 'cannot write', file)
  }
}

class TooLarge extends Error {}

async function* framed(
  packed: AsyncIterable<Buffer>,
  { head, tail }: { readonly head: string; readonly tail: string },
): AsyncGenerator<string> {
  yield head
  let rest = Buffer.alloc(0)
  for await (const piece of packed) {
    const whole = Buffer.concat([rest, piece])
    const cut = whole.length - (whole.length % 3)
    rest = whole.subarray(cut)
    yield whole.toString('base64', 0, cut)
  }
  yield rest.toString('base64') + tail
}

/** The text before and after the data, all in ASCII. */
function frame(setId: string): { head: string; tail: string } {
  const style = asset('page.css')
  const logic = asset('tree.js').replaceAll(/^export /gm, '')
  const script = `'use strict';(() => {\n${logic}\n${asset('page.js')}})()`
  const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'`
  const words = {
    POLICY: policy,
    TITLE: `Backup set ${setId.replaceAll(/[^0-9a-f]/g, '').slice(0, 8)}`,
    STYLE: style,
    SCRIPT: script,
  }
  const page = asset('page.html').replaceAll(/%([A-Z]+)%/g, (whole, name: string) =>
    Object.hasOwn(words, name) ? words[name as keyof typeof words] : whole,
  )
  const [head, tail] = page.split('%DATA%') as [string, string]
  return { head: inAscii(head), tail: inAscii(tail) }
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Letters that are not ASCII would change the page's hashes in another encoding. */
function inAscii(text: string): string {
  const strange = /[^\t\n\r -~]/.exec(text)
  if (strange) throw new ButcherError('internal', `index.html has a '${strange[0]}' in its own text`)
  return text
}
