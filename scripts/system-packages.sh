#!/usr/bin/env bash
# system-packages.sh PROGRAM:PACKAGE...: sees to it that the programs are there. Installs the Debian packages
# of those that are missing where it may (as root, or by sudo, with apt-get); else says which they are and
# fails.
set -euo pipefail

missing=()
for pair; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
  # Nobody is there to type a password where standard input is no terminal.
  if [ -t 0 ]; then as_root=(sudo); else as_root=(sudo -n); fi
fi
if command -v apt-get >/dev/null && { ((EUID == 0)) || { command -v sudo >/dev/null && "${as_root[@]}" true; }; }; then
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -q >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "missing: ${missing[*]}; install them: apt-get install ${missing[*]}" >&2
  exit 1
fi
