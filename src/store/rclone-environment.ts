import { programEnvironment } from '../programs/environment.ts'

/**
 * rclone's configuration, and the variables in which its backends look for credentials. `AWS_CA_BUNDLE` is
 * not among them: with it, every S3 call of rclone 1.60 fails.
 */
const kept = [
  'XDG_CONFIG_HOME',
  'RCLONE_PASSWORD_COMMAND',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'all_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_CONFIG_FILE',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'KRB5CCNAME',
  'KRB5_CONFIG',
]

/** The environment of rclone; `more` wins. The user's time zone stays: a timetable is in it. */
export function rcloneEnvironment(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const chosen = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => kept.includes(name) || name.startsWith('RCLONE_CONFIG')),
  )
  return programEnvironment({ ...chosen, TZ: process.env['TZ'], ...more })
}
