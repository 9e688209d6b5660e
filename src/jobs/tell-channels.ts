/** Tells the channels of a job how its runs go. A channel that fails never fails a run. */

import os from 'node:os'
import { systemText } from '../errors.ts'
import type { Channel, ChannelSecrets, Notice } from '../notify/channel.ts'
import { isWanted, sendNotice } from '../notify/send-notice.ts'
import type { Definitions, Job } from './definitions.ts'
import type { RunDatabase, RunRow } from './run-database.ts'
import { readSecret } from './secrets.ts'

/** The same event of a job is told once in this time. */
const repeatMs = 24 * 3600_000
const badEvents = ['failed', 'partial', 'late', 'absent'] as const

export type News = Pick<Notice, 'event' | 'reason'> & Partial<Omit<Notice, 'event' | 'reason'>>

/** Sends it to all channels of the job that want it. Returns the problems, as sentences. */
export async function tellChannels(
  { name, notify }: Pick<Job, 'name' | 'notify'>,
  definitions: Definitions,
  news: News,
): Promise<readonly string[]> {
  const notice: Notice = {
    job: name,
    run: null,
    state: news.event,
    discs: [],
    log: '',
    host: os.hostname(),
    at: new Date().toISOString(),
    ...news,
  }
  const channels = (definitions.channels ?? []).filter(
    (channel) => (notify?.includes(channel.name) ?? true) && isWanted(channel, notice),
  )
  const told = await Promise.allSettled(channels.map((channel) => tellChannel(channel, definitions, notice)))
  return told.flatMap((one) => (one.status === 'rejected' ? [systemText(one.reason)] : []))
}

/** Sends a test. Throws if it fails. */
export const testChannel = (channel: Channel, definitions: Definitions): Promise<void> =>
  tellChannel(channel, definitions, {
    event: 'test',
    job: 'test',
    run: null,
    state: 'test',
    reason: 'This is a test.',
    discs: [],
    host: os.hostname(),
    at: new Date().toISOString(),
    log: '',
  })

/** Throws if it fails. */
async function tellChannel(channel: Channel, definitions: Definitions, notice: Notice): Promise<void> {
  const { url_secret: url, secret: key } = channel
  const secrets: ChannelSecrets = {
    ...(url === undefined ? {} : { url: await readSecret(url, definitions) }),
    ...(key === undefined ? {} : { key: await readSecret(key, definitions) }),
  }
  await sendNotice(channel, secrets, notice)
}

/** Tells of an event of a job, unless it was told in the last day. */
export async function tellOnce(
  job: Pick<Job, 'name' | 'notify'>,
  definitions: Definitions,
  database: Pick<RunDatabase, 'mayTell'>,
  news: News,
): Promise<readonly string[]> {
  return database.mayTell(job.name, news.event, repeatMs) ? tellChannels(job, definitions, news) : []
}

/** Tells of the end of a run. */
export async function tellEnd(
  job: Job,
  definitions: Definitions,
  database: RunDatabase,
  row: RunRow,
  discs: readonly number[],
): Promise<void> {
  if ((definitions.channels ?? []).length === 0) return
  const about = { run: row.run, state: row.state, reason: row.reason, discs, log: logOf(database, row) }
  const problems: string[] = []
  const tell = async (event: Notice['event']): Promise<void> =>
    void problems.push(...(await tellChannels(job, definitions, { ...about, event })))
  if (row.state === 'ok' || row.state === 'partial') await tell('succeeded')
  if (row.state === 'ok' && database.forgetTold(job.name, badEvents)) await tell('recovered')
  if (row.state === 'failed' || row.state === 'partial')
    problems.push(...(await tellOnce(job, definitions, database, { ...about, event: row.state })))
  if (discs.some((disc) => database.mayTell(job.name, `disc ${disc}`, Number.MAX_SAFE_INTEGER / 1000)))
    await tell('disc')
  for (const message of problems)
    database.addEvent(row.run, 'note', JSON.stringify({ type: 'note', message }))
}

const mostLogCharacters = 10_000

/** The newest lines of the log, as `run log` shows them. */
function logOf(database: RunDatabase, { run, state, reason }: RunRow): string {
  const lines = database.events(run).map(({ at, type, line }) => `${at}  ${type}  ${messageOf(line)}`)
  return [...lines, `${state}${reason === '' ? '' : `: ${reason}`}`].join('\n').slice(-mostLogCharacters)
}

/** The text of a line of an event. */
export function messageOf(line: string): string {
  const { message, type: _type, ...rest } = JSON.parse(line) as { message?: string; type?: string }
  return message ?? JSON.stringify(rest)
}
