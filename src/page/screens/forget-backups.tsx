import { useEffect, useState } from 'preact/hooks'
import { part, post } from '../api.ts'
import type { ForgetAnswer } from '../api-types.ts'
import { Confirm, useAction } from '../parts/dialog.tsx'
import { CheckField } from '../parts/field.tsx'
import { ErrorNotice } from '../parts/notice.tsx'
import { say } from '../parts/toast.tsx'
import { countWords, sizeWords } from '../words.ts'

/** Asks before backups are deleted, and says how many and how much room that frees. */
export function ForgetBackups({
  job,
  backups,
  onClose,
  onDone,
}: {
  readonly job: string
  readonly backups: readonly number[]
  readonly onClose: () => void
  readonly onDone: () => void
}) {
  const [prunes, setPrunes] = useState(false)
  const [plan, setPlan] = useState<ForgetAnswer | undefined>()
  const { error, act } = useAction()
  const to = `backups/${part(job)}/forget`
  useEffect(() => {
    act(async () => setPlan(await post<ForgetAnswer>(to, { backups, dry_run: true })))
  }, [])
  const words = countWords(backups.length, 'backup')
  return (
    <Confirm
      title={`Delete ${words}?`}
      verb={`Delete ${words}`}
      onClose={onClose}
      onYes={async () => {
        const { count } = await post<ForgetAnswer>(to, { backups, ...(prunes ? { prune: true } : {}) })
        say(`${countWords(count, 'backup')} deleted.`)
        onDone()
      }}
    >
      <p>
        Of <bdi>{job}</bdi>:{' '}
        {backups.length > 12 ? `${backups.slice(0, 12).join(', ')} …` : backups.join(', ')}
      </p>
      <p role="status">
        {plan === undefined
          ? 'Counting …'
          : plan.bytes_freed === null
            ? `${countWords(plan.count, 'backup')} can be deleted.`
            : `${countWords(plan.count, 'backup')} can be deleted. That frees ${sizeWords(plan.bytes_freed)}.`}
      </p>
      <ErrorNotice error={error} />
      <CheckField
        label="Free the room now"
        checked={prunes}
        onChange={setPrunes}
        hint="Then nobody can take them back. Otherwise you can, until the next prune."
      />
    </Confirm>
  )
}
