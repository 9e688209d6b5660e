import { once } from 'node:events'
import { wrapText } from './wrap-text.ts'

/** The reader of stdout closed it (`| head`). That is not an error, and ends the output. */
export class OutputClosed extends Error {}

const batchCharacters = 64 * 1024

/** Standard output, in batches: a list may have millions of lines, and its reader may be slow. */
export class Output {
  private readonly stream: NodeJS.WriteStream
  private batch: string[] = []
  private characters = 0
  private closed = false

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      this.closed = true
    })
  }

  /** Columns to wrap at. */
  get columns(): number {
    return this.stream.columns ?? 100
  }

  /** Of a table: none in a file or a pipe. */
  get tableWidth(): number | undefined {
    return this.stream.isTTY ? this.stream.columns : undefined
  }

  get isTerminal(): boolean {
    return this.stream.isTTY
  }

  /** Takes one line. If it returns true, call `flush`. */
  line(text: string): boolean {
    this.batch.push(text, '\n')
    this.characters += text.length
    return this.characters >= batchCharacters
  }

  /** Takes a line of a summary. On a terminal it breaks at blanks, not inside words. */
  sentence(text: string): void {
    for (const line of wrapText(text, this.tableWidth ?? Infinity)) this.line(line)
  }

  /** Throws `OutputClosed` once nobody reads any more. */
  async flush(): Promise<void> {
    await this.flushWhileRead()
    if (this.closed) throw new OutputClosed()
  }

  /** The same for a command that works on even if nobody reads. */
  async flushWhileRead(): Promise<void> {
    const text = this.batch.join('')
    this.batch = []
    this.characters = 0
    if (text === '' || this.closed) return
    await new Promise<void>((resolve) => {
      this.stream.write(text, () => resolve())
    })
    // A write to a pipe that is closed tells of it in an event, which comes after the callback.
    if (this.stream.errored && !this.closed) await once(this.stream, 'close').catch(() => {})
  }
}
