/** The commands of README.txt that make files out of their pieces. */

/** The pieces stay, because other lists may need them. */
export const pieceLines: readonly string[] = [
  'Then make the files that were stored in pieces of 1 MiB. Each has a list:',
  'number of the first piece, how many, name of the first. The rest is zeros.',
  '    $ for list in **/*.butcher-pieces; do',
  '    $   test -f "$list" && read -r word size < "$list" || continue',
  '    $   test "$word" = butcher-pieces || continue',
  '    $   file=${list%.butcher-pieces}',
  '    $   test "$file" -nt "$list" && continue # a later version of it',
  '    $   : > "$file" && truncate -s "$size" "$file"',
  '    $   tail -n +2 "$list" | while read -r part count piece; do',
  '    $     for ((i = 0; i < count; i++)); do',
  '    $       dd if=.butcher-pieces/$(printf %010d $((piece + i))) bs=1M \\',
  '    $         of="$file" seek=$((part + i - 1)) conv=notrunc status=none',
  '    $     done',
  '    $   done',
  '    $   touch -r "$list" "$file"',
  '    $ done',
  'In the end remove .butcher-pieces and the lists.',
  'The image of a disk (sdb) goes onto a disk with dd. All else on it is lost:',
  '      dd if=sdb of=/dev/sdX bs=4M conv=fsync',
]
