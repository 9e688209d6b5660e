import { useEffect, useState } from 'preact/hooks'
import { loginWanted, post } from '../api.ts'
import { CopyCommand } from '../parts/copy-command.tsx'
import { useAction } from '../parts/dialog.tsx'
import { TextField } from '../parts/field.tsx'
import { ErrorNotice } from '../parts/notice.tsx'

export function Login() {
  const [password, setPassword] = useState('')
  const { busy, error, act } = useAction()
  useEffect(() => {
    document.title = 'Log in – butcher'
  }, [])
  return (
    <main class="login">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault()
          act(async () => {
            await post('login', { password })
            loginWanted.value = false
          })
        }}
      >
        <div class="brand">
          <img src="icon.svg" alt="" />
          <h1>butcher</h1>
        </div>
        <TextField
          label="Password"
          type="password"
          autocomplete="current-password"
          value={password}
          onChange={setPassword}
          required
        />
        <ErrorNotice error={error} />
        <button type="submit" class="primary" disabled={busy}>
          Log in
        </button>
        <p class="small soft">Without a password: this command prints a link that logs you in.</p>
        <CopyCommand command="butcher web" />
      </form>
    </main>
  )
}
