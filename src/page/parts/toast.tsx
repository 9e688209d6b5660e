import { signal } from '@preact/signals'

const text = signal('')
let timer: number | undefined
const shownMs = 6000

/** Says in a sentence that something was done. */
export function say(sentence: string): void {
  text.value = sentence
  clearTimeout(timer)
  timer = window.setTimeout(() => {
    text.value = ''
  }, shownMs)
}

export const Toast = () => (
  <div class="toast" role="status">
    {text.value}
  </div>
)
