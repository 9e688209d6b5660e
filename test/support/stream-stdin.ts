/** Writes the unwrapped bytes of standard input to standard output. */

import { once } from 'node:events'
import { openBytes } from '../../src/image-bytes/open-bytes.ts'

const bytes = await openBytes('stdin')
for await (const piece of bytes.stream())
  if (!process.stdout.write(piece)) await once(process.stdout, 'drain')
await bytes.close()
