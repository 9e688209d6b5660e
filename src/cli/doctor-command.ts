import { doctor, type ProgramReport } from '../commands/catalog/doctor.ts'
import type { ProgramObject, Typed } from './json-rows.ts'
import type { Command } from './command.ts'
import { printRows } from './reading.ts'
import { textTable } from './text-table.ts'

export const doctorCommand: Command = {
  name: 'doctor',
  positionals: [],
  options: ['json', 'quiet', 'no-progress'],
  examples: [['butcher doctor', 'the installed programs, and the use of the missing ones']],
  notes: ['Backup and restore need none of these programs.'],
  run: async (call) => {
    const programs = await doctor()
    const missing = programs.filter(({ path }) => path === undefined)
    const lines = doctorTable(programs, call.output.tableWidth)
    const text = (program: ProgramReport): string => lines[programs.indexOf(program)] as string
    const summary = (): object => ({ found: programs.length - missing.length, missing: missing.length })
    const status = await printRows(call, programs, { json: programObject, text }, summary)
    const debian = missing.map((program) => program.package).filter((name) => !name.includes(':'))
    if (debian.length > 0 && !call.reporter.json && !call.reporter.quiet) {
      call.output.line(`on Debian: apt-get install ${debian.join(' ')}`)
    }
    return status
  },
}

const doctorTable = (programs: readonly ProgramReport[], width: number | undefined): string[] =>
  textTable(
    programs.map(({ program, path, version, adds, package: debianPackage }) => [
      path === undefined ? 'missing' : 'found',
      program,
      path === undefined ? `(${debianPackage})` : (version ?? '?'),
      adds,
    ]),
    { width },
  )

const programObject = ({
  program,
  path,
  version,
  adds,
  package: debianPackage,
}: ProgramReport): Typed<ProgramObject> => ({
  type: 'program',
  program,
  found: path !== undefined,
  path: path ?? null,
  version: version ?? null,
  adds,
  package: debianPackage,
})
