/** A queue between the host that plans the chunks of a backup and the hosts that pack them: five calls. */

export interface QueuedJob {
  /** Names the job in the queue. A second job of this id does not count. */
  readonly id: string
  /** Everything that a worker gets, sealed if it must be. Never a name of a file. */
  readonly body: string
}

/** The end of a job. Words of an error stay on the host of the worker: they name files. */
export interface JobEnd {
  readonly host: string
  /** The word in the names of the result; undefined if there is none. */
  readonly attempt?: string
  /** Why there is none: a code of an error of butcher. */
  readonly problem?: string
}

export interface TakenJob extends QueuedJob {
  readonly token: string
}

/** What the host of the backup does with a queue. */
export interface WriterQueue {
  /** Resolves with the end of the job, whoever did it. A job that the queue lost is offered again. */
  readonly offer: (job: QueuedJob) => Promise<JobEnd>
  /** Workers that are there now. */
  readonly workers: () => Promise<number>
  /** Removes the jobs whose id begins so: nobody should begin them any more. */
  readonly withdraw: (start: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** What a worker does with it. */
export interface WorkerQueue {
  /** Waits for a job; undefined after `close`. */
  readonly take: () => Promise<TakenJob | undefined>
  /** Keeps the job: a worker that is silent for longer loses it to another one. False if it is lost. */
  readonly beat: (job: TakenJob) => Promise<boolean>
  readonly done: (job: TakenJob, end: JobEnd) => Promise<void>
  /** Gives the job to others. After many times the job has failed. */
  readonly fail: (job: TakenJob, end: JobEnd) => Promise<void>
  readonly close: () => Promise<void>
}
