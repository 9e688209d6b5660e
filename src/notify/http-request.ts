import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ButcherError, systemText } from '../errors.ts'
import type { Channel, ChannelSecrets, Notice } from './channel.ts'

const patienceMs = 10_000
const againMs = [1000, 5000] as const
const mostLogBytes = 10_000

/** The body is JSON. With a key, the header X-Butcher-Signature signs the time and the body. */
export async function callWebhook(channel: Channel, secrets: ChannelSecrets, notice: Notice): Promise<void> {
  const body = JSON.stringify(notice)
  const time = String(Math.floor(Date.now() / 1000))
  const signed =
    secrets.key === undefined
      ? {}
      : { 'x-butcher-signature': `sha256=${signatureOf(secrets.key, time, body)}` }
  await post(channel, urlOf(channel, secrets), body, {
    'content-type': 'application/json',
    'x-butcher-timestamp': time,
    ...signed,
  })
}

/** The receiver computes the same: HMAC-SHA-256 of the time, a dot and the body, in hex. */
const signatureOf = (key: string, time: string, body: string): string =>
  createHmac('sha256', key).update(`${time}.${body}`).digest('hex')

/** As Healthchecks takes it: /start, nothing for a success, /fail, and /log for all else. */
export async function sendPing(channel: Channel, secrets: ChannelSecrets, notice: Notice): Promise<void> {
  const url = urlOf(channel, secrets)
  url.pathname = `${url.pathname.replace(/\/$/, '')}${suffixOf(notice.event)}`
  const body =
    notice.event === 'started' ? '' : Buffer.from(notice.log || notice.reason).subarray(-mostLogBytes)
  await post(channel, url, body, { 'content-type': 'text/plain; charset=utf-8' })
}

function suffixOf(event: Notice['event']): string {
  if (event === 'started') return '/start'
  if (event === 'succeeded') return ''
  return event === 'failed' || event === 'late' ? '/fail' : '/log'
}

function urlOf({ name, url }: Channel, secrets: ChannelSecrets): URL {
  const text = secrets.url ?? url ?? ''
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed?.protocol === 'https:' || parsed?.protocol === 'http:') return parsed
  throw new ButcherError(
    'usage',
    `cannot use the channel '${name}': its URL does not begin with http or https`,
  )
}

/** No message shows the URL, which may be a secret. */
async function post(
  { name }: Channel,
  url: URL,
  body: string | Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  for (const wait of [...againMs, undefined]) {
    const problem = await postOnce(url, body, headers)
    if (problem === undefined) return
    if (wait === undefined || problem.isFinal)
      throw new ButcherError('io', `the channel '${name}' failed: ${problem.why}`)
    await sleep(wait)
  }
}

async function postOnce(
  url: URL,
  body: string | Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly why: string; readonly isFinal: boolean } | undefined> {
  try {
    const signal = AbortSignal.timeout(patienceMs)
    const answer = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal })
    await answer.body?.cancel()
    if (answer.ok) return undefined
    return { why: `the server answered with status ${answer.status}`, isFinal: answer.status < 500 }
  } catch (error) {
    const { name, cause } = error as Error
    const why = name === 'TimeoutError' ? 'the server did not answer in time' : systemText(cause ?? error)
    return { why, isFinal: false }
  }
}
