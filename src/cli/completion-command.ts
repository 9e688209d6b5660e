import { exitStatus } from '../errors.ts'
import { optionalWord } from './arguments.ts'
import type { Command } from './command.ts'
import { scripts, shells } from './completion-scripts.ts'
import { nearest } from './nearest.ts'
import { usageError } from './split-words.ts'

export const completionCommand: Command = {
  name: 'completion',
  positionals: [
    { name: 'shell', describe: 'bash, zsh or fish (default: the one in $SHELL)', count: 'optional' },
  ],
  options: [],
  examples: [
    ['butcher completion bash >> ~/.bashrc', 'for bash'],
    ['butcher completion zsh > ~/.zfunc/_butcher', 'for zsh, if ~/.zfunc is in fpath'],
    ['butcher completion fish > ~/.config/fish/completions/butcher.fish', 'for fish'],
  ],
  run: async ({ args, output }) => {
    const shell =
      optionalWord(args, 'shell') ?? shells.find((name) => process.env['SHELL']?.endsWith(name)) ?? 'bash'
    const script = scripts[shell]
    if (script === undefined) {
      const near = nearest(shell, shells)
      throw usageError(
        `unknown shell '${shell}'${near === undefined ? '' : `; did you mean ${near}?`}`,
        `choose one of ${shells.join(', ')}`,
      )
    }
    output.line(script.trimEnd())
    return exitStatus.done
  },
}
