import { exitStatus } from '../errors.ts'
import { defined, list, text, wholeNumber, word } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'

export const packChunkCommand: Command = {
  name: 'pack-chunk',
  positionals: [{ name: 'job', describe: 'a job file of butcher backup --plan-jobs', count: 'one' }],
  options: ['worker-key', 'source-map', 'jobs', 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher pack-chunk /shared/jobs/00000001.json', 'pack one chunk; the answer is one line of JSON'],
    [
      'parallel butcher pack-chunk --jobs 1 ::: /shared/jobs/*.json',
      'pack all chunks of a plan, one for each core',
    ],
    [
      'butcher pack-chunk --source-map /data=/mnt/data /shared/jobs/00000001.json',
      'this host sees the source elsewhere',
    ],
  ],
  notes: [
    'The job says everything: the files, the options and the folder for the result. The next butcher backup takes the result.',
    'You can do a job twice, on any host. Only one result counts, and butcher backup removes the other.',
    'A file that changed or cannot be read is named on stderr. The next butcher backup looks at it again, so the status is 0.',
  ],
  run: async (call) => {
    const { args, output, reporter, signal } = call
    const { packChunk } = await import('../commands/worker/pack-chunk.ts')
    const summary = await packChunk({
      job: word(args, 'job'),
      sourceMap: list(args, 'source-map'),
      ...defined({ workerKey: text(args, 'worker-key'), jobs: wholeNumber(args, 'jobs') }),
      report: reporter.report,
      signal,
    })
    reporter.pause()
    output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    return exitStatus.done
  },
}
