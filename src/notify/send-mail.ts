/**
 * Mail by the sendmail program, which every mail server of Linux brings, and msmtp. So butcher holds no
 * password of a mail account.
 */

import { once } from 'node:events'
import fs from 'node:fs'
import { ButcherError } from '../errors.ts'
import { findProgram } from '../programs/find-program.ts'
import { endOnAbort, startProgram } from '../programs/run-program.ts'
import { type Channel, type Notice, noticeBody, noticeTitle } from './channel.ts'

/** Often not on the PATH of users. */
const places = ['/usr/sbin/sendmail', '/usr/lib/sendmail']
const patienceMs = 60_000

export async function sendMail(channel: Channel, notice: Notice): Promise<void> {
  const program = findProgram('sendmail') ?? places.find((file) => fs.existsSync(file))
  if (program === undefined)
    throw new ButcherError('program', `the channel '${channel.name}' needs sendmail`, {
      hint: 'on Debian: apt-get install msmtp-mta, and configure msmtp',
    })
  const child = startProgram(program, ['-i', '--', ...(channel.to ?? [])], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let complaint = ''
  child.stderr
    ?.setEncoding('utf8')
    .on('data', (text: string) => (complaint = `${complaint}${text}`.slice(-2000)))
  const release = endOnAbort(child, AbortSignal.timeout(patienceMs))
  try {
    child.stdin?.end(mailText(channel, notice))
    const [status, signal] = (await once(child, 'close')) as [number | null, string | null]
    if (status !== 0)
      throw new ButcherError(
        'program',
        `the channel '${channel.name}' failed: sendmail: ${complaint.trim() || `status ${status ?? signal}`}`,
      )
  } finally {
    release()
  }
}

/** No line of it comes from outside unencoded: a name cannot add a header. */
export function mailText({ to = [], from }: Channel, notice: Notice): string {
  return [
    ...(from === undefined ? [] : [`From: ${from}`]),
    `To: ${to.join(', ')}`,
    `Subject: ${encodedWords(`butcher: ${noticeTitle(notice)}`)}`,
    `Date: ${new Date(notice.at).toUTCString().replace('GMT', '+0000')}`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=UTF-8',
    'Content-Transfer-Encoding: base64',
    '',
    ...inLines(Buffer.from(`${noticeBody(notice)}\n`).toString('base64'), 76),
    '',
  ].join('\n')
}

/** RFC 2047: at most 75 characters each, and no character in two of them. */
function encodedWords(text: string): string {
  if (/^[\x20-\x7e]{0,200}$/.test(text)) return text
  const words: string[] = []
  let word = ''
  for (const character of text) {
    if (Buffer.byteLength(word + character) > 36) {
      words.push(word)
      word = ''
    }
    word += character
  }
  return [...words, word].map((one) => `=?UTF-8?B?${Buffer.from(one).toString('base64')}?=`).join('\n ')
}

const inLines = (text: string, most: number): readonly string[] =>
  text.match(new RegExp(`.{1,${most}}`, 'g')) ?? []
