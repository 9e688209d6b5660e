import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { Output } from '../../src/cli/output.ts'

const line = 'to burn: discs 1, 2, 3 (butcher burn /srv/discs 1-3); disc 4 is still open'

test.each([
  [
    { isTTY: true, columns: 30 },
    'to burn: discs 1, 2, 3\n(butcher burn /srv/discs 1-3);\ndisc 4 is still open\n',
  ],
  [{ isTTY: true, columns: 74 }, `${line}\n`],
  [{ isTTY: false }, `${line}\n`],
])('a sentence breaks at blanks, and only on a terminal: %j', async (terminal, shown) => {
  const stream = Object.assign(new PassThrough(), terminal) as unknown as NodeJS.WriteStream
  const output = new Output(stream)
  output.sentence(line)
  await output.flush()
  expect(String(stream.read())).toBe(shown)
})
