/** The way to a restore: where to, conflicts, plan, run, result. */

import { useState } from 'preact/hooks'
import { post, start } from '../api.ts'
import type { Restore, RestorePlan } from '../api-types.ts'
import { Dialog, useAction } from '../parts/dialog.tsx'
import { Choices, TextField } from '../parts/field.tsx'
import { FolderPicker } from '../parts/folder-picker.tsx'
import { Icon } from '../parts/icon.tsx'
import { ErrorNotice, Notice } from '../parts/notice.tsx'
import { countWords } from '../words.ts'
import { PlanView, RestoreView } from './restore-views.tsx'

const steps = ['Files', 'Place', 'Conflicts', 'Plan', 'Restore'] as const

type Place = 'original' | 'folder'
type Conflicts = 'keep' | 'replace' | 'beside'

interface WizardProps {
  readonly job: string
  /** Of several, each gets a folder of its own. */
  readonly backups: readonly number[]
  /** Empty: the whole backup. */
  readonly paths: readonly string[]
  readonly onClose: () => void
}

export function RestoreWizard({ job, backups, paths, onClose }: WizardProps) {
  const [step, setStep] = useState(0)
  const [place, setPlace] = useState<Place>('folder')
  const [folder, setFolder] = useState('')
  const [conflicts, setConflicts] = useState<Conflicts>('keep')
  const [plan, setPlan] = useState<RestorePlan | undefined>()
  const [restores, setRestores] = useState<readonly Restore[]>([])
  const [picks, setPicks] = useState(false)
  const { busy, error, act } = useAction()
  const isOne = backups.length === 1
  const targetOf = (backup: number): string | null => {
    if (place === 'original') return null
    return isOne ? folder : `${folder.replace(/\/+$/, '')}/backup-${backup}`
  }
  const wishes = backups.map((backup) => ({ job, backup, paths, target: targetOf(backup), conflicts }))

  const forward = (): void => {
    if (step !== 2) return setStep(step + 1)
    act(async () => {
      const plans: RestorePlan[] = []
      for (const wish of wishes) plans.push(await post<RestorePlan>('restores/plan', wish))
      setPlan(sumOf(plans))
      setStep(3)
    })
  }
  const ready = step !== 1 || place === 'original' || folder.startsWith('/')
  return (
    <Dialog
      title={isOne ? `Restore from backup ${backups[0]}` : `Restore ${backups.length} backups`}
      wide
      onClose={onClose}
    >
      <ol class="steps trail" aria-label="Steps">
        {steps.map((name, i) => (
          <li key={name} class={i < step ? 'done' : ''} aria-current={i === step ? 'step' : undefined}>
            {name}
          </li>
        ))}
      </ol>
      {step === 0 && <Files job={job} backups={backups} paths={paths} />}
      {step === 1 && (
        <div class="stack">
          {isOne && (
            <Choices
              legend="Restore to"
              value={place}
              onChange={setPlace}
              options={[
                ['folder', 'A folder', 'of this machine'],
                ['original', 'The original place', 'where the files were'],
              ]}
            />
          )}
          {place === 'folder' && (
            <div class="field">
              <TextField
                label="Folder"
                value={folder}
                onChange={setFolder}
                hint={`An absolute path. butcher makes the folder if it is not there.${
                  isOne ? '' : ' Each backup gets a folder in it: backup-1, for example.'
                }`}
              />
              <div>
                <button type="button" class="quiet small" onClick={() => setPicks(true)}>
                  <Icon name="folder" />
                  Choose a folder
                </button>
              </div>
            </div>
          )}
        </div>
      )}
      {step === 2 && (
        <Choices
          legend="If a file is there already"
          value={conflicts}
          onChange={setConflicts}
          options={[
            ['keep', 'Keep it', 'and restore only missing files'],
            ['replace', 'Replace it', 'with the file of the backup'],
            ['beside', 'Restore beside it', 'into a new folder next to the place'],
          ]}
        />
      )}
      {step === 3 && plan && <PlanView plan={plan} conflicts={conflicts} />}
      {step === 4 && restores.map((restore) => <RestoreView key={restore.id} started={restore} />)}
      <ErrorNotice error={error} />
      <div class="dialog-end">
        {step > 0 && step < 4 && (
          <button type="button" onClick={() => setStep(step - 1)}>
            Back
          </button>
        )}
        {step < 3 && (
          <button type="button" class="primary" disabled={!ready || busy} onClick={forward}>
            Continue
          </button>
        )}
        {step === 3 && plan && (
          <button
            type="button"
            class="primary"
            disabled={busy || plan.missing_discs.length > 0}
            onClick={() =>
              act(async () => {
                const started: Restore[] = []
                for (const wish of wishes) started.push(await start<Restore>('restores', wish))
                setRestores(started)
                setStep(4)
              })
            }
          >
            Restore {countWords(plan.files, 'file')}
          </button>
        )}
        {step === 4 && (
          <button type="button" class="primary" onClick={onClose}>
            Close
          </button>
        )}
      </div>
      {picks && (
        <FolderPicker
          onClose={() => setPicks(false)}
          onPick={(path) => {
            setFolder(path)
            setPicks(false)
          }}
        />
      )}
    </Dialog>
  )
}

const mostPaths = 12

/** Several plans as one. */
const sumOf = (plans: readonly RestorePlan[]): RestorePlan => ({
  targets: plans.flatMap(({ targets }) => targets),
  files: plans.reduce((sum, { files }) => sum + files, 0),
  directories: plans.reduce((sum, { directories }) => sum + directories, 0),
  bytes: plans.reduce((sum, { bytes }) => sum + bytes, 0),
  in_the_way: plans.reduce<number | null>(
    (sum, { in_the_way: more }) => (sum === null || more === null ? null : sum + more),
    0,
  ),
  discs: [...new Map(plans.flatMap(({ discs }) => discs).map((disc) => [disc.disc, disc])).values()],
  missing_discs: [...new Set(plans.flatMap(({ missing_discs }) => missing_discs))],
})

const Files = ({
  job,
  backups,
  paths,
}: {
  readonly job: string
  readonly backups: readonly number[]
  readonly paths: readonly string[]
}) =>
  paths.length === 0 ? (
    <Notice tone="info">
      All files of {backups.length === 1 ? 'this backup' : `the backups ${backups.join(', ')}`} of{' '}
      <bdi>{job}</bdi>.
    </Notice>
  ) : (
    <div>
      <p>{countWords(paths.length, 'entry', 'entries')}, folders with everything in them:</p>
      <ul class="mono">
        {paths.slice(0, mostPaths).map((path) => (
          <li key={path}>
            <bdi>{path}</bdi>
          </li>
        ))}
      </ul>
      {paths.length > mostPaths && <p>and {paths.length - mostPaths} more</p>}
    </div>
  )
