/** The output of `butcher verify`: JSON objects, or lines. */

import type { FileLossObject, FileObject, Typed } from './json-rows.ts'
import { jsonText } from './json-lines.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import type { Finding } from '../verify/finding.ts'
import type { LostFile } from '../catalog/losses.ts'
import type { ChunkLoss } from '../verify/verify.ts'
import type { Call } from './command.ts'
import { showCounted } from './show.ts'

export interface VerifyPrinter {
  readonly file: (finding: Finding) => Promise<void>
  readonly loss: (loss: ChunkLoss) => Promise<void>
}

const examples = 5

/** With `all`, every file that a chunk costs. Only JSON lists sound files. */
export function verifyPrinter(
  { output, reporter }: Pick<Call, 'output' | 'reporter'>,
  all: boolean,
): VerifyPrinter {
  let place: string | undefined
  const print = async (line: string): Promise<void> => {
    if (output.line(line)) await output.flush()
  }
  return {
    file: async (finding) => {
      if (reporter.json) return print(jsonText(fileObject(finding)))
      if (finding.status === 'sound' && finding.message === '') return
      if (reporter.quiet && finding.status === 'surplus') return
      reporter.makeWay()
      if (place !== finding.place) await print(showPath(discLine(finding)))
      place = finding.place
      await print(`  ${finding.status.padEnd(10)}  ${showPath(`${finding.name}: ${finding.message}`)}`)
      await output.flush() // before the next bar is drawn
    },
    loss: async (loss) => {
      if (!reporter.json) reporter.pause()
      const shown: string[] = []
      let [files, bytes, withCopy] = [0, 0, 0]
      for (const file of loss.files) {
        files++
        bytes += file.bytes
        if (file.copy) withCopy++
        if (reporter.json) await print(jsonText(lossObject(loss, file)))
        else if (all) await print(`  ${lossLine(file)}`)
        else if (shown.length < examples) shown.push(lossLine(file))
      }
      if (reporter.json) return
      const copies = withCopy === 0 ? '' : `; ${withCopy === files ? 'all' : withCopy} stored a second time`
      const cost =
        files === 0 ? 'costs no file' : `costs ${showCounted(files, 'file')} (${showSize(bytes)})${copies}`
      await print(`chunk ${loss.chunk} of disc ${loss.disc} ${cost}${all || files === 0 ? '' : ':'}`)
      for (const line of shown) await print(`  ${line}`)
      if (!all && files > shown.length)
        await print(`  and ${showCounted(files - shown.length, 'more file', 'more files')}: --all names them`)
    },
  }
}

const discLine = ({ place, disc }: Finding): string => (disc === undefined ? place : `disc ${disc}, ${place}`)

const backupsText = ({ firstBackup, lastBackup }: LostFile): string =>
  firstBackup === lastBackup ? `backup ${firstBackup}` : `backups ${firstBackup}-${lastBackup}`

function lossLine(file: LostFile): string {
  const copy = file.copy
    ? `; also in chunk ${file.copy.chunks.join(', ')} on disc ${file.copy.discs.join(', ')}`
    : ''
  return `${showPath(file.path)}  ${showSize(file.bytes)}, ${backupsText(file)}${copy}`
}

const fileObject = (finding: Finding): Typed<FileObject> => ({
  type: 'file',
  place: finding.place,
  disc: finding.disc ?? null,
  file: finding.name,
  status: finding.status,
  bytes: finding.bytes,
  chunk: finding.chunk ?? null,
  message: finding.message === '' ? null : finding.message,
  unreadable: finding.bad.map(({ offset, sizeBytes, reason, imageOffset }) => ({
    offset,
    bytes: sizeBytes,
    reason,
    ...(imageOffset === undefined
      ? {}
      : { sector: imageOffset / 2048, sectors: Math.ceil(sizeBytes / 2048) }),
  })),
})

const lossObject = ({ chunk, disc }: ChunkLoss, file: LostFile): Typed<FileLossObject> => ({
  type: 'loss',
  disc,
  chunk,
  path: file.path,
  first_backup: file.firstBackup,
  last_backup: file.lastBackup,
  bytes: file.bytes,
  copy: file.copy ?? null,
})
