import { exitStatus } from '../errors.ts'
import { showSize } from '../format/size-text.ts'
import { defined, list, text, wholeNumber } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { queueOfCall } from './queue-of-call.ts'
import { showCounted, showDuration } from './show.ts'
import { usageError } from './split-words.ts'

export const workerCommand: Command = {
  name: 'worker',
  positionals: [],
  options: [
    'queue',
    'queue-file',
    'worker-key',
    'source-map',
    'lost-after',
    'jobs',
    'json',
    'quiet',
    'no-progress',
  ],
  describes: { jobs: 'pack N chunks at a time, each with a core (default: number of CPU cores)' },
  examples: [
    ['butcher worker --queue redis://head', 'pack chunks for every backup that uses this queue'],
    [
      'butcher worker --queue-file /etc/queue --worker-key /etc/worker.key',
      'the address with its password in a file; the key is for encrypted sets',
    ],
    [
      'butcher worker --queue redis://head --source-map /data=/mnt/data',
      'this host sees the source elsewhere',
    ],
  ],
  notes: [
    'A worker runs until SIGTERM or Ctrl-C. Then it gives its jobs back, and another worker packs them.',
    'It needs the packages bullmq and ioredis, and a Redis or Valkey. See docs/several-machines.md.',
  ],
  run: async (call) => {
    const { args, output, reporter, signal } = call
    const queue = queueOfCall(args)
    if (queue === undefined) throw usageError('which queue? give --queue redis://HOST, or --queue-file')
    const { runWorker } = await import('../commands/worker/worker.ts')
    const summary = await runWorker({
      queue,
      sourceMap: list(args, 'source-map'),
      ...defined({
        workerKey: text(args, 'worker-key'),
        jobs: wholeNumber(args, 'jobs'),
        lostAfterSeconds: wholeNumber(args, 'lost-after'),
      }),
      report: reporter.report,
      signal,
      onChunk: ({ chunk, bytesSource, bytes, seconds }) => {
        const facts = { type: 'chunk', chunk, bytes_source: bytesSource, bytes, seconds }
        if (reporter.json) output.line(JSON.stringify(facts))
        else if (!reporter.quiet)
          output.line(
            `chunk ${chunk}: ${showSize(bytesSource)} as ${showSize(bytes)} in ${showDuration(seconds)}`,
          )
        void output.flushWhileRead()
      },
    })
    reporter.pause()
    if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    else if (!reporter.quiet)
      output.line(`packed ${showCounted(summary.chunks, 'chunk')} of ${showSize(summary.bytes)}`)
    await output.flushWhileRead()
    return exitStatus.done
  },
}
