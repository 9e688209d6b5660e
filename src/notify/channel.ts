/** The ways to tell people of runs. The fields are those of the configuration file and of `--json`. */

export const channelKinds = ['command', 'webhook', 'ping', 'email', 'desktop'] as const

/** `disc`: a disc is full and wants to be burned. `absent`: a run waits for its store or source. */
export const noticeEvents = ['failed', 'partial', 'late', 'absent', 'recovered', 'disc'] as const
export type NoticeEvent = (typeof noticeEvents)[number]

export interface Channel {
  /** Name of the channel. */
  readonly name: string
  readonly kind: (typeof channelKinds)[number]
  /** The events that it gets; not set: all. A ping also gets each start and each success. */
  readonly events?: readonly NoticeEvent[]
  /** The program and its words, for the kind `command`. No shell sees them. */
  readonly command?: readonly string[]
  /** Of a webhook or a ping. */
  readonly url?: string
  /** The name of the secret that is the URL. */
  readonly url_secret?: string
  /** The name of the secret that signs the body of a webhook. */
  readonly secret?: string
  /** Addresses of an email. */
  readonly to?: readonly string[]
  /** The sender of an email. */
  readonly from?: string
}

/** Something to tell. */
export interface Notice {
  readonly event: NoticeEvent | 'started' | 'succeeded' | 'test'
  readonly job: string
  /** Number of the run, if there is one. */
  readonly run: number | null
  /** The state of the run, or of the job. */
  readonly state: string
  readonly reason: string
  /** Discs to burn. */
  readonly discs: readonly number[]
  readonly host: string
  /** ISO 8601 UTC. */
  readonly at: string
  /** The end of the log of the run. */
  readonly log: string
}

/** The secrets of a channel as they are. */
export interface ChannelSecrets {
  readonly url?: string
  readonly key?: string
}

const titles: Readonly<Record<Notice['event'], string>> = {
  failed: 'the backup failed',
  partial: 'the backup is not complete',
  late: 'no good backup for too long',
  absent: 'the backup waits',
  recovered: 'the backup works again',
  disc: 'a disc wants to be burned',
  started: 'the backup started',
  succeeded: 'the backup is complete',
  test: 'a test of this channel',
}

/** `photos-nightly: the backup failed` */
export const noticeTitle = ({ event, job }: Notice): string => `${job}: ${titles[event]}`

export const noticeBody = ({ reason, run, host, at, log }: Notice): string =>
  [
    ...(reason === '' ? [] : [reason, '']),
    `Host: ${host}`,
    `Time: ${at}`,
    ...(run === null ? [] : [`Run: ${run} (butcher run log ${run})`]),
    ...(log === '' ? [] : ['', log]),
  ].join('\n')
