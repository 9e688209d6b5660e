#!/usr/bin/env bash
# Restores files from a butcher disc set by hand, with nothing but bash (4.4 or later), GNU coreutils (8.15),
# GNU tar (1.29), bzip2 and gpg (2.0); with sqlite3 (3.16) besides it brings back exactly one backup. gzip,
# zstd or xz are called only for chunks that need them. Everything stands in functions, so that the disc this
# script lies on may be changed while it runs.

# Every POSIX shell can read the script as far as `esac`. It goes on under bash, without the user's startup
# files, functions and shell options. POSIXLY_CORRECT makes bash prefer its own `unset` and `exec` to
# functions of these names.
case ${BUTCHER_RESTORE_SH-} in
  bash) ;;
  *)
    POSIXLY_CORRECT=1
    case ${BASH_VERSION-} in
      ?*) unset -f builtin && unset -f $(builtin compgen -A function) ;;
    esac
    read -r line <"$0" || line=''
    case $line in
      '#!'*bash) ;;
      *)
        echo 'restore.sh: save this script as a file, and run: bash restore.sh' >&2
        exit 1
        ;;
    esac
    case ${BASH-} in
      */bash) shell=$BASH ;;
      *)
        shell=bash
        if ! command -v bash >/dev/null 2>&1; then
          echo 'restore.sh: the program bash is needed and not installed' >&2
          exit 1
        fi
        ;;
    esac
    exec env -u POSIXLY_CORRECT -u SHELLOPTS -u BASHOPTS BUTCHER_RESTORE_SH=bash "$shell" -p -- "$0" "$@"
    ;;
esac
unset BUTCHER_RESTORE_SH
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
  echo "restore.sh: bash 4.4 or later is needed; this is bash $BASH_VERSION" >&2
  exit 1
fi
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: bash restore.sh [options] TARGET [DISC-FOLDER..]

Restores into the folder TARGET, which is made, from the disc this script
stands on, from the folders disc-* beside it, and from each DISC-FOLDER (a
mounted disc, a copy of one, or a folder that holds such copies). With one
drive: run it again with the next disc and the same TARGET, it goes on.

  --at N               backup number N instead of the newest one
  --only PATH          only this file or folder, or what the pattern matches
                       (quote it; may be given several times)
  --list               show the backups and discs, or with --at the files of
                       one backup; restores nothing
  --verify             first check every file of the discs; without TARGET
                       that is all it does
  --passphrase-file F  the passphrase is the first line of F; else it is taken
                       from BUTCHER_PASSPHRASE, or asked for
  --exact-times        times to the nanosecond however many files there are
                       (without: up to 5,000 files; of more, whole seconds)
  --no-sqlite          the plain way, as if there were no sqlite3

A set that is encrypted to keys is opened by gpg's own keyring: import the
secret key first (gpg --import). Exit status: 0 all is there; 1 something is
missing or damaged, and was named; 2 wrong usage.
TEXT
}

user_umask=$(umask)
state=.butcher-restore # in TARGET while something is missing yet
scratch=$state/scratch
status=0
target='' at='' list=0 verify=0 exact=0 plain=0 passphrase='' passphrase_known=0
only=() discs=() catalogs=()
private='' made_target=0 own_target=0 complete=0 in_target=0
root_mode='' root_time=''
opening='' openings=() loopback=0 recipients=' '

say() { printf '%s\n' "$*" >&2; }
counted() { if (($1 == 1)); then printf '1 %s' "$2"; else printf '%s %ss' "$1" "$2"; fi; }
problem() { status=1 && say "restore.sh: $*"; }
die() { say "restore.sh: $*" && exit 1; }
wrong_usage() { say "restore.sh: $*" && say 'bash restore.sh --help tells more' && exit 2; }

# A name as a terminal may show it.
user_locale=${LC_ALL:-${LC_CTYPE:-${LANG:-C}}}
show() { { LC_ALL=$user_locale printf '%q' "$1"; } 2>/dev/null; }

# shellcheck disable=SC2317 # called by the trap
cleanup() {
  if ((in_target)); then
    rm -rf -- "$scratch"
    rmdir -- "$state/parts" 2>/dev/null || :
    if ((complete)); then rm -rf -- "$state"; fi
    rmdir -- "$state" 2>/dev/null || :
    if ((made_target)); then rmdir -- "$target" 2>/dev/null || :; fi
  fi
  if [[ $private ]]; then rm -rf -- "$private"; fi
  # A folder that was there before keeps its mode.
  if ((complete && own_target)); then
    if [[ $root_time ]]; then touch -m -d "$root_time" -- . || :; fi
    if [[ $root_mode ]]; then
      chmod "$root_mode" -- . || :
    else
      say "$(show "$target") is open to its owner alone, as nothing here tells the mode that the folder had"
    fi
  fi
}

# --- the call -----------------------------------------------------------------------------------------------

read_options() {
  local words=()
  while (($#)); do
    case $1 in
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    esac
    case $1 in
      --at | --only | --passphrase-file)
        (($# > 1)) || wrong_usage "$1 needs a value"
        case $1 in
          --at) at=$2 ;;
          --only) only+=("$2") ;;
          --passphrase-file)
            [[ -r $2 ]] || die "passphrase file $(show "$2"): not there or not readable"
            IFS= read -r passphrase <"$2" || [[ $passphrase ]] || die "passphrase file $(show "$2") is empty"
            passphrase_known=1
            ;;
        esac
        shift 2
        ;;
      --list) list=1 && shift ;;
      --verify) verify=1 && shift ;;
      --exact-times) exact=1 && shift ;;
      --no-sqlite) plain=1 && shift ;;
      -h | --help) usage && exit 0 ;;
      --) shift && words+=("$@") && break ;;
      -*) wrong_usage "unknown option $(show "$1")" ;;
      *) words+=("$1") && shift ;;
    esac
  done
  [[ ! $at || $at =~ ^[1-9][0-9]{0,8}$ ]] || wrong_usage "--at takes the number of a backup, not $(show "$at")"
  if ((!passphrase_known)) && [[ ${BUTCHER_PASSPHRASE:-} ]]; then
    passphrase=$BUTCHER_PASSPHRASE passphrase_known=1
  fi
  unset BUTCHER_PASSPHRASE
  if ((list)); then
    add_folders "${words[@]}"
  elif ((${#words[@]})); then
    target=${words[0]}
    add_folders "${words[@]:1}"
  else
    ((verify)) || { usage >&2 && exit 2; }
    add_folders
  fi
}

need() {
  local program
  for program; do
    type -P "$program" >/dev/null || die "the program $program is needed and not installed"
  done
}

# Only what programs need to run, and gpg to find its keys and to ask for a passphrase. Variables such as
# TAR_OPTIONS, BZIP2 and XZ_OPT would change what the programs do.
clean_environment() {
  local name
  for name in $(compgen -e); do
    case $name in
      PATH | HOME | USER | LOGNAME | TMPDIR | LD_LIBRARY_PATH | LD_PRELOAD | PWD | OLDPWD | SHLVL | _) ;;
      GNUPGHOME | GPG_AGENT_INFO | GPG_TTY | TERM | DISPLAY | WAYLAND_DISPLAY | XAUTHORITY | XDG_RUNTIME_DIR) ;;
      XDG_SESSION_TYPE | DBUS_SESSION_BUS_ADDRESS | PINENTRY_USER_DATA | SSH_AUTH_SOCK | BUTCHER_PASSPHRASE) ;;
      *) unset -v "$name" 2>/dev/null || : ;;
    esac
  done
  export LC_ALL=C
}

# Whether the version in $1 is $2 or later.
is_since() {
  [[ $1 =~ ([0-9]+)\.([0-9]+) ]] || return 1
  local major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
  ((10#$major > ${2%.*} || 10#$major == ${2%.*} && 10#$minor >= ${2#*.}))
}

# What program $1 says of its version, in one line.
version_of() {
  local said
  said=$(command "$1" --version 2>&1 </dev/null) || :
  said=${said#*unrecognized option*$'\n'}
  said=${said%%$'\n'*}
  printf '%s' "${said//[![:print:]]/?}"
}

# Programs of these names that are not GNU's lack options, or take them for something else.
gnu_tar=''
check_programs() {
  local program version
  need tar bzip2 cat chmod cp dd head ln mkdir mkfifo mktemp mv realpath rm rmdir sha256sum sort stat tail touch tr truncate
  for program in cp ln mv realpath sha256sum sort stat touch; do
    version=$(version_of "$program")
    case $version in
      *'GNU coreutils'*) is_since "$version" 8.15 && continue ;;
      *coreutils*) continue ;;
    esac
    die "the program $program of GNU coreutils 8.15 or later is needed; this one says: ${version:-nothing}"
  done
  for program in tar gtar gnutar; do
    type -P "$program" >/dev/null || continue
    version=$(version_of "$program")
    if [[ $version == *'GNU tar'* ]] && is_since "$version" 1.29; then gnu_tar=$(type -P "$program") && return; fi
  done
  die "GNU tar 1.29 or later is needed; this tar says: $(version_of tar)"
}
tar() { "$gnu_tar" "$@"; }

# --- discs --------------------------------------------------------------------------------------------------

# The disc this script stands on, its neighbours, and the given folders.
add_folders() {
  local own='' folder prefix
  if [[ -f ${BASH_SOURCE[0]:-} ]]; then
    own=$(realpath -- "${BASH_SOURCE[0]}") && own=${own%/*}
    if is_disc "$own"; then
      add_disc "$own"
      for folder in "${own%/*}"/disc-[0-9]*; do if is_disc "$folder"; then add_disc "$folder"; fi; done
      if [[ ${own##*/} =~ ^(BUTCHER_[0-9A-F]{8}_)[0-9]+$ ]]; then
        prefix=${BASH_REMATCH[1]}
        for folder in "${own%/*}/$prefix"*; do if is_disc "$folder"; then add_disc "$folder"; fi; done
      fi
    fi
  fi
  for folder; do add_given "$folder" || die "$(show "$folder") is no disc, and holds none"; done
}

add_given() {
  local folder inner found=1
  folder=$(realpath -e -- "$1" 2>/dev/null) || return 1
  if is_disc "$folder"; then add_disc "$folder" && found=0; fi
  for inner in "$folder"/disc-[0-9]* "$folder"/BUTCHER_*_[0-9]*; do
    if is_disc "$inner"; then add_disc "$inner" && found=0; fi
  done
  return $found
}

is_disc() { [[ -d $1/chunks || -f $1/catalog.sqlite.bz2 || -f $1/catalog.sqlite.bz2.gpg || -f $1/catalog.sqlite ]]; }

add_disc() {
  local known
  for known in "${discs[@]}"; do [[ $known != "$1" ]] || return 0; done
  discs+=("$1")
}

# Discs of two sets have chunks of the same names: better no restore than a mixture.
check_one_set() {
  local disc line set='' from=''
  for disc in "${discs[@]}"; do
    [[ -f $disc/README.txt ]] || continue
    while IFS= read -r line || [[ $line ]]; do
      [[ $line =~ ^\ *Set\ id:\ +([0-9a-f]{32}) ]] || continue
      if [[ $set && $set != "${BASH_REMATCH[1]}" ]]; then
        die "$(show "$disc") and $(show "$from") are discs of two sets: give the folders of one"
      fi
      set=${BASH_REMATCH[1]} from=$disc
      break
    done <"$disc/README.txt"
  done
}

verify_discs() {
  local disc line lines checked=0
  for disc in "${discs[@]}"; do
    if [[ ! -f $disc/SHA256SUMS ]]; then
      [[ ! -d $disc/chunks ]] || problem "$(show "$disc") has no SHA256SUMS to be checked by"
      continue
    fi
    say "checking $(show "$disc")"
    checked=1
    if ! lines=$(cd "$disc" && sha256sum -c --quiet SHA256SUMS 2>&1); then
      while IFS= read -r line; do
        case $line in
          *': FAILED'*) problem "$(show "$disc/${line%: FAILED*}"): FAILED${line##*: FAILED}" ;;
          *) problem "$(show "$disc"): $(printf %s "$line" | tr -c '[:print:]' '?')" ;;
        esac
      done <<<"$lines"
    fi
  done
  ((checked)) || die 'there is no disc to check'
  if ((status)); then say 'some files of the discs are damaged'; else say 'all files of the discs are sound'; fi
}

# The files on the discs at path $1 (a pattern) of a disc; $copies.
find_copies() {
  local disc file
  copies=()
  for disc in "${discs[@]}"; do
    # shellcheck disable=SC2086,SC2231 # a pattern of ours, without blanks
    for file in "$disc"/$1; do if [[ -f $file ]]; then copies+=("$file"); fi; done
  done
}

# --- secrets ------------------------------------------------------------------------------------------------

# gpg with the opening in use: `passphrase` (a keyring of our own), `keyring` (the user's), `both` (the user's
# keyring, its key locked by the passphrase). Arguments are gpg's; what gpg says of its state goes to
# $private/status.
gpg_conf=(--no-options) # or nothing: the user's gpg.conf
run_gpg() {
  local options=("${gpg_conf[@]}" --batch --yes --quiet --no-permission-warning --status-fd 3)
  if ((loopback)) && [[ $opening != keyring ]]; then options+=(--pinentry-mode loopback); fi
  case $opening in
    passphrase) gpg --homedir "$private/gnupg" "${options[@]}" --passphrase-fd 4 "$@" 4< <(printf '%s\n' "$passphrase") ;;
    both) gpg "${options[@]}" --passphrase-fd 4 "$@" 4< <(printf '%s\n' "$passphrase") ;;
    keyring) gpg "${options[@]}" "$@" ;;
  esac 3>"$private/status" 2>"$private/said"
}

gpg_status_has() { [[ $(<"$private/status") == *"[GNUPG:] $1"* ]]; }

# Finds out how the encrypted files $@ are opened, from the beginning of one of them; nothing is written.
open_secrets() {
  local file packets symmetric=0 public=0 tries=1 openings prompt='Passphrase: '
  if gpg --homedir "$private/gnupg" --no-options --batch --pinentry-mode loopback --version >/dev/null 2>&1; then
    loopback=1
  fi
  for file; do
    packets=$(head -c 65536 -- "$file" |
      gpg --homedir "$private/gnupg" --no-options --batch --list-only --list-packets 2>/dev/null) || :
    if [[ $packets == *':symkey enc packet'* ]]; then symmetric=1; fi
    while [[ $packets =~ ':pubkey enc packet: version '[0-9]+', algo '[0-9]+', keyid '([0-9A-F]{16}) ]]; do
      public=1 recipients+="${BASH_REMATCH[1]} "
      packets=${packets#*"${BASH_REMATCH[0]}"}
    done
  done
  ((symmetric || public)) || die "$(show "$1") and the other encrypted files are no OpenPGP messages: damaged?"
  if [[ -t 0 ]]; then GPG_TTY=$(tty) && export GPG_TTY; fi
  if ((public && !passphrase_known)); then
    opening=keyring
    if proves_right "$@"; then return; fi
    if ((!symmetric)); then
      find_secret_key
      if [[ $key_state != locked || ! -t 0 ]]; then die "$key_trouble"; fi
      prompt="Passphrase of the secret key $key_id: "
    fi
  fi
  if ((!passphrase_known)); then
    [[ -t 0 ]] || die 'the set is encrypted: give --passphrase-file FILE or BUTCHER_PASSPHRASE'
    tries=3
  fi
  openings=()
  if ((symmetric)); then openings+=(passphrase); fi
  if ((public)); then openings+=(both); fi
  while ((tries--)); do
    if ((!passphrase_known)); then IFS= read -rsp "$prompt" passphrase && echo >&2; fi
    for opening in "${openings[@]}"; do if proves_right "$@"; then return; fi; done
    if ((tries)); then say 'wrong passphrase, try again'; fi
  done
  ((!symmetric)) || die 'wrong passphrase: nothing was written'
  find_secret_key
  if [[ $key_state == locked ]]; then die "wrong passphrase: it does not unlock the secret key $key_id; nothing was written"; fi
  die "$key_trouble"
}

# Why gpg opens nothing with its secret keys: $key_state, $key_id, and $key_trouble in words.
find_secret_key() {
  local type id token said
  key_state=missing key_id=''
  while IFS=: read -r type _ _ _ id _ _ _ _ _ _ _ _ _ token _; do
    [[ $type == sec || $type == ssb ]] || continue
    [[ $recipients == *" $id "* || $recipients == *' 0000000000000000 '* ]] || continue
    case $token in
      '#') if [[ $key_state == missing ]]; then key_state=stub key_id=$id; fi ;;
      + | '') key_state=locked key_id=$id && break ;;
      *) key_state=card key_id=$id ;;
    esac
  done < <(gpg "${gpg_conf[@]}" --batch --quiet --with-colons --list-secret-keys 2>"$private/said")
  case $key_state in
    locked)
      key_trouble="the secret key $key_id is in gpg's keyring but locked, and gpg could not ask for its passphrase here:"
      key_trouble+=' write the passphrase of the key into a file, and give it by --passphrase-file FILE'
      ;;
    card) key_trouble="the secret key $key_id is on a smartcard that gpg cannot use now: insert it, then run this again" ;;
    stub)
      key_trouble="gpg knows the secret key $key_id, but has only a stub of it:"
      key_trouble+=' import the whole key with gpg --import, then run this again'
      ;;
    missing)
      key_trouble='gpg has no secret key that opens this set: import it with gpg --import, then run this again'
      said=$(<"$private/said")
      if [[ $said == *agent* ]]; then
        said=${said%%$'\n'*}
        key_trouble="gpg cannot reach gpg-agent, which has the secret keys: ${said//[![:print:]]/?}"
      fi
      ;;
  esac
}

# Whether the opening in use opens one of the files: gpg comes to plain text then, if only to some.
proves_right() {
  local file
  for file; do
    head -c 65536 -- "$file" | run_gpg --decrypt >/dev/null || :
    if gpg_status_has 'PLAINTEXT '; then return 0; fi
  done
  # The user's gpg.conf may name another keyring.
  if [[ $opening != passphrase && ${gpg_conf[*]} ]]; then
    gpg_conf=()
    if proves_right "$@"; then return 0; fi
    gpg_conf=(--no-options)
  fi
  return 1
}

# --- files of a disc, decrypted and decompressed ------------------------------------------------------------

# Writes what $1 holds to $2, whole or, with status 1, as far as it could be read; $reason then says why.
# Where nothing is to be done, $opened is $1 itself, else $2.
open_file() {
  local file=$1 out=$2 name=${1##*/} packed=$1
  opened=$2 reason=''
  rm -f -- "$out"
  if [[ $name == *.gpg ]]; then
    packed=$out.packed name=${name%.gpg}
    # The message is whole and unchanged only if gpg says so at its end: look at the status before it is
    # unpacked.
    if ! run_gpg --output "$packed" --decrypt "$file"; then
      reason='gpg cannot decrypt it whole, so it is damaged'
      if gpg_status_has 'NO_SECKEY' && ! gpg_status_has 'PLAINTEXT '; then reason='gpg has no secret key for it'; fi
      [[ -s $packed ]] || return 1
    fi
  fi
  case $name in
    *.bz2) decompress bzip2 "$packed" "$out" ;;
    *.gz) decompress gzip "$packed" "$out" ;;
    *.zst) decompress zstd "$packed" "$out" ;;
    *.xz) decompress xz "$packed" "$out" ;;
    *) if [[ $packed == "$file" ]]; then opened=$file; else mv -f -- "$packed" "$out"; fi ;;
  esac || reason=${reason:-$why}
  if [[ $packed != "$file" ]]; then rm -f -- "$packed"; fi
  [[ ! $reason ]]
}

decompress() {
  local program=$1
  why="$program cannot read it whole, so it is damaged"
  if ! type -P "$program" >/dev/null; then
    why="the program $program is needed and not installed"
    return 1
  fi
  if [[ $program == bzip2 ]] && type -P lbzip2 >/dev/null && lbzip2 -dc <"$2" >"$3" 2>/dev/null; then return 0; fi
  "$program" -dc <"$2" >"$3" 2>"$private/said"
}

# Opens the best of $copies to $1. Status 1: none is whole; $opened is what could be read of the last, and
# $reason why.
open_best_copy() {
  local copy
  for copy in "${copies[@]}"; do
    if open_file "$copy" "$1"; then return 0; fi
    say "$(show "$copy"): $reason"
  done
  return 1
}

# --- the catalog --------------------------------------------------------------------------------------------

sql() { sqlite3 -batch -bail -noheader -init /dev/null "$@"; }

# The catalogs on the discs, each once.
find_catalogs() {
  local disc file name line sum seen=' '
  declare -A looked=()
  catalogs=()
  for disc in "${discs[@]}" "${discs[@]%/*}"; do
    for name in catalog.sqlite.bz2.gpg catalog.sqlite.bz2 catalog.sqlite; do
      file=$disc/$name sum=''
      [[ -f $file && ! ${looked[$file]:-} ]] || continue
      looked[$file]=1
      if [[ -f $disc/SHA256SUMS ]]; then
        while IFS= read -r line; do
          if [[ ${line:64} == "  $name" ]]; then sum=${line:0:64}; fi
        done <"$disc/SHA256SUMS"
      fi
      if [[ ! $sum ]]; then sum=$(sha256sum <"$file") || continue; fi
      if [[ $seen != *" ${sum:0:64} "* ]]; then catalogs+=("$file") && seen+="${sum:0:64} "; fi
    done
  done
}

# The newest catalog as $1; status 1 if there is none that can be read.
open_catalog() {
  local file facts set='' revision best=-1 from=''
  for file in "${catalogs[@]}"; do
    if ! open_file "$file" "$1.next"; then
      problem "$(show "$file"): $reason"
      continue
    fi
    if [[ $opened == "$file" ]]; then cp -- "$file" "$1.next"; fi
    if ! facts=$(sql "$1.next" "PRAGMA trusted_schema = OFF; SELECT
      CASE WHEN (SELECT user_version FROM pragma_user_version) > 2 THEN 'newer' ELSE 'ours' END || ' ' ||
      (SELECT value FROM meta WHERE key = 'set') || ' ' || (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'revision')" 2>/dev/null) ||
      [[ ! $facts =~ ^(ours|newer)\ ([0-9a-f]+)\ ([0-9]+)$ ]]; then
      problem "$(show "$file") is no catalog of butcher, or damaged"
      continue
    fi
    if [[ ${BASH_REMATCH[1]} == newer ]]; then
      problem "$(show "$file") is of a newer format: use the restore.sh that stands beside it"
      continue
    fi
    revision=${BASH_REMATCH[3]}
    if [[ $set && $set != "${BASH_REMATCH[2]}" ]]; then
      die "$(show "$file") and $(show "$from") are of two sets: give the folders of one"
    fi
    set=${BASH_REMATCH[2]} from=$file
    if ((revision > best)); then best=$revision && mv -f -- "$1.next" "$1"; fi
  done
  rm -f -- "$1.next"
  catalog_set=$set
  ((best >= 0))
}

show_list() {
  open_catalog "$private/catalog" || die 'there is no catalog that can be read'
  if [[ $at ]]; then
    local type size disc path
    while IFS= read -r -d '' type && IFS= read -r -d '' size && IFS= read -r -d '' disc && IFS= read -r -d '' path; do
      printf '%-8s %14s  disc %-5s %s\n' "$type" "$size" "$disc" "$(LC_ALL=$user_locale printf '%q' "$path")"
    done < <(sql "$private/catalog" "PRAGMA trusted_schema = OFF;
      SELECT hex(type) || '00' || hex(coalesce(size, '')) || '00' || hex(coalesce(group_concat(DISTINCT disc), '-')) ||
        '00' || hex(path) || '00'
      FROM restore_plan WHERE backup = $at GROUP BY path ORDER BY path" | from_hex)
    return
  fi
  local select="PRAGMA trusted_schema = OFF;
    SELECT printf('backup %d  %s  %d file%s  %d byte%s  %s', backup, started, files, substr('s', 1 + (files IS 1)), bytes,
      substr('s', 1 + (bytes IS 1)), coalesce(name, '')) ||
      CASE WHEN finished IS NULL THEN '(not complete)' ELSE '' END FROM backups ORDER BY backup;
    SELECT printf('disc %d  %s  %s  %s', disc, label, medium, coalesce(location, '')) FROM discs ORDER BY disc"
  local line
  while IFS= read -r line; do printf '%s\n' "${line//[[:cntrl:]]/?}"; done < <(sql "$private/catalog" "$select")
}

# --- lists of names -----------------------------------------------------------------------------------------

# Names can hold anything but NUL, so SQL gives them in hex, and lists are of NUL-ended names. Before version
# 8.31, coreutils had no basenc. bash does the same, slower.
from_hex() {
  if type -P basenc >/dev/null; then
    basenc --base16 -d
    return
  fi
  local pairs
  tr -d '\n' | fold -w 2 | while mapfile -t -n 5000 pairs && ((${#pairs[@]})); do
    printf %b "$(printf '\\x%s' "${pairs[@]}")"
  done
}
to_hex() { od -A n -v -t x1 | tr -d ' \n'; }
plan_sql() { sql "$scratch/plan" "$@"; }
plan_list() { plan_sql "$2" | from_hex >"$1"; }

# Calls $2.. with the names of list $1, so many at a time. What the command says against single names is not
# shown: the hashes tell what is not there.
each_batch() {
  local list=$1 batch
  shift
  while mapfile -d '' -n 250 -u 9 batch && ((${#batch[@]})); do "$@" "${batch[@]}" 2>>"$private/errors" || :; done 9<"$list"
}

# `queue VERB FROM TO` is VERB FROM TO, with neighbours of the same folder and unchanged last names in one
# call; ended by `flush`. Verbs: copy, move, link.
queued=() queue_verb='' queue_folder=''
queue() {
  local folder=${3%/*}
  if [[ $1 != "$queue_verb" || $folder != "$queue_folder" || ${#queued[@]} -ge 250 ]]; then flush; fi
  if [[ ${2##*/} == "${3##*/}" ]]; then
    queue_verb=$1 queue_folder=$folder queued+=("$2")
  else
    place "$1" -T -- "$2" "$3"
  fi
}
flush() {
  if ((${#queued[@]})); then place "$queue_verb" -t "$queue_folder" -- "${queued[@]}"; fi
  queued=()
}
place() {
  local verb=$1
  shift
  # Thousands of empty files are made without a program for each.
  if [[ $verb$1 == copy-T && ! -s $3 && -f $3 && ! -e $4 && ! -L $4 ]]; then : >"$4" && return; fi
  case $verb in
    copy) cp -p -P --remove-destination "$@" ;;
    move) mv -f "$@" ;;
    link) ln -P -f "$@" || cp -p -P --remove-destination "$@" ;;
  esac 2>>"$private/errors" || :
}

# --- one backup, by the catalog's plan ----------------------------------------------------------------------

# The rows of the backup that are asked for, as tables of our own; paths as text, whatever their bytes.
make_plan() {
  local wanted='' pattern hex number=$at p='CAST(path AS TEXT)'
  local columns='type, mode, mtime, size, hash, CAST(link AS TEXT) AS link, part, parts, disc, chunk,
    CAST(member AS TEXT) AS member'
  if [[ ! $number ]]; then
    number=$(sql "$scratch/catalog" 'PRAGMA trusted_schema = OFF;
      SELECT max(backup) FROM backups WHERE finished IS NOT NULL')
    [[ $number ]] || die 'the catalog has no complete backup; --list shows what there is'
  fi
  [[ $(sql "$scratch/catalog" "SELECT count(*) FROM backups WHERE backup = $number") == 1 ]] ||
    die "there is no backup $number; --list shows which there are"
  for pattern in "${only[@]}"; do
    while [[ $pattern == ./* ]]; do pattern=${pattern#./}; done
    while [[ $pattern == ?*/ ]]; do pattern=${pattern%/}; done
    hex="CAST(X'$(printf %s "$pattern" | to_hex)' AS TEXT)"
    wanted+="${wanted:+ OR }$p = $hex OR substr($p, 1, length($hex) + 1) = $hex || '/' OR $p GLOB $hex"
  done
  rm -f -- "$scratch/plan"
  plan_sql "PRAGMA trusted_schema = OFF; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    ATTACH '$scratch/catalog' AS c;
    CREATE TABLE plan AS SELECT CAST(path AS TEXT) AS path, $columns FROM c.restore_plan
      WHERE backup = $number ${wanted:+"AND ($wanted)"};
    ${wanted:+$(orphans_sql "$number" "$columns")}
    ${wanted:+$(parents_sql "$number" "$columns")}
    CREATE TABLE refused AS SELECT DISTINCT path FROM plan WHERE path <> '' AND (
      '/' || path || '/' GLOB '*//*' OR '/' || path || '/' GLOB '*/./*' OR '/' || path || '/' GLOB '*/../*'
      OR path = '$state' OR path GLOB '$state/*');
    DELETE FROM plan WHERE path = '' OR path IN (SELECT path FROM refused);
    CREATE INDEX plan_by_chunk ON plan(chunk, member);
    CREATE TABLE pieced(path TEXT PRIMARY KEY);
    INSERT INTO pieced SELECT DISTINCT path FROM plan WHERE type = 'file' AND part IS NOT NULL AND (
      chunk IS NULL OR member GLOB '.butcher-pieces/*' AND NOT member GLOB '.butcher-pieces/*[^0-9]*');
    CREATE TABLE stored AS SELECT chunk, disc, file, bytes FROM c.chunks
      WHERE chunk IN (SELECT chunk FROM plan) AND file GLOB 'chunks/*' AND NOT file GLOB 'chunks/*[^0-9a-z.]*';
    CREATE TABLE disc AS SELECT disc, label, location FROM c.discs;
    CREATE TABLE done(chunk INTEGER PRIMARY KEY, state TEXT);
    CREATE TABLE kept(key TEXT PRIMARY KEY);
    CREATE TABLE joined(path TEXT PRIMARY KEY);" >/dev/null
  plan_sql "PRAGMA trusted_schema = OFF; ATTACH '$scratch/catalog' AS c;
    CREATE TABLE owner(path TEXT PRIMARY KEY, uid, gid, user, grp);
    INSERT OR IGNORE INTO owner SELECT $p, uid, gid, coalesce(user, ''), coalesce(grp, '')
      FROM c.entry JOIN c.owner ON c.owner.id = c.entry.owner
      WHERE mode & 3072 AND first <= $number AND (last IS NULL OR last >= $number)" 2>/dev/null || :
  # The views say nothing of the source folder itself; where the catalog does, the target gets its mode and
  # time.
  root_mode=$(sql "$scratch/catalog" "SELECT printf('%04o', mode & 1023) FROM root WHERE backup = $number" 2>/dev/null) ||
    root_mode=''
  [[ $root_mode =~ ^[0-7]*$ ]] || root_mode=''
  if ((!${#only[@]})); then
    root_time=$(sql "$scratch/catalog" "SELECT '@' || (mtime / 1000000000) || printf('.%09d', mtime % 1000000000)
      FROM root WHERE backup = $number AND mtime >= 0" 2>/dev/null) || root_time=''
  fi
  hash_lengths=$(plan_sql 'SELECT DISTINCT length(hash) FROM plan WHERE length(hash) IN (64, 128)')
  what="backup $number of set $catalog_set${only[*]+, only $(printf '%q ' "${only[@]}")}"
  local files chunks discs_needed
  IFS='|' read -r files chunks discs_needed < <(plan_sql "SELECT count(DISTINCT path),
    (SELECT count(DISTINCT chunk) FROM plan), count(DISTINCT disc) FROM plan WHERE $is_file")
  say "restoring ${what%% of set*}: $(counted "$files" file), $(counted "$chunks" chunk) on $(counted "$discs_needed" disc)"
}

# A hard link whose other name is not asked for becomes what that is, by itself.
orphans_sql() {
  printf '%s' "CREATE TABLE orphan AS SELECT path, link FROM plan
      WHERE type = 'hardlink' AND link NOT IN (SELECT path FROM plan);
    DELETE FROM plan WHERE path IN (SELECT path FROM orphan);
    INSERT INTO plan SELECT o.path, r.type, r.mode, r.mtime, r.size, r.hash, r.link, r.part, r.parts, r.disc, r.chunk,
      r.member FROM orphan o JOIN (SELECT CAST(path AS TEXT) AS path, $2 FROM c.restore_plan
      WHERE backup = $1 AND type NOT IN ('hardlink', 'dir')) r ON r.path = o.link;"
}

# Folders on the way to what is asked for get their own modes: what they closed stays closed.
parents_sql() {
  local parent="rtrim(rtrim(path, replace(path, '/', '')), '/')"
  printf '%s' "INSERT INTO plan SELECT CAST(path AS TEXT), $2 FROM c.restore_plan
    WHERE backup = $1 AND type = 'dir' AND CAST(path AS TEXT) NOT IN (SELECT path FROM plan) AND CAST(path AS TEXT) IN (
      WITH RECURSIVE above(path) AS (
        SELECT DISTINCT $parent FROM plan UNION SELECT $parent FROM above) SELECT path FROM above WHERE path <> '');"
}

# What an earlier run of this script has brought already.
take_up() {
  local chunk file row resuming=0
  if [[ -f $state/what ]]; then
    resuming=1
    IFS= read -r row <"$state/what" || :
    [[ $row == "$what" ]] || die "$(show "$target") was begun as ${row:-something else}: give another folder, or the same options"
  fi
  begin_as "$what"
  : >>"$state/done"
  if ((resuming)); then
    plan_list "$scratch/split" "SELECT DISTINCT hex(hex(path)) || '002E2F' || hex(path) || '00' FROM plan
      WHERE type = 'file' AND (parts > 1 OR $is_piece)"
    {
      echo 'BEGIN;'
      while read -r chunk; do
        if [[ $chunk =~ ^[0-9]+$ ]]; then echo "INSERT OR IGNORE INTO done VALUES ($chunk, 'before');"; fi
      done <"$state/done"
      kept_sql
      while IFS= read -r -d '' row && IFS= read -r -d '' file; do
        if [[ -f $file ]]; then echo "INSERT OR IGNORE INTO joined VALUES (CAST(X'$row' AS TEXT));"; fi
      done <"$scratch/split"
      echo 'COMMIT;'
    } | plan_sql
    # Nothing is written through a symlink; they are made last.
    plan_list "$scratch/list" "SELECT '2E2F' || hex(path) || '00' FROM plan
      WHERE type = 'symlink' OR type = 'hardlink' AND size IS NULL"
    each_batch "$scratch/list" rm -f --
    plan_list "$scratch/list" "SELECT '2E2F' || hex(path) || '00' FROM plan WHERE type = 'dir' ORDER BY path"
    each_batch "$scratch/list" chmod u+rwx --
  fi
}

# The parts and pieces that are in TARGET already.
kept_sql() {
  local file key
  for file in "$state"/parts/*; do
    key=${file##*/}
    if [[ $key =~ ^[0-9a-f]+(-[0-9]+)+$ ]]; then echo "INSERT OR IGNORE INTO kept VALUES ('$key');"; fi
  done
  [[ -f $state/pieces-kept ]] || return 0
  while read -r key; do
    if [[ $key =~ ^[0-9a-f]+(-[0-9]+)+$ ]]; then echo "INSERT OR IGNORE INTO kept VALUES ('$key');"; fi
  done <"$state/pieces-kept"
}

# Of a hard link that is another name of a symlink, a FIFO or a device there is no size.
is_file="type IN ('file', 'hardlink') AND size IS NOT NULL"
part_key="hash || '-' || part || '-' || chunk"
is_piece='path IN (SELECT path FROM pieced)'
is_whole="type = 'file' AND parts = 1 AND NOT $is_piece"
is_part="type = 'file' AND parts > 1 AND NOT $is_piece"

# The chunks that are still to be read: number, disc, file, bytes.
needed_chunks() {
  plan_sql "SELECT chunk, disc, file, bytes FROM stored WHERE chunk IN (
      SELECT chunk FROM plan WHERE $is_whole AND chunk NOT IN (SELECT chunk FROM done)
      UNION SELECT chunk FROM plan WHERE ($is_part OR $is_piece) AND path NOT IN (SELECT path FROM joined)
        AND hash IS NOT NULL AND $part_key NOT IN (SELECT key FROM kept))
    ORDER BY chunk" | tr '|' ' '
}

# Notes what TARGET is for, and whether its mode is ours to set.
begin_as() {
  printf '%s\n' "$1" >"$state/what"
  if ((made_target)); then : >"$state/made"; fi
  if [[ -f $state/made ]]; then own_target=1; fi
}

restore_backup() {
  local chunk disc file bytes folder needed
  make_plan
  take_up
  plan_list "$scratch/list" "SELECT '2E2F' || hex(path) || '00' FROM (
    SELECT path FROM plan WHERE type = 'dir' UNION
    SELECT rtrim(path, replace(path, '/', '')) FROM plan WHERE instr(path, '/'))"
  each_batch "$scratch/list" mkdir -p --
  declare -A tried=() missing=() declined=()
  while :; do
    missing=()
    mapfile -t needed < <(needed_chunks)
    for file in "${needed[@]}"; do
      read -r chunk disc file bytes <<<"$file"
      if [[ ${tried[$chunk]:-} ]]; then continue; fi
      find_copies "$file"
      if ((${#copies[@]})); then
        tried[$chunk]=1
        say "disc $disc, chunk $chunk"
        best_copies_first "$bytes"
        take_chunk "$chunk"
      else
        missing[$disc]=1
      fi
    done
    join_files
    finish_pieced
    disc=''
    for chunk in "${!missing[@]}"; do
      if [[ ! ${declined[$chunk]:-} ]] && { [[ ! $disc ]] || ((chunk < disc)); }; then disc=$chunk; fi
    done
    if [[ ! $disc || ! -t 0 || ! -t 2 ]]; then break; fi
    say "disc $disc is needed: $(plan_sql "SELECT label || coalesce(', ' || location, '') FROM disc WHERE disc = $disc" |
      tr -c '[:print:]\n' '?')"
    IFS= read -rp 'Its folder, or nothing to go on without it: ' folder || folder=''
    if [[ ! $folder ]]; then
      declined[$disc]=1
    elif ! (cd "$started_in" && realpath -e -- "$folder") >/dev/null 2>&1 ||
      ! add_given "$(cd "$started_in" && realpath -e -- "$folder")"; then
      say 'that is no disc'
    fi
  done
  set_modes_and_times
  report_missing
}

# Copies of the length that the catalog says come first.
best_copies_first() {
  local copy right=() other=()
  for copy in "${copies[@]}"; do
    if [[ $(stat -c %s -- "$copy") == "$1" ]]; then right+=("$copy"); else other+=("$copy"); fi
  done
  copies=("${right[@]}" "${other[@]}")
}

# Brings the files of chunk $1 from $copies, and checks their hashes.
take_chunk() {
  local chunk=$1 here=(--exclude=.butcher) verb member path key before=$failed whole=1 lost=0
  if ! open_best_copy "$scratch/tar"; then
    say "chunk $chunk: $reason; what can be read of it is checked file by file"
    whole=0
  fi
  rm -rf -- "$scratch/stage"
  mkdir -- "$scratch/stage"
  if [[ -s $opened ]]; then
    # tar looks up each member in the whole list it is given, so a long list costs more than all the files.
    if (($(plan_sql "SELECT count(DISTINCT member) FROM plan WHERE chunk = $chunk") < 1000)); then
      plan_list "$scratch/list" "SELECT DISTINCT hex(member) || '00' FROM plan WHERE chunk = $chunk"
      here=(--no-recursion --null --verbatim-files-from --no-unquote -T "$scratch/list")
    fi
    if ! tar -x -f "$opened" --force-local --anchored --no-wildcards --warning=no-timestamp -C "$scratch/stage" \
      "${here[@]}" 2>"$scratch/said" && ((whole)); then
      say "chunk $chunk: tar had trouble: $(tr -c '[:print:]\n' '?' <"$scratch/said" | head -n 3)"
      whole=0
    fi
  fi
  if [[ $opened == "$scratch"/* ]]; then rm -f -- "$opened"; fi
  chmod -R u+rwX -- "$scratch/stage"
  # Files stored under their own path: links to what tar made, or copies where the file system has no links.
  plan_list "$scratch/list" "SELECT hex(path) || '00' FROM plan WHERE chunk = $chunk AND $is_whole AND member = path"
  (cd "$scratch/stage" && each_batch ../list cp "${cp_links[@]}" -P --remove-destination --parents -t ../../.. --)
  # Moved files, copies of others, and names that cannot stand in a tar: copies first, then what may be moved.
  while IFS= read -r -d '' -u 9 verb && IFS= read -r -d '' -u 9 member && IFS= read -r -d '' -u 9 path; do
    queue "$verb" "$scratch/stage/$member" "./$path"
  done 9< <(plan_sql "SELECT hex(verb) || '00' || hex(member) || '00' || hex(path) || '00' FROM (
    SELECT member, path, CASE WHEN path = first AND NOT direct THEN 'move' ELSE 'copy' END AS verb
    FROM plan JOIN (SELECT member, min(path) AS first, max(path = member) AS direct FROM plan
      WHERE chunk = $chunk AND $is_whole GROUP BY member) USING (member)
    WHERE chunk = $chunk AND $is_whole AND member <> path) ORDER BY verb, path" | from_hex)
  flush
  while IFS= read -r -d '' -u 9 key && IFS= read -r -d '' -u 9 member; do
    if mv -f -- "$scratch/stage/$member" "$state/parts/$key" 2>/dev/null; then
      echo "INSERT OR IGNORE INTO kept VALUES ('$key');"
    else
      lost=1
    fi
  done 9< <(plan_sql "SELECT DISTINCT hex($part_key) || '00' || hex(member) || '00' FROM plan
    WHERE chunk = $chunk AND $is_part AND hash IS NOT NULL" | from_hex) >"$scratch/kept.sql"
  take_pieces "$chunk"
  rm -rf -- "$scratch/stage"
  plan_sql <"$scratch/kept.sql"
  check_files "chunk = $chunk AND $is_whole"
  # Files whose hashes are right are right, whatever became of the chunk.
  if ((failed == before && !lost)); then
    if ((!whole)); then say "chunk $chunk: all files that are wanted of it could be read"; fi
    plan_sql "INSERT INTO done VALUES ($chunk, 'now')"
    printf '%s\n' "$chunk" >>"$state/done"
  else
    plan_sql "INSERT INTO done VALUES ($chunk, 'damaged')"
  fi
}

# bash would run what stands in the place of a number.
whole_number='^[1-9][0-9]{0,14}$'

# Puts the pieces that chunk $1 brought to their places: piece N of a file begins at N - 1 MiB.
take_pieces() {
  local hash part key member into='' first=0 run=()
  # shellcheck disable=SC2034 # `lost` is of the caller
  while IFS= read -r -d '' -u 9 hash && IFS= read -r -d '' -u 9 part && IFS= read -r -d '' -u 9 key &&
    IFS= read -r -d '' -u 9 member; do
    if [[ ! -f $scratch/stage/$member || ! $part =~ $whole_number ]]; then lost=1 && continue; fi
    if [[ $into != "$state/pieced-$hash" ]] || ((part != first + ${#run[@]} || ${#run[@]} >= 64)); then
      write_run "$into" "$first" "${run[@]}" || lost=1
      into=$state/pieced-$hash first=$part run=()
    fi
    run+=("$scratch/stage/$member")
    printf '%s\n' "$key" >>"$scratch/pieces"
  done 9< <(plan_sql "SELECT DISTINCT hex(hash) || '00' || hex(part) || '00' || hex($part_key) || '00' || hex(member) || '00'
    FROM plan WHERE chunk = $1 AND $is_piece AND path NOT IN (SELECT path FROM joined) AND hash IS NOT NULL
    ORDER BY hash, part" | from_hex)
  write_run "$into" "$first" "${run[@]}" || lost=1
  if [[ ! -f $scratch/pieces ]]; then return; fi
  if ((!lost)); then
    cat -- "$scratch/pieces" >>"$state/pieces-kept"
    kept_sql >>"$scratch/kept.sql"
  fi
  rm -f -- "$scratch/pieces"
}

# Writes the files $3.. end to end into $1, from piece $2 on.
write_run() {
  local into=$1 first=$2
  shift 2
  (($#)) || return 0
  cat -- "$@" | dd of="$into" bs=1M seek=$((first - 1)) iflag=fullblock conv=notrunc status=none 2>>"$private/errors"
}

# Makes each file in pieces that has them all. What no piece covers stays a hole: zeros.
finish_pieced() {
  local hash size last path key file
  while IFS= read -r -d '' -u 9 hash && IFS= read -r -d '' -u 9 size && IFS= read -r -d '' -u 9 last &&
    IFS= read -r -d '' -u 9 path; do
    file=$state/pieced-$hash
    if [[ ! $size =~ $whole_number ]]; then continue; fi
    if ! { : >>"$file" && truncate -s "$size" -- "$file"; } 2>>"$private/errors"; then
      problem "$(show "$path"): cannot make a file of $size bytes"
      continue
    fi
    if ((last)); then
      mv -f -T -- "$file" "./$path" 2>>"$private/errors" || continue
    else
      cp --sparse=always --remove-destination -T -- "$file" "./$path" 2>>"$private/errors" || continue
    fi
    key=$(printf %s "$path" | to_hex)
    plan_sql "INSERT INTO joined VALUES (CAST(X'$key' AS TEXT))"
    check_files "path = CAST(X'$key' AS TEXT) AND part = 1"
  done 9< <(plan_sql "WITH whole AS (SELECT DISTINCT hash, size, path FROM plan WHERE $is_piece AND hash IS NOT NULL
      AND path NOT IN (SELECT path FROM joined) AND path NOT IN (SELECT path FROM plan WHERE $is_piece AND
        (part IS NULL OR chunk IS NOT NULL AND $part_key NOT IN (SELECT key FROM kept))))
    SELECT hex(hash) || '00' || hex(size) || '00' || hex(path = (SELECT max(path) FROM whole w WHERE w.hash = whole.hash)) ||
      '00' || hex(path) || '00' FROM whole ORDER BY hash, path" | from_hex)
}

# Checks the hash of every file of the plan for which $1 holds; what is wrong is named and set aside.
failed=0
check_files() {
  local length program line path hash plain_name
  plain_name="NOT (instr(path, '\\') OR instr(path, char(10)) OR instr(path, char(13)))"
  for length in $hash_lengths; do
    program=sha256sum
    if ((length == 128)); then program=sha512sum; fi
    # sha256sum escapes such names, not in each version alike: they are checked one by one below.
    plan_list "$scratch/sums" "SELECT hex(hash || '  ./' || path || char(10)) FROM plan
      WHERE $1 AND length(hash) = $length AND $plain_name"
    if [[ -s $scratch/sums ]]; then
      while IFS= read -r -u 9 line; do
        case $line in
          ./*': FAILED open or read') file_failed "${line%: FAILED*}" 'is not restored' ;;
          ./*': FAILED') file_failed "${line%: FAILED}" 'is damaged' ;;
        esac
      done 9< <("$program" -c --quiet "$scratch/sums" 2>/dev/null)
    fi
    while IFS= read -r -d '' -u 9 hash && IFS= read -r -d '' -u 9 path; do
      if [[ ! -f ./$path ]]; then
        file_failed "./$path" 'is not restored'
      else
        line=$("$program" <"./$path") || :
        if [[ ${line%% *} != "$hash" ]]; then file_failed "./$path" 'is damaged'; fi
      fi
    done 9< <(plan_sql "SELECT hex(hash) || '00' || hex(path) || '00' FROM plan
      WHERE $1 AND length(hash) = $length AND NOT ($plain_name)" | from_hex)
  done
}

file_failed() {
  failed=$((failed + 1))
  if [[ -e $1 ]]; then
    if mv -f -T -- "$1" "$1.butcher-damaged" 2>/dev/null; then
      problem "$(show "${1#./}") $2: what there is of it is now $(show "${1#./}.butcher-damaged")"
      return
    fi
    rm -f -- "$1"
  fi
  problem "$(show "${1#./}") $2"
}

# Joins the parts of each file that has them all.
join_files() {
  local path part parts key i last_keys='' last_path='' same current=''
  local keys=()
  plan_list "$scratch/rows" "SELECT hex(parts) || '00' || hex(part) || '00' || hex($part_key) || '00' || hex(path) || '00'
    FROM plan WHERE $is_part AND hash IS NOT NULL AND path NOT IN (SELECT path FROM joined) ORDER BY hash, path, part"
  while IFS= read -r -d '' -u 9 parts && IFS= read -r -d '' -u 9 part && IFS= read -r -d '' -u 9 key &&
    IFS= read -r -d '' -u 9 path; do
    if [[ ! $parts =~ $whole_number || ! $part =~ $whole_number ]]; then continue; fi
    if [[ $path != "$current" ]]; then keys=() current=$path; fi
    keys+=("$key")
    if ((part < parts || ${#keys[@]} != parts)); then continue; fi
    same=0
    if [[ ${keys[*]} == "$last_keys" && -f ./$last_path ]]; then
      cp -p --remove-destination -T -- "./$last_path" "./$path" && same=1
    else
      for ((i = 0; i < parts; i++)); do [[ -f $state/parts/${keys[i]} ]] || continue 2; done
      if ! join_parts "./$path" "${keys[@]/#/$state/parts/}"; then
        problem "$(show "$path"): its parts cannot be joined now"
        continue
      fi
    fi
    key=$(printf %s "$path" | to_hex)
    plan_sql "INSERT INTO joined VALUES (CAST(X'$key' AS TEXT))"
    check_files "path = CAST(X'$key' AS TEXT) AND part = 1"
    if ((!same)); then last_keys=${keys[*]} last_path=$path; fi
  done 9<"$scratch/rows"
  { echo 'DELETE FROM kept;' && kept_sql; } | plan_sql
}

# The file $1 of the parts $2.., which are used up: at no time is more than one part there twice. A part that
# has been appended stays as an empty file until the end, and $state/joining has the size before the part that
# is appended now. So a later run goes on here, wherever this one stops.
join_parts() {
  local into=$1 first=$2 part mode='' size path
  shift 2
  if [[ -f $state/joining ]]; then
    { IFS= read -r -d '' mode && IFS= read -r -d '' size && IFS= read -r -d '' path; } <"$state/joining" || :
    if [[ ${path:-} == "$first" ]]; then truncate -s "$size" -- "$first" || return 1; else mode=''; fi
  fi
  if [[ ! $mode ]]; then mode=$(stat -c %a -- "$first"); fi
  chmod u+rw -- "$first" && touch -r "$first" -- "$scratch/time" || return 1
  for part; do
    printf '%s\0%s\0%s\0' "$mode" "$(stat -c %s -- "$first")" "$first" >"$state/joining" || return 1
    if [[ ! -r $part || ! -w $part ]]; then chmod u+rw -- "$part" || return 1; fi
    if ! cat -- "$part" >>"$first"; then return 1; fi 2>>"$private/errors"
    : >"$part"
  done
  touch -r "$scratch/time" -- "$first"
  chmod "$mode" -- "$first"
  mv -f -T -- "$first" "$into" || return 1
  for part; do rm -f -- "$part"; done
  rm -f -- "$state/joining"
}

# Whether an owner that was number $1, named $2, is the one that is now number $3, named $4. Names count more.
is_same_owner() {
  if [[ $2 && $4 != UNKNOWN ]]; then [[ $2 == "$4" ]]; else [[ $1 == "$3" ]]; fi
}

# setuid and setgid make a file run with the rights of its owner or group. Where these are others now, the
# bits go.
leave_out_bits() {
  local rows now i mode bits count=0
  local paths=() recorded=()
  while mapfile -d '' -n 1750 -u 9 rows && ((${#rows[@]})); do
    paths=() recorded=()
    for ((i = 0; i < ${#rows[@]}; i += 7)); do
      if [[ -e ${rows[i + 6]} && ! -L ${rows[i + 6]} && ${rows[i + 1]} =~ ^[0-7]{4}$ ]]; then
        paths+=("${rows[i + 6]}") recorded+=("${rows[@]:i:6}")
      fi
    done
    ((${#paths[@]})) || continue
    mapfile -d '' now < <(stat --printf '%u\0%U\0%g\0%G\0' -- "${paths[@]}")
    for ((i = 0; i < ${#paths[@]}; i++)); do
      rows=("${recorded[@]:i * 6:6}")
      mode=${rows[1]} bits=$((8#${rows[1]} & 8#1777))
      if is_same_owner "${rows[2]}" "${rows[3]}" "${now[i * 4]}" "${now[i * 4 + 1]}"; then bits=$((bits | 8#$mode & 8#4000)); fi
      if is_same_owner "${rows[4]}" "${rows[5]}" "${now[i * 4 + 2]}" "${now[i * 4 + 3]}"; then bits=$((bits | 8#$mode & 8#2000)); fi
      if ((bits != 8#$mode)); then
        count=$((count + 1))
        printf "UPDATE plan SET mode = '%04o' WHERE path = CAST(X'%s' AS TEXT);\n" "$bits" "${rows[0]}"
      fi
    done
  done 9< <(plan_sql "SELECT hex(hex(path)) || '00' || hex(mode) || '00' || hex(coalesce(uid, 'none')) || '00' ||
      hex(coalesce(user, '')) || '00' || hex(coalesce(gid, 'none')) || '00' || hex(coalesce(grp, '')) || '002E2F' || hex(path) || '00'
    FROM plan LEFT JOIN owner USING (path)
    WHERE substr(mode, 1, 1) > '1' AND type IN ('file', 'dir', 'fifo') AND coalesce(part, 1) = 1" |
    from_hex) >"$scratch/bits.sql"
  if [[ -s $scratch/bits.sql ]]; then
    { echo 'BEGIN;' && cat -- "$scratch/bits.sql" && echo 'COMMIT;'; } | plan_sql
    say "setuid and setgid are left out of $count files and folders, as their owner or group is another here"
  fi
}

# Hard links of files, FIFOs, symlinks and other names of those, and modes and times of everything. Symlinks
# come after whatever is written.
set_modes_and_times() {
  local link path mtime mode known count limit=5000 rows now i
  # Of an earlier run, too: it may have been stopped before it came to this.
  local there="(chunk IN (SELECT chunk FROM done) OR path IN (SELECT path FROM joined))"
  leave_out_bits
  count=$(plan_sql "SELECT count(*) FROM plan WHERE type = 'file' AND part = 1 AND $there")
  if ((exact || count <= limit)); then exact=1; fi
  while mapfile -d '' -n 750 -u 9 rows && ((${#rows[@]})); do
    local paths=() times=() wanted=()
    for ((i = 0; i < ${#rows[@]}; i += 3)); do
      if [[ -f ${rows[i + 2]} && ! -L ${rows[i + 2]} ]]; then
        wanted+=("${rows[i]}") times+=("${rows[i + 1]}") paths+=("${rows[i + 2]}")
      fi
    done
    ((${#paths[@]})) || continue
    mapfile -d '' now < <(stat --printf '%.9Y\0' -- "${paths[@]}")
    for ((i = 0; i < ${#paths[@]}; i++)); do
      if ((exact)); then known=${now[i]}; else known=${now[i]%.*}.${wanted[i]#*.}; fi
      if [[ $known != "${wanted[i]}" ]]; then set_time "${times[i]}" "${paths[i]}"; fi
    done
    end_times
  done 9< <(plan_sql "SELECT hex(strftime('%s', substr(mtime, 1, 19)) || '.' || substr(mtime, 21, 9)) || '00' || hex(mtime) ||
    '002E2F' || hex(path) || '00' FROM plan WHERE type = 'file' AND part = 1 AND $there ORDER BY mtime, path" |
    from_hex)
  for mode in $(plan_sql "SELECT DISTINCT mode FROM plan WHERE type = 'file'"); do
    if [[ ! $mode =~ ^[0-7]+$ ]]; then continue; fi
    plan_list "$scratch/list" "SELECT '2E2F' || hex(path) || '00' FROM plan
      WHERE type = 'file' AND part = 1 AND mode = '$mode' AND $there"
    each_batch "$scratch/list" chmod "$mode" --
  done

  while IFS= read -r -d '' -u 9 link && IFS= read -r -d '' -u 9 path; do
    if [[ -f $link && ! -L $link ]]; then queue link "$link" "$path"; fi
  done 9< <(plan_sql "SELECT '2E2F' || hex(link) || '002E2F' || hex(path) || '00' FROM plan
    WHERE type = 'hardlink' AND size IS NOT NULL ORDER BY path" | from_hex)
  flush
  while IFS= read -r -d '' -u 9 mtime && IFS= read -r -d '' -u 9 mode && IFS= read -r -d '' -u 9 path; do
    if [[ ! -p $path ]] && ! mkfifo -- "$path" 2>/dev/null; then problem "$(show "${path#./}"): cannot make the FIFO" && continue; fi
    chmod "$mode" -- "$path" && set_time "$mtime" "$path"
  done 9< <(plan_sql "SELECT hex(mtime) || '00' || hex(mode) || '002E2F' || hex(path) || '00' FROM plan WHERE type = 'fifo'" |
    from_hex)
  while IFS= read -r -d '' -u 9 mtime && IFS= read -r -d '' -u 9 link && IFS= read -r -d '' -u 9 path; do
    if ln -s -f -T -- "$link" "$path" 2>/dev/null; then
      set_time "$mtime" "$path"
    else
      problem "$(show "${path#./}"): cannot make the symlink"
    fi
  done 9< <(plan_sql "SELECT hex(mtime) || '00' || hex(link) || '002E2F' || hex(path) || '00' FROM plan
    WHERE type = 'symlink' ORDER BY mtime" | from_hex)
  end_times
  while IFS= read -r -d '' -u 9 link && IFS= read -r -d '' -u 9 path; do
    if [[ -L $link || -p $link ]]; then queue link "$link" "$path"; fi
  done 9< <(plan_sql "SELECT '2E2F' || hex(link) || '002E2F' || hex(path) || '00' FROM plan
    WHERE type = 'hardlink' AND size IS NULL ORDER BY path" | from_hex)
  flush

  while IFS= read -r -d '' -u 9 mtime && IFS= read -r -d '' -u 9 path; do
    set_time "$mtime" "$path"
  done 9< <(plan_sql "SELECT hex(mtime) || '002E2F' || hex(path) || '00' FROM plan WHERE type = 'dir' ORDER BY mtime" |
    from_hex)
  end_times
  # From the innermost out: a folder that is closed hides what is in it.
  while IFS= read -r -d '' -u 9 mode && IFS= read -r -d '' -u 9 path; do
    if [[ ! $mode =~ ^[0-7]+$ ]]; then continue; fi
    if [[ $mode != "$mode_of_timed" || ${#timed[@]} -ge 250 ]]; then end_modes; fi
    mode_of_timed=$mode timed+=("$path")
  done 9< <(plan_sql "SELECT hex(mode) || '002E2F' || hex(path) || '00' FROM plan WHERE type = 'dir' ORDER BY path DESC" |
    from_hex)
  end_modes
}

# touch for neighbours of the same time in one call; ended by `end_times`. end_modes does so for chmod.
timed=() time_of_timed='' mode_of_timed=''
set_time() {
  if [[ $1 != "$time_of_timed" || ${#timed[@]} -ge 250 ]]; then end_times; fi
  time_of_timed=$1 timed+=("$2")
}
end_times() {
  if ((${#timed[@]})); then touch -h -c -m -d "$time_of_timed" -- "${timed[@]}" 2>/dev/null || :; fi
  timed=()
}
end_modes() {
  if ((${#timed[@]})); then chmod "$mode_of_timed" -- "${timed[@]}" 2>/dev/null || :; fi
  timed=()
}

# Names what is not there, and the discs it is on.
report_missing() {
  local disc label chunks files path count=0 not_kept
  local absent="(type = 'file' AND (part IS NULL OR hash IS NULL OR CASE WHEN parts = 1 AND NOT $is_piece
    THEN chunk NOT IN (SELECT chunk FROM done) ELSE path NOT IN (SELECT path FROM joined) END))"
  not_kept="chunk IS NOT NULL AND (parts = 1 AND NOT $is_piece OR hash IS NULL OR $part_key NOT IN (SELECT key FROM kept))
    AND chunk NOT IN (SELECT chunk FROM done WHERE state = 'damaged')"
  while IFS='|' read -r -u 9 disc chunks files label; do
    problem "disc $disc ($label) is missing: chunks $chunks, for $files files"
  done 9< <(plan_sql "SELECT p.disc, group_concat(DISTINCT chunk), count(DISTINCT path), coalesce(label, '') ||
      coalesce(', ' || location, '') FROM (SELECT * FROM plan WHERE $absent AND $not_kept ORDER BY chunk) p
    LEFT JOIN disc d ON d.disc = p.disc GROUP BY p.disc ORDER BY p.disc" | tr -c '[:print:]\n' '?')
  rm -f -- "$state/not-restored"
  while IFS= read -r -d '' -u 9 path; do
    count=$((count + 1))
    if ((count <= 20)); then problem "$(show "$path") is not restored"; fi
    printf '%q\n' "$path" >>"$state/not-restored"
  done 9< <(plan_sql "SELECT DISTINCT hex(path) || '00' FROM plan WHERE $absent ORDER BY path" | from_hex)
  if ((count > 20)); then problem "and $(counted $((count - 20)) file) more; see $(show "$target/$state/not-restored")"; fi
  while IFS= read -r -d '' -u 9 path; do
    problem "$(show "$path") is a path this script does not write"
  done 9< <(plan_sql "SELECT hex(path) || '00' FROM refused" | from_hex)
  files=$(plan_sql "SELECT count(*) FROM plan WHERE type IN ('socket', 'chardev', 'blockdev')")
  if ((files)); then say "$files sockets and devices are not made again"; fi
  tell_causes
  if ((status)); then
    say "not everything is there: run this again with what is missing, and the same folder $(show "$target")"
  else
    complete=1
    say "done: $(counted "$(plan_sql "SELECT count(DISTINCT path) FROM plan WHERE $is_file")" file), all checked"
  fi
}

# What the system refused, once each.
tell_causes() {
  local line told=0
  [[ -f $private/errors ]] || return 0
  while IFS= read -r line; do
    case ${line##*: } in
      'No space left on device' | 'Permission denied' | 'Operation not permitted' | 'Read-only file system' | \
        'File name too long' | 'Disk quota exceeded' | 'Input/output error')
        if ((told++ < 3)); then problem "$(show "$line")"; fi
        ;;
    esac
  done <"$private/errors"
}

# --- everything, without the catalog ------------------------------------------------------------------------

# All chunks in the order of their numbers: every content under the path by which it was first stored.
restore_everything() {
  local disc file number last=0 line highest=0 brought=() lists=() gaps=() pruned=0
  local -A unassembled=()
  [[ ! $at ]] || die '--at needs the catalog and sqlite3: without them one gets every content ever stored'
  say 'the plain way: this brings every content ever stored, under the path by which it was first stored, a later'
  say 'version over an earlier one; what was moved, copied, hard-linked or deleted only sqlite3 and the catalog can tell'
  line="everything${only[*]+, only $(printf '%q ' "${only[@]}")}"
  if [[ -f $state/what && $(<"$state/what") != "$line" ]]; then
    die "$(show "$target") was begun as $(<"$state/what"): give another folder, or the same options"
  fi
  begin_as "$line"
  umask "$user_umask"
  declare -A had=() there=()
  if [[ -f $state/done ]]; then
    while read -r number; do
      had[$number]=1
      if ((10#$number > highest)); then highest=$((10#$number)); fi
    done <"$state/done"
  fi
  for disc in "${discs[@]}"; do
    for file in "$disc"/chunks/*.tar*; do
      number=${file##*/} number=${number%%.*}
      if [[ $number =~ ^[0-9]{8,12}$ ]]; then there[$number]=1; fi
    done
  done
  ((${#there[@]})) || die 'there are no chunks in these folders'
  for number in $(printf '%s\n' "${!there[@]}" "${!had[@]}" | sort -n -u); do
    while ((++last < 10#$number)); do gaps[last]=$last; done
  done
  if [[ -f $state/dropped ]]; then
    pruned=1
    while read -r number; do unset "gaps[$number]"; done <"$state/dropped"
  fi
  # Between chunks that are not there, parts of several versions of a file may be mixed: then the newest win,
  # at the end.
  if ((!${#gaps[@]} && !pruned)); then
    shopt -s globstar dotglob
    for file in "$state"/parts/**/*.butcher-part-00001-of-*; do
      join_complete "${highest:-0}" "${file#"$state"/parts/}"
    done
    shopt -u globstar dotglob
  fi
  for number in $(printf '%s\n' "${!there[@]}" "${!had[@]}" | sort -n -u); do
    if [[ ${had[$number]:-} ]]; then continue; fi
    if ((10#$number < highest)); then
      say "chunk $number comes after chunk $highest: of a file that is in both, the older version may be left"
    fi
    say "chunk $number"
    find_copies "chunks/$number.tar*"
    if ! open_best_copy "$scratch/tar"; then
      problem "chunk $number is not unpacked: $reason; README.txt says what can be done"
    else
      # Noted before the parts are joined: a run that is stopped there must not bring them again.
      if unpack_all "$number"; then printf '%s\n' "$number" >>"$state/done"; fi
      if ((${#gaps[@]})); then take_checkpoint "$number"; fi
      for file in "${lists[@]}"; do assemble "$number" "$file"; done
      if ((!${#gaps[@]} && !pruned)); then join_complete "$number" "${brought[@]}"; fi
    fi
    if [[ $opened == "$scratch"/* ]]; then rm -f -- "$opened"; fi
  done
  for last in "${gaps[@]}"; do problem "chunk $last is on none of these discs"; done
  shopt -s globstar dotglob
  if ((${#gaps[@]} || pruned)); then
    for file in "$state"/parts/**/*.butcher-part-00001-of-*; do
      line=${file#"$state"/parts/}
      if [[ ! ./${line%.butcher-part-*} -nt $file ]]; then join_complete "${highest:-0}" "$line"; fi
    done
  fi
  # A prune leaves parts of files that no backup needs: of those, others may be gone.
  for file in "$state"/parts/**/*.butcher-part-*; do
    if [[ -f $file ]] && ((!pruned)); then problem "a part only, others are missing: $(show "${file#"$state"/parts/}")"; fi
  done
  shopt -u globstar dotglob
  for line in "${!unassembled[@]}"; do
    if ((!pruned)); then problem "$(show "$line") of chunk ${unassembled[$line]} is not restored: pieces of it are missing"; fi
  done
  if ((status)); then
    say "not everything is there: run this again with what is missing, and the same folder $(show "$target")"
  else
    complete=1
    say 'done'
  fi
}

# If $opened, the tar of chunk $1, is a checkpoint of a prune: the chunks below it that it does not name were
# dropped.
take_checkpoint() {
  local line number
  local -A kept=()
  while IFS= read -r line; do
    case $line in
      '{"t":"chunk","format":1,'*) return 0 ;;
      '{"t":"stored","chunk":'*)
        line=${line#'{"t":"stored","chunk":'}
        kept[${line%%[!0-9]*}]=1
        ;;
      '{"t":"checkpoint"'*) break ;;
    esac
  done < <(tar -x -O -f "$opened" --force-local --no-wildcards -- ".butcher/manifest-$1.jsonl" 2>/dev/null)
  [[ $line == '{"t":"checkpoint"'* ]] || return 0
  pruned=1
  for number in "${gaps[@]}"; do
    if ((number > 10#$1)); then break; fi
    if [[ ! ${kept[$number]:-} ]]; then
      unset "gaps[$number]"
      printf '%s\n' "$number" >>"$state/dropped"
    fi
  done
}

part_suffix='.butcher-part-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9]'

bits_told=0

# Unpacks $opened, the tar of chunk $1; parts go aside until a file has them all.
unpack_all() {
  local chunk=$1 name base result=0 names=() parts=() pieces=() what_to_take
  checked_folder='' renamed=0 brought=() lists=()
  tar -t -f "$opened" --force-local --quoting-style=escape >"$scratch/names" 2>"$scratch/said" || result=1
  while IFS= read -r -u 9 name; do
    if [[ $name == *\\* ]]; then printf -v name '%b' "$name"; fi
    base=${name%/}
    # shellcheck disable=SC2053 # the suffix is a pattern
    if [[ $base == *$part_suffix ]]; then base=${base%.butcher-part-*}; fi
    case /$base/ in
      /.butcher/* | "/$state/"* | *//* | */./* | */../*) continue ;;
      /.butcher-pieces/*) pieces+=("$name") && continue ;;
    esac
    if [[ $base == *.butcher-pieces && $name != */ ]]; then
      if asked_for "${base%.butcher-pieces}"; then lists+=("$name"); fi
      continue
    fi
    if ! asked_for "$base"; then continue; fi
    if [[ $name == *.butcher-name-???????????????? ]]; then renamed=$((renamed + 1)); fi
    if [[ $name != "$base" && $name != */ ]]; then
      parts+=("$name")
    else
      names+=("$base")
      make_way "$chunk" "$name"
    fi
  done 9<"$scratch/names"
  if ((EUID && !bits_told)); then
    while read -r base _; do
      case $base in
        ???[sS]* | ??????[sS]*) bits_told=1 && say 'setuid and setgid are left out, as only root restores owners' && break ;;
      esac
    done < <(tar -t -v -f "$opened" --force-local 2>/dev/null)
  fi
  local extract=(tar -x -f "$opened" --force-local --warning=no-timestamp)
  if ((${#parts[@]})); then
    printf '%s\0' "${parts[@]}" >"$scratch/list"
    mkdir -p -- "$state/parts"
    "${extract[@]}" -C "$state/parts" --null --verbatim-files-from --no-unquote --anchored --no-wildcards \
      -T "$scratch/list" 2>>"$scratch/said" || result=1
  fi
  if ((${#pieces[@]} + ${#lists[@]})); then
    printf '%s\0' "${pieces[@]}" "${lists[@]}" >"$scratch/list"
    mkdir -p -- "$state/pieces"
    "${extract[@]}" -C "$state/pieces" --null --verbatim-files-from --no-unquote --anchored --no-wildcards \
      -T "$scratch/list" 2>>"$scratch/said" || result=1
  fi
  if ((${#names[@]})); then
    what_to_take=(--anchored --no-wildcards --exclude=.butcher --exclude=.butcher-pieces --exclude="$state")
    what_to_take+=(--no-anchored --wildcards --exclude="*$part_suffix" --exclude='*.butcher-pieces')
    if ((${#only[@]})); then
      printf '%s\0' "${names[@]}" >"$scratch/list"
      what_to_take=(--no-recursion --null --verbatim-files-from --no-unquote --anchored --no-wildcards -T "$scratch/list")
    fi
    "${extract[@]}" "${what_to_take[@]}" 2>>"$scratch/said" || result=1
  fi
  if ((result)); then
    problem "chunk $chunk: tar had trouble: $(tr -c '[:print:]\n' '?' <"$scratch/said" | head -n 3)"
  fi
  if ((renamed)); then
    say "chunk $chunk: $renamed names end in .butcher-name-...: the true name cannot stand in a tar, the catalog has it"
  fi
  brought=("${parts[@]}")
  return $result
}

# Makes the file whose list of pieces is $2, which chunk $1 brought. Its lines are: first piece, how many,
# name of the first.
assemble() {
  local chunk=$1 list=$state/pieces/$2 name=${2%.butcher-pieces} into=$state/assembled word size part count piece file run
  checked_folder=''
  { read -r word size <"$list"; } 2>/dev/null || return 0
  if [[ $word != butcher-pieces || ! $size =~ $whole_number ]]; then
    into=$list name=$2 # a file of the user
  else
    rm -f -- "$into"
    { : >"$into" && truncate -s "$size" -- "$into"; } 2>>"$private/errors" || word=''
    while [[ $word ]] && read -r part count piece; do
      if [[ ! $part =~ $whole_number || ! $count =~ $whole_number || ! $piece =~ $whole_number ]]; then word='' && break; fi
      for (( ; count > 0; count -= ${#run[@]}, part += ${#run[@]}, piece += ${#run[@]})); do
        run=()
        while ((${#run[@]} < count && ${#run[@]} < 64)); do
          printf -v file '%s/pieces/.butcher-pieces/%010d' "$state" $((piece + ${#run[@]}))
          run+=("$file")
        done
        if ! write_run "$into" "$part" "${run[@]}"; then word='' && break; fi
      done
    done < <(tail -n +2 -- "$list")
    if [[ ! $word ]]; then
      unassembled[$name]=$chunk
      return
    fi
    unset "unassembled[$name]"
    chmod --reference="$list" -- "$into"
    touch -r "$list" -- "$into"
  fi
  make_way "$chunk" "$name"
  if [[ $name == */* ]]; then mkdir -p -- "./${name%/*}"; fi
  mv -f -T -- "$into" "./$name" || problem "$(show "$name") cannot be written"
}

asked_for() {
  local pattern
  ((${#only[@]})) || return 0
  for pattern in "${only[@]}"; do
    pattern=${pattern#./} pattern=${pattern%/}
    # shellcheck disable=SC2053 # patterns are meant
    if [[ $1 == $pattern || $1 == "$pattern"/* ]]; then return 0; fi
  done
  return 1
}

# Before chunk $1 brings $2 (a folder's name ends in /): a file in place of a folder or the other way is set
# aside, and nothing is written through a symlink.
make_way() {
  local folder='' rest=${2%/} name=${2%/}
  if [[ $rest == */* && ${rest%/*} != "$checked_folder" ]]; then
    checked_folder=${rest%/*}
    while [[ $rest == */* ]]; do
      folder+=${rest%%/*} rest=${rest#*/}
      if [[ -L ./$folder || -e ./$folder && ! -d ./$folder ]]; then set_aside "$1" "$folder"; fi
      folder+=/
    done
  fi
  if [[ $2 == */ ]]; then
    if [[ -L ./$name || -e ./$name && ! -d ./$name ]]; then set_aside "$1" "$name"; fi
  elif [[ -d ./$name && ! -L ./$name ]]; then
    set_aside "$1" "$name"
  fi
}

set_aside() {
  if [[ -L ./$2 ]]; then
    rm -f -- "./$2"
  elif mv -T -- "./$2" "./$2.butcher-before-$1" 2>>"$private/errors"; then
    say "$(show "$2") is something else from chunk $1 on; what it was before is now $(show "$2.butcher-before-$1")"
  fi
}

# Joins the files whose last parts are among $2.., which chunk $1 brought.
join_complete() {
  local chunk=$1 name base count i all
  shift
  for name; do
    base=${name%.butcher-part-*} count=${name##*-of-} all=()
    for ((i = 1; i <= 10#$count; i++)); do
      printf -v name '%s/parts/%s.butcher-part-%05d-of-%s' "$state" "$base" "$i" "$count"
      [[ -f $name && ! -L $name ]] || continue 2
      all+=("$name")
    done
    checked_folder=''
    make_way "$chunk" "$base"
    if [[ $base == */* ]]; then mkdir -p -- "./${base%/*}"; fi
    join_parts "./$base" "${all[@]}" || problem "$(show "$base"): its parts cannot be joined now"
  done
}

# ------------------------------------------------------------------------------------------------------------

main() {
  clean_environment
  umask 077
  shopt -s nullglob
  started_in=$PWD
  trap cleanup EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  read_options "$@"
  check_programs
  private=$(mktemp -d)
  mkdir -m 700 -- "$private/gnupg"
  ((${#discs[@]})) || die 'no disc here: give the folders of discs after the target; --help tells more'
  check_one_set
  if ((verify)); then verify_discs; fi
  if [[ ! $target ]] && ((!list)); then exit $status; fi
  if ((!plain)) && ! type -P sqlite3 >/dev/null; then
    plain=1
    say 'sqlite3 is not installed'
  elif ((!plain)) && ! is_since "$(sql :memory: 'SELECT sqlite_version()' 2>&1)" 3.16; then
    plain=1
    say "sqlite3 3.16 or later is needed; this one is $(sql -version 2>&1 | tr -c '[:print:]\n' '?' | head -n 1)"
  fi
  find_catalogs
  find_secrets
  if ((list)); then
    ((!plain)) || die '--list needs sqlite3'
    show_list
    exit $status
  fi
  enter_target
  if ((!plain)) && ! open_catalog "$scratch/catalog"; then
    plain=1
    say 'there is no catalog that can be read'
  fi
  if ((plain)); then restore_everything; else restore_backup; fi
  exit $status
}

find_secrets() {
  local file encrypted=()
  for file in "${catalogs[@]}"; do if [[ $file == *.gpg ]]; then encrypted+=("$file"); fi; done
  find_copies 'chunks/*.gpg'
  encrypted+=("${copies[@]:0:2}")
  ((${#encrypted[@]})) || return 0
  need gpg
  is_since "$(version_of gpg)" 2.0 || die "gpg 2.0 or later is needed; this one says: $(version_of gpg)"
  open_secrets "${encrypted[@]}"
}

# Makes the target, or goes on with one that an earlier run left incomplete.
enter_target() {
  local inside
  if [[ ! -e $target ]]; then
    # Nobody else may look in before the mode of the source's folder is known.
    (umask "$user_umask" && mkdir -p -m 700 -- "$target") || die "cannot make $(show "$target")"
    made_target=1
  fi
  target=$(realpath -e -- "$target") || die "$(show "$target") cannot be reached"
  cd -- "$target" || die "$(show "$target") is no folder"
  if [[ ! -f $state/what ]]; then
    for inside in * .[!.]* ..?*; do
      if [[ $inside != "$state" ]]; then die "$(show "$target") is not empty: give a new folder"; fi
    done
  fi
  in_target=1
  { mkdir -p -- "$state/parts" && chmod 700 -- "$state" && rm -rf -- "$scratch" && mkdir -- "$scratch"; } ||
    die "cannot write in $(show "$target")"
  : >"$scratch/a"
  cp_links=(-p)
  if ln -- "$scratch/a" "$scratch/b" 2>/dev/null; then cp_links=(-l); fi
}

main "$@"
