import { useEffect, useState } from 'preact/hooks'
import { type ApiError, asApiError, post } from '../api.ts'
import type { IgnorePreview as Answer } from '../api-types.ts'
import { filled } from '../parts/field.tsx'
import { ErrorNotice } from '../parts/notice.tsx'
import { countWords } from '../words.ts'

const pauseMs = 500

/** What the patterns of an item leave out, once it is asked for; then it follows each change. */
export function IgnorePreview({
  paths,
  ignore,
}: {
  readonly paths: readonly string[]
  readonly ignore: readonly string[]
}) {
  const [open, setOpen] = useState(false)
  const [answer, setAnswer] = useState<Answer | undefined>()
  const [error, setError] = useState<ApiError | undefined>()
  const wish = JSON.stringify({ paths: filled(paths), ignore: filled(ignore) })
  useEffect(() => {
    if (!open) return undefined
    let here = true
    const ask = (): void => {
      post<Answer>('items/preview', JSON.parse(wish)).then(
        (found) => {
          if (!here) return
          setAnswer(found)
          setError(undefined)
        },
        (problem: unknown) => here && setError(asApiError(problem)),
      )
    }
    const timer = setTimeout(ask, answer === undefined ? 0 : pauseMs)
    return () => {
      here = false
      clearTimeout(timer)
    }
  }, [open, wish])
  if (!open)
    return (
      <div>
        <button type="button" class="quiet small" onClick={() => setOpen(true)}>
          Show what this leaves out
        </button>
      </div>
    )
  return (
    <div class="stack" aria-label="Preview" role="group">
      <ErrorNotice error={error} />
      <p class="small" role="status">
        {answer === undefined ? (error ? '' : 'Looking …') : sentenceOf(answer)}
      </p>
      {answer !== undefined && answer.examples.length > 0 && (
        <ul class="log" tabIndex={0} aria-label="Left out">
          {answer.examples.map(({ path, kind }) => (
            <li key={path}>
              <bdi>
                {path}
                {kind === 'dir' ? '/' : ''}
              </bdi>
            </li>
          ))}
        </ul>
      )}
      {answer !== undefined && answer.unmatched.length > 0 && (
        <p class="small soft">
          Without a match: <bdi>{answer.unmatched.join(', ')}</bdi>
        </p>
      )}
      {answer !== undefined && answer.absent.length > 0 && (
        <p class="small soft">
          Not there now: <bdi>{answer.absent.join(', ')}</bdi>
        </p>
      )}
    </div>
  )
}

function sentenceOf({ kept, left_out: out, truncated }: Answer): string {
  const left = `${countWords(out.files, 'file')} and ${countWords(out.folders, 'folder')} with all in them`
  const stays = `${countWords(kept.files, 'file')} in ${countWords(kept.folders, 'folder')}`
  const all = `Left out: ${left}. Backed up: ${stays}.`
  return truncated ? `${all} There are more; this is what a first look found.` : all
}
