/**
 * Opening OpenPGP messages as streams. The integrity of a message (MDC) shows at its end only, so what comes out before
 * is not known to be right until then: the reader checks a hash from the catalog, or waits for the end.
 */

import * as openpgp from 'openpgp'
import { ButcherError } from '../errors.ts'
import { dataPrefix, fitsPrefix } from './message-prefix.ts'
import { readPrivateKeys } from './private-key.ts'
import type { Secrets } from './secrets.ts'

/** Longer heads of session key packets are not looked at: some 1,800 recipients. */
const headBytes = 1 << 20

/**
 * The content of the OpenPGP message `input`, also of a compressed one; `name` is what errors call it. Pieces of about
 * 1 MB are read fastest.
 *
 * Throws `secret` before the first byte where the passphrase or key is missing or wrong, and `damaged` where it is no
 * message, is broken or cut short; of a broken one the bytes before may have come out.
 */
export async function* decrypt(
  input: AsyncIterable<Uint8Array>,
  secrets: Secrets,
  name: string,
): AsyncGenerator<Uint8Array> {
  const source = input[Symbol.asyncIterator]()
  const head: Uint8Array[] = []
  let headLength = 0
  let trouble: unknown
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { value, done } = await source.next()
          if (done) return controller.close()
          if (headLength < headBytes) {
            head.push(value)
            headLength += value.length
          }
          controller.enqueue(value)
        } catch (error) {
          trouble = error
          throw error
        }
      },
    },
    { highWaterMark: 0 },
  )
  try {
    const message = await openpgp.readMessage({ binaryMessage: stream as never })
    const sessionKeys = await openSessionKeys(message, secrets, name, () => Buffer.concat(head))
    headLength = headBytes
    head.length = 0
    const { data } = await openpgp.decrypt({
      message,
      sessionKeys,
      format: 'binary',
      config: { allowUnauthenticatedStream: true },
    })
    for await (const piece of data as unknown as AsyncIterable<Uint8Array>) yield piece
  } catch (error) {
    if (trouble !== undefined) throw trouble
    if (error instanceof ButcherError) throw error
    throw new ButcherError('damaged', `${name}: the encrypted data is damaged`, { cause: error })
  } finally {
    await source.return?.()
  }
}

type Message = openpgp.Message<openpgp.MaybeStream<Uint8Array>>

/** The session keys that open `message`: told right or wrong here, before anything is decrypted. */
async function openSessionKeys(
  message: Message,
  secrets: Secrets,
  name: string,
  head: () => Buffer,
): Promise<openpgp.SessionKey[]> {
  const tags = message.packets.map((packet) => (packet.constructor as unknown as { tag: number }).tag)
  const byPassphrase = tags.includes(openpgp.enums.packet.symEncryptedSessionKey)
  const byKey = tags.includes(openpgp.enums.packet.publicKeyEncryptedSessionKey)
  if (!byPassphrase && !byKey) throw new ButcherError('damaged', `${name} is no encrypted OpenPGP message`)

  const tried: string[] = []
  const found: openpgp.DecryptedSessionKey[] = []
  if (byPassphrase && secrets.passphrase !== undefined) {
    tried.push('the passphrase')
    const passwords = secrets.passphrase
    found.push(...(await openpgp.decryptSessionKeys({ message, passwords }).catch(() => [])))
  }
  if (byKey && secrets.privateKey !== undefined) {
    tried.push('the private key')
    const decryptionKeys = await readPrivateKeys(secrets.privateKey)
    found.push(...(await openpgp.decryptSessionKeys({ message, decryptionKeys }).catch(() => [])))
  }
  if (tried.length === 0) throw missing(name, byPassphrase, byKey)

  // gpg -c keeps no session key that could tell a wrong passphrase: the first bytes of the data do.
  const prefix = dataPrefix(head())
  const fitting = found.filter((key) => prefix === undefined || fitsPrefix(prefix, key))
  if (fitting.length === 0) throw wrong(name, tried)
  return fitting.map(({ data, algorithm }) => ({
    data,
    algorithm: algorithm as NonNullable<typeof algorithm>,
  }))
}

function missing(name: string, byPassphrase: boolean, byKey: boolean): ButcherError {
  const needed = [...(byPassphrase ? ['a passphrase'] : []), ...(byKey ? ['a private key'] : [])]
  const options = [...(byPassphrase ? ['--passphrase-file'] : []), ...(byKey ? ['--private-key'] : [])]
  return new ButcherError('secret', `${name} is encrypted: it needs ${needed.join(' or ')}`, {
    hint: `give it: ${options.join(' or ')}`,
  })
}

function wrong(name: string, tried: readonly string[]): ButcherError {
  const message =
    tried.length === 2
      ? `neither the passphrase nor the private key opens ${name}`
      : tried[0] === 'the passphrase'
        ? `wrong passphrase: it does not open ${name}`
        : `wrong private key: it does not open ${name}`
  return new ButcherError('secret', message)
}
