/** Errors of SQLite. Each has the name of SQLite's result code as its `code`. */

/** Source: https://www.sqlite.org/rescode.html, the primary codes by number. */
const primaryCodes: readonly string[] =
  'OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB'.split(
    ' ',
  )

/** The extended code for a value that is in a unique index already. */
const uniqueCode = 2067

class SqliteError extends Error {
  override readonly name = 'SqliteError'
  readonly code: string

  constructor(message: string, code: string, cause: unknown) {
    super(message, { cause })
    this.code = code
  }
}

interface NodeError extends Error {
  readonly code?: unknown
  readonly errcode?: unknown
}

/** Runs `doing`, a call of node:sqlite. */
export function withSqliteCodes<Result>(doing: () => Result): Result {
  try {
    return doing()
  } catch (error) {
    throw translated(error as NodeError)
  }
}

function translated(error: NodeError): unknown {
  if (error.code !== 'ERR_SQLITE_ERROR' || typeof error.errcode !== 'number') return error
  const code = error.errcode === uniqueCode ? 'CONSTRAINT_UNIQUE' : primaryCodes[error.errcode & 0xff]
  return new SqliteError(error.message, `SQLITE_${code ?? 'ERROR'}`, error)
}

/** The result code of SQLite, as `SQLITE_FULL`; undefined for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | undefined)?.code
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined
}
