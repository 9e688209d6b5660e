/** The newest lines of the daemon's log. */

const mostLines = 1000

export interface LogLine {
  readonly id: number
  readonly at: string
  readonly text: string
}

export class LogLines {
  readonly #lines: LogLine[] = []
  #last = 0

  add(text: string): LogLine {
    const line = { id: ++this.#last, at: new Date().toISOString(), text }
    this.#lines.push(line)
    if (this.#lines.length > mostLines) this.#lines.shift()
    return line
  }

  after(id: number): readonly LogLine[] {
    return this.#lines.filter((line) => line.id > id)
  }
}
