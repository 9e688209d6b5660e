/** Sends a notice by one channel. */

import { ButcherError } from '../errors.ts'
import { findProgram } from '../programs/find-program.ts'
import { runToEnd } from '../programs/run-to-end.ts'
import { type Channel, type ChannelSecrets, type Notice, noticeTitle } from './channel.ts'
import { callWebhook, sendPing } from './http-request.ts'
import { sendMail } from './send-mail.ts'

const patienceMs = 60_000

/** Throws `io`, `program` or `usage` with a text that names the channel and holds no secret. */
export async function sendNotice(channel: Channel, secrets: ChannelSecrets, notice: Notice): Promise<void> {
  if (channel.kind === 'webhook') return callWebhook(channel, secrets, notice)
  if (channel.kind === 'ping') return sendPing(channel, secrets, notice)
  if (channel.kind === 'email') return sendMail(channel, notice)
  if (channel.kind === 'desktop') return showOnDesktop(channel, notice)
  const [program = '', ...words] = channel.command ?? []
  return call(channel, program, words, {
    BUTCHER_EVENT: notice.event,
    BUTCHER_JOB: notice.job,
    BUTCHER_RUN: String(notice.run ?? ''),
    BUTCHER_STATE: notice.state,
    BUTCHER_REASON: notice.reason,
    BUTCHER_DISCS: notice.discs.join(' '),
    BUTCHER_TITLE: noticeTitle(notice),
  })
}

/** Whether the channel wants to get it. Only a ping gets good news that nobody waits for. */
export function isWanted({ kind, events }: Channel, { event }: Notice): boolean {
  if (event === 'test') return true
  if (event === 'started' || event === 'succeeded') return kind === 'ping'
  return events === undefined || events.includes(event)
}

async function showOnDesktop(channel: Channel, notice: Notice): Promise<void> {
  const program = findProgram('notify-send')
  if (program === undefined)
    throw new ButcherError('program', `the channel '${channel.name}' needs notify-send`, {
      hint: 'on Debian: apt-get install libnotify-bin',
    })
  const isBad = notice.event === 'failed' || notice.event === 'late'
  const words = ['--app-name=butcher', `--urgency=${isBad ? 'critical' : 'normal'}`, '--']
  await call(channel, program, [...words, noticeTitle(notice), notice.reason], {})
}

async function call(
  { name }: Channel,
  program: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const { status, complaint } = await runToEnd(program, words, {
    environment,
    signal: AbortSignal.timeout(patienceMs),
  })
  if (status !== 0)
    throw new ButcherError(
      'program',
      `the channel '${name}' failed: ${program}: ${complaint || `status ${status}`}`,
    )
}
