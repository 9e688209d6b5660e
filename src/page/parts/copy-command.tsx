import { say } from './toast.tsx'

/** A command for a terminal, with a button that copies it. */
export const CopyCommand = ({ command }: { readonly command: string }) => (
  <div class="copy">
    <code class="grow">{command}</code>
    {navigator.clipboard !== undefined && (
      <button
        type="button"
        class="quiet small"
        onClick={() => void navigator.clipboard.writeText(command).then(() => say('The command is copied.'))}
      >
        Copy
      </button>
    )}
  </div>
)
