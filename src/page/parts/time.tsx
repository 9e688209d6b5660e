import { agoWords, timeWords } from '../words.ts'

/** A time with its zone, and how far away it is. */
export const Time = ({
  time,
  zone,
  ago = true,
}: {
  readonly time: string | null | undefined
  readonly zone?: string
  readonly ago?: boolean
}) =>
  time == null ? (
    <span>never</span>
  ) : (
    <time dateTime={time}>
      {timeWords(time, zone)}
      {ago && <span class="soft"> ({agoWords(time)})</span>}
    </time>
  )
