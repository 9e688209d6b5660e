/** The options of the commands of jobs. */

import type { OptionSpec } from '../option-spec.ts'

export const jobOptions = {
  ignore: {
    kind: 'list',
    value: 'G',
    mayBeEmpty: true,
    describe: 'leave out paths that match this gitignore pattern; repeatable',
  },
  secret: {
    kind: 'text',
    value: 'NAME',
    mayBeEmpty: true,
    describe: 'encrypt with this secret (butcher secret set)',
  },
  items: { kind: 'text', value: 'A,B', describe: 'take these items, separated by commas' },
  type: { kind: 'text', value: 'T', describe: 'make this kind of store' },
  path: { kind: 'text', value: 'P', describe: 'keep the sets below this folder, or this path on the remote' },
  remote: { kind: 'text', value: 'R', describe: 'use this remote of the rclone configuration' },
  cron: {
    kind: 'text',
    value: 'EXPR',
    mayBeEmpty: true,
    describe: 'run at the times of this cron expression of five fields; empty: once',
  },
  every: {
    kind: 'text',
    value: 'E',
    describe: 'run this often: 30min, 6h, day, 3days, week, month, 3months',
  },
  time: {
    kind: 'text',
    value: 'HH:MM',
    describe: 'run at this time of day, with --every day or longer (default: 02:00)',
  },
  weekdays: {
    kind: 'text',
    value: 'DAYS',
    describe: 'run on these days, with --every week: mon,tue,wed,thu,fri,sat,sun (default: sun)',
  },
  monthday: { kind: 'text', value: 'N', describe: 'run on this day, with --every month (default: 1)' },
  zone: {
    kind: 'text',
    value: 'Z',
    describe: 'use the clock of this time zone, such as Europe/Berlin (default: that of this machine)',
  },
  'target-type': { kind: 'text', value: 'T', describe: 'back up an item or a vault' },
  'target-name': { kind: 'text', value: 'T', describe: 'back up this item or vault' },
  'store-name': { kind: 'text', value: 'S', describe: 'store the set there' },
  'frequency-id': {
    kind: 'text',
    value: 'F',
    mayBeEmpty: true,
    describe: 'start the job by this schedule (default: none, the job runs by hand)',
  },
  'on-mains': { kind: 'flag', describe: 'skip a run while the machine runs on battery' },
  before: {
    kind: 'list',
    value: 'WORDS',
    mayBeEmpty: true,
    describe: 'run this command before each run, a list of words in JSON; repeatable',
  },
  after: {
    kind: 'list',
    value: 'WORDS',
    mayBeEmpty: true,
    describe: 'run this command after each run, a list of words in JSON; repeatable',
  },
  command: {
    kind: 'text',
    value: 'WORDS',
    describe: 'take the passphrase from the output of this command, a list of words in JSON',
  },
  system: { kind: 'flag', describe: 'use the jobs of the whole machine, in /etc/butcher' },
  'runs-at-once': {
    kind: 'text',
    value: 'N',
    describe: 'let this many jobs run at the same time (default: 1)',
  },
  last: { kind: 'text', value: 'N', describe: 'show the newest N (default: 20)' },
  'keep-last': { kind: 'text', value: 'N', describe: 'keep the newest N backups' },
  'keep-hourly': { kind: 'text', value: 'N', describe: 'keep the newest backup of each of N hours' },
  'keep-daily': { kind: 'text', value: 'N', describe: 'keep the newest backup of each of N days' },
  'keep-weekly': { kind: 'text', value: 'N', describe: 'keep the newest backup of each of N weeks' },
  'keep-monthly': { kind: 'text', value: 'N', describe: 'keep the newest backup of each of N months' },
  'keep-yearly': { kind: 'text', value: 'N', describe: 'keep the newest backup of each of N years' },
  force: { kind: 'flag', describe: 'do it although something needs it' },
} as const satisfies Readonly<Record<string, OptionSpec>>
