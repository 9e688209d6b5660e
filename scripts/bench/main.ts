/** bench.sh's program: runs rows, and tells what came of them. */

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { corpus, type CorpusName, describeCorpus } from './corpora.ts'
import { judge } from './figures.ts'
import { machineFacts } from './machine.ts'
import { type CorpusFacts, renderReport, type RowResult } from './report.ts'
import { rows } from './rows.ts'
import { runRow, type Surroundings } from './run-row.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean' }, out: { type: 'string' } },
})

if (values.list) {
  for (const { name, what } of rows) console.log(`${name.padEnd(18)} ${what}`)
} else {
  try {
    await bench()
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}

async function bench(): Promise<void> {
  const unknown = positionals.filter((name) => !rows.some((row) => row.name === name))
  if (unknown.length > 0) throw new Error(`there is no row ${unknown.join(', ')}; --list names them`)
  const chosen = positionals.length === 0 ? rows : rows.filter(({ name }) => positionals.includes(name))
  const runs = positiveNumber('RUNS', 3)
  const scale = positiveNumber('BENCH_SCALE', 1)
  const corporaFolder = path.join(fromEnvironment('BENCH_DIR'), 'corpora')
  const tell = (line: string): void => console.error(line)
  const surroundings = makeSurroundings(tell)

  const facts: [string, string][] = [
    ...machineFacts(surroundings.work),
    ['runs of each', `${runs}, the median is shown`],
    ...(scale === 1 ? [] : [['scale', `${scale}: these figures say nothing`] as [string, string]]),
  ]
  const corpora = new Map<string, CorpusFacts>()
  const results: RowResult[] = []
  const failed: string[] = []
  for (const row of chosen) {
    try {
      if (row.corpus) tell(`${row.name}: corpus ${row.corpus}`)
      const data = row.corpus && corpus(row.corpus, corporaFolder, scale)
      const figures = await runRow(row, data, runs, surroundings)
      if (data) {
        const { files, bytes, name } = data
        corpora.set(name, { name, describe: describeCorpus(name as CorpusName), files, bytes })
      }
      results.push({ name: row.name, what: row.what, target: row.target, figures })
      const { reached, words } = judge(figures, row.target)
      if (reached !== undefined)
        tell(`${row.name}: ${reached ? 'reached' : 'not reached'}: ${words.join('; ')}`)
    } catch (error) {
      failed.push(row.name)
      tell(`${row.name}: ${(error as Error).message}`)
    }
    // After each row: of a bench that is stopped, what was measured is kept.
    if (values.out)
      writeFileSync(values.out, renderReport({ facts, corpora: [...corpora.values()], results }))
  }
  process.stdout.write(renderReport({ facts, corpora: [...corpora.values()], results }))
  if (failed.length > 0) {
    tell(`failed: ${failed.join(', ')}`)
    process.exitCode = 1
  }
}

/** Nothing of the user's own settings reaches a contestant. */
function makeSurroundings(tell: (line: string) => void): Surroundings {
  const work = fromEnvironment('BENCH_WORK')
  const home = path.join(work, 'home')
  mkdirSync(home, { recursive: true })
  const secret = path.join(work, 'passphrase')
  const passphrase = 'correct horse battery staple'
  writeFileSync(secret, `${passphrase}\n`)
  return {
    work,
    tell,
    environment: {
      PATH: fromEnvironment('PATH'),
      GNUPGHOME: fromEnvironment('GNUPGHOME'),
      HOME: home,
      LC_ALL: 'C.UTF-8',
      SECRET: secret,
      PASSPHRASE: passphrase,
      BORG_PASSPHRASE: passphrase,
      RESTIC_PASSWORD_FILE: secret,
      BUTCHER: fileURLToPath(new URL('../../bin/butcher.js', import.meta.url)),
      EDIT: fileURLToPath(new URL('edit-tree.ts', import.meta.url)),
      PARITY: fileURLToPath(new URL('make-parity.ts', import.meta.url)),
      LARGE_IMAGE: fileURLToPath(new URL('large-image.ts', import.meta.url)),
      RANDOM_READS: fileURLToPath(new URL('random-reads.ts', import.meta.url)),
    },
  }
}

function fromEnvironment(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set; start scripts/bench.sh`)
  return value
}

function positiveNumber(name: string, otherwise: number): number {
  const value = Number(process.env[name] ?? otherwise)
  if (!(value > 0)) throw new Error(`${name} must be a number above 0`)
  return value
}
