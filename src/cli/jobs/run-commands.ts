/** `job run`, and `run list`, `show`, `log` and `stop`. */

import { ButcherError, exitStatus } from '../../errors.ts'
import { showPath } from '../../format/path-text.ts'
import { type RunDatabase, type RunRow, withRuns } from '../../jobs/run-database.ts'
import { runJob } from '../../jobs/run-job.ts'
import type { RunState } from '../../jobs/run-states.ts'
import { scheduledRun } from '../../jobs/scheduled-run.ts'
import { stopRun } from '../../jobs/stop-run.ts'
import { messageOf } from '../../jobs/tell-channels.ts'
import { wholeNumber, word } from '../arguments.ts'
import type { Command } from '../command.ts'
import { jsonText } from '../json-lines.ts'
import { usageError } from '../split-words.ts'
import { textTable } from '../text-table.ts'
import { exampleNames, nameOfKind } from './definition-commands.ts'
import { showTime } from './definition-texts.ts'
import { localZone } from '../../schedule/schedule.ts'

const statusOfState: Readonly<Record<RunState, number>> = {
  queued: exitStatus.done,
  running: exitStatus.done,
  ok: exitStatus.done,
  partial: exitStatus.incomplete,
  failed: exitStatus.failed,
  stopped: exitStatus.stopped,
  skipped: exitStatus.failed,
  interrupted: exitStatus.failed,
}

export const jobRun: Command = {
  name: 'job run',
  positionals: [nameOfKind('job')],
  options: ['json', 'quiet', 'no-progress'],
  examples: [[`butcher job run ${exampleNames.job}`, 'run a job now, and wait for its end']],
  notes: [
    'It runs in this terminal, with or without a daemon. Ctrl-C stops it; the next run resumes.',
    'A run ends as ok, partial, failed, stopped, skipped or interrupted. The exit status is 0, 3 if partial, 130 if stopped, else 1.',
  ],
  run: async ({ args, output, reporter, signal }) => {
    const row = await runJob(word(args, 'name'), {
      ...scheduledRun.fromEnvironment(),
      signal,
      tell: (line) => {
        if (reporter.json) output.line(jsonText(line))
        else if (line['type'] === 'warning') reporter.tell(`warning: ${showPath(String(line['message']))}`)
      },
    })
    if (reporter.json) output.line(jsonText(runObject(row)))
    else if (!reporter.quiet || row.state !== 'ok') output.line(sentenceOf(row))
    const status = statusOfState[row.state]
    if (status === exitStatus.failed)
      throw new ButcherError(
        'io',
        `the job '${row.job}' ${row.state === 'skipped' ? 'was skipped' : row.state}: ${row.reason}`,
        {
          hint: `butcher run log ${row.run}`,
        },
      )
    return status
  },
}

const sentenceOf = (row: RunRow): string =>
  showPath(`run ${row.run} of the job ${row.job}: ${row.state}${row.reason === '' ? '' : ` (${row.reason})`}`)

const defaultShown = 20

export const runList: Command = {
  name: 'run list',
  positionals: [{ name: 'job', describe: 'only the runs of this job', count: 'optional' }],
  options: ['last', 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher run list', `the newest ${defaultShown} runs`],
    [`butcher run list ${exampleNames.job} --last 100`, 'the newest hundred of one job'],
  ],
  run: async ({ args, output, reporter }) => {
    const rows = withRuns((database) =>
      database.runs({ job: args.positionals['job']?.[0], most: wholeNumber(args, 'last') ?? defaultShown }),
    )
    if (reporter.json) for (const row of rows) output.line(jsonText(runObject(row)))
    else if (rows.length === 0) output.line('no run yet (butcher job run NAME)')
    else for (const line of runTable(rows, output.tableWidth)) output.line(line)
    await output.flush()
    return exitStatus.done
  },
}

function runTable(rows: readonly RunRow[], width: number | undefined): string[] {
  const cells = rows.map((row) =>
    [
      String(row.run),
      row.job,
      showTime(new Date(row.started), localZone()),
      row.trigger,
      row.state,
      row.state === 'running' ? row.step : row.reason,
    ].map(showPath),
  )
  return textTable([['run', 'job', 'started', 'by', 'state', 'why'], ...cells], {
    right: [0],
    width,
    optional: [3],
  })
}

export const runShow: Command = {
  name: 'run show',
  positionals: [{ name: 'run', describe: 'the number of the run', count: 'one' }],
  options: ['json', 'quiet', 'no-progress'],
  examples: [['butcher run show 12', 'show everything about a run']],
  run: async ({ args, output, reporter }) => {
    const row = withRuns((database) => rowOf(database, numberOf(word(args, 'run'))))
    if (reporter.json) output.line(jsonText(runObject(row)))
    else {
      const facts = Object.entries(runObject(row)).filter(([, value]) => value !== null && value !== '')
      const rows = facts
        .slice(1)
        .map(([name, value]) => [
          name,
          showPath(typeof value === 'object' ? JSON.stringify(value) : String(value)),
        ])
      for (const line of textTable(rows)) output.line(line)
    }
    return exitStatus.done
  },
}

export const runLog: Command = {
  name: 'run log',
  positionals: [{ name: 'run', describe: 'the number of the run', count: 'one' }],
  options: ['json', 'quiet', 'no-progress'],
  examples: [['butcher run log 12', 'the warnings and notes of a run, with their times']],
  run: async ({ args, output, reporter }) => {
    const events = withRuns((database) => {
      const { run } = rowOf(database, numberOf(word(args, 'run')))
      return database.events(run)
    })
    for (const { at, type, line } of events) {
      if (output.line(reporter.json ? line : showPath(`${at}  ${type}  ${messageOf(line)}`)))
        await output.flush()
    }
    return exitStatus.done
  },
}

export const runStop: Command = {
  name: 'run stop',
  positionals: [{ name: 'run', describe: 'the number of the run', count: 'one' }],
  options: ['json', 'quiet', 'no-progress'],
  examples: [['butcher run stop 12', 'end a run as Ctrl-C does; the next run resumes']],
  run: async ({ args, output, reporter }) => {
    const row = withRuns((database) => {
      const found = rowOf(database, numberOf(word(args, 'run')))
      stopRun(found)
      return found
    })
    if (reporter.json) output.line(jsonText(runObject(row)))
    else if (!reporter.quiet) output.line(`stopping run ${row.run}`)
    return exitStatus.done
  },
}

function rowOf(database: RunDatabase, run: number): RunRow {
  const row = database.find(run)
  if (row) return row
  throw new ButcherError('usage', `run ${run} does not exist`, { hint: 'butcher run list shows them' })
}

function numberOf(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw usageError(`'${value}' is not the number of a run`, 'butcher run list')
  return Number(value)
}

/** The summary as an object, and no process numbers. */
function runObject({ summary, pid: _pid, worker: _worker, ...row }: RunRow) {
  return { type: 'run', ...row, summary: summary === null ? null : (JSON.parse(summary) as object) }
}
