import { useEffect, useRef, useState } from 'preact/hooks'
import { get, loginWanted, post } from '../api.ts'
import type { DaemonInfo, LogLine, ProgramFound } from '../api-types.ts'
import { forgetAnswers, runsChange, useFetched } from '../fetched.ts'
import { connection, listen } from '../live.ts'
import { useAction } from '../parts/dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { ErrorNotice } from '../parts/notice.tsx'
import { ScreenHead } from '../parts/screen-head.tsx'
import { Time } from '../parts/time.tsx'
import { say } from '../parts/toast.tsx'
import { clockWords, sizeWords } from '../words.ts'

const streamWords = {
  starting: 'connecting',
  live: 'live',
  polling: 'asks every 5 seconds, because the stream of events does not open',
  lost: 'the daemon does not answer',
} as const

export function Status() {
  const { data: daemon, error, reload } = useFetched<DaemonInfo>('daemon', runsChange)
  const { error: problem, act, busy } = useAction()
  return (
    <>
      <ScreenHead title="Status" intro="The daemon, its log, and the programs that it finds.">
        <button
          type="button"
          disabled={busy}
          onClick={() =>
            act(async () => {
              await post('daemon/reload')
              say('The daemon looked at its configuration again.')
              reload()
            })
          }
        >
          Reload the configuration
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() =>
            act(async () => {
              await post('logout')
              forgetAnswers()
              loginWanted.value = true
            })
          }
        >
          Log out
        </button>
      </ScreenHead>
      <ErrorNotice error={error ?? problem} />
      {daemon && (
        <section class="card" aria-label="Daemon">
          <h2>Daemon</h2>
          <dl class="facts">
            <Fact name="Version" value={daemon.version} />
            <Fact name="Started" value={<Time time={daemon.started} />} />
            <Fact name="Events" value={<span role="status">{streamWords[connection.value]}</span>} />
            <Fact name="Machine" value={daemon.host} />
            <Fact name="Time zone" value={daemon.zone} />
            <Fact name="Process" value={String(daemon.pid)} />
            <Fact name="Node.js" value={daemon.node} />
            <Fact name="Memory" value={sizeWords(daemon.memory_bytes)} />
          </dl>
        </section>
      )}
      <DaemonLog />
      <Doctor />
    </>
  )
}

const Fact = ({ name, value }: { readonly name: string; readonly value: preact.ComponentChildren }) =>
  value === undefined ? null : (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )

const mostLines = 1000

function DaemonLog() {
  const [lines, setLines] = useState<readonly LogLine[]>([])
  const [words, setWords] = useState('')
  const [follows, setFollows] = useState(true)
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => {
    let here = true
    const add = (more: readonly LogLine[]): void =>
      setLines((before) => {
        const last = before.at(-1)?.id ?? -1
        return [...before, ...more.filter(({ id }) => id > last)].slice(-mostLines)
      })
    const fetchAll = (): void => {
      get<{ lines: readonly LogLine[] }>('log').then(
        (answer) => here && add(answer.lines),
        () => {},
      )
    }
    fetchAll()
    const end = listen(({ name, data }) => {
      if (name === 'log') add([data as LogLine])
      if (name === 'resync') fetchAll()
    })
    return () => {
      here = false
      end()
    }
  }, [])
  useEffect(() => {
    if (follows && list.current) list.current.scrollTop = list.current.scrollHeight
  }, [lines, follows])
  const shown = lines.filter(({ text }) => text.toLowerCase().includes(words.toLowerCase()))
  return (
    <section class="card" aria-label="Log">
      <h2>Log</h2>
      <div class="tools">
        <input
          type="search"
          aria-label="Filter the log"
          placeholder="Filter the log"
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
        <label class="choice">
          <input
            type="checkbox"
            checked={follows}
            onChange={(event) => setFollows(event.currentTarget.checked)}
          />
          <span>Follow</span>
        </label>
        <a
          class="button quiet"
          download="butcher-daemon.log"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(lines.map(({ at, text }) => `${at} ${text}\n`).join(''))}`}
        >
          <Icon name="download" />
          Save
        </a>
      </div>
      {shown.length === 0 ? (
        <p class="soft">There are no such lines.</p>
      ) : (
        <ol class="log" ref={list} tabIndex={0} aria-label="Lines of the log">
          {shown.map(({ id, at, text }) => (
            <li key={id}>
              <time dateTime={at}>{clockWords(at)}</time>
              <bdi>{text}</bdi>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

function Doctor() {
  const { data, error } = useFetched<{ programs: readonly ProgramFound[] }>('doctor')
  return (
    <section class="card" aria-label="Programs">
      <h2>Programs</h2>
      <ErrorNotice error={error} />
      <ul class="rows">
        {data?.programs.map(({ program, found, version, adds, package: source }) => (
          <li key={program}>
            <div class="grow">
              <div class="name">{program}</div>
              <div class="soft small">{adds}</div>
            </div>
            {found ? (
              <span class="badge good">
                <Icon name="check" />
                {version ?? 'found'}
              </span>
            ) : (
              <span class="small soft">missing: {source}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
