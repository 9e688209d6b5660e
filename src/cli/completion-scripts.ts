/**
 * One script for each shell. It calls `butcher --get-completions WORDS`, which prints one line for each word:
 * the word, a tab, its meaning.
 */

export const scripts: Readonly<Record<string, string>> = {
  bash: String.raw`# butcher completion for bash
_butcher() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("${'$'}{line%%$'\t'*}")
  done < <(butcher --get-completions "${'$'}{COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
}
complete -o bashdefault -o default -F _butcher butcher
`,
  zsh: String.raw`#compdef butcher
# butcher completion for zsh
_butcher() {
  local -a found
  found=("${'$'}{(@f)$(butcher --get-completions "${'$'}{(@)words[1,CURRENT]}" 2>/dev/null)}")
  if [[ -n $found[1] ]]; then
    found=("${'$'}{(@)found//:/\\:}")
    found=("${'$'}{(@)found/$'\t'/:}")
    _describe -V butcher found
  else
    compset -P '--*='
    _files
  fi
}
if [[ $funcstack[1] = _butcher ]]; then _butcher "$@"; else compdef _butcher butcher; fi
`,
  fish: String.raw`# butcher completion for fish
function __butcher_complete
  set -l typed (commandline -ct)
  set -l found (butcher --get-completions (commandline -opc) "$typed" 2>/dev/null)
  if set -q found[1]
    printf '%s\n' $found
  else
    __fish_complete_path "$typed"
  end
end
complete -f -c butcher -a '(__butcher_complete)'
`,
}

export const shells: readonly string[] = Object.keys(scripts)
