/** Variables for a program's own location, its files, libraries and temporary folder. */
const places = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'LD_LIBRARY_PATH', 'LD_PRELOAD']

/** gpg needs these to find the keyring and its agent; the agent needs them to ask for a passphrase. */
const forGpg = [
  'GNUPGHOME',
  'GPG_AGENT_INFO',
  'GPG_TTY',
  'TERM',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'XDG_RUNTIME_DIR',
  'XDG_SESSION_TYPE',
  'DBUS_SESSION_BUS_ADDRESS',
  'PINENTRY_USER_DATA',
  'SSH_AUTH_SOCK',
]

/**
 * The environment of every program that butcher runs. It is an allow list: too many variables change programs
 * (`BZIP2`, `XZ_OPT`, `POSIXLY_CORRECT`). The output is the same in every language and time zone.
 */
export function programEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = [...places, ...forGpg].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(kept), LC_ALL: 'C.UTF-8', TZ: 'UTC', ...more }
}
