/** The lines of README.txt about a damaged disc. */

export function damageLines(encrypted: boolean, hasParity: boolean): string[] {
  return [
    'IF THE DISC IS DAMAGED',
    '',
    'Copy it first, with ddrescue (package gddrescue), which reads on past errors:',
    '      ddrescue -b 2048 -n /dev/sr0 disc.iso disc.map; mount -o ro disc.iso /mnt',
    ...(hasParity ? byParity : []),
    'A bad chunk costs the files in it, not the others: the script restores the',
    'rest, and names the lost files. To get more out of a bad chunk by hand:',
    ...(encrypted ? ['      gpg --ignore-mdc-error --output C.tar.bz2 --decrypt CHUNK.tar.bz2.gpg'] : []),
    '      bzip2recover C.tar.bz2           makes rec00001C.tar.bz2, rec00002...',
    '      bzip2 -dc rec*C.tar.bz2 > C.tar  without those that fail bzip2 -t',
    '      tar -x --ignore-zeros -f C.tar   continues after a gap',
    'The catalog is on every disc; a newer disc has a newer one.',
    '',
  ]
}

/** The user works on a writable copy, which then replaces the disc. */
const byParity = [
  'This disc has parity. With it, the program par2 (package par2) repairs files',
  'that are bad or missing, up to the share that was chosen. In a copy:',
  '    $ cp -r --no-preserve=mode . "$HOME/mended"',
  '    $ cd "$HOME/mended"',
  '    $ par2 repair -B . parity/disc.par2',
  '    $ par2 repair -B . parity/checksums.par2',
  '    $ sha256sum -c SHA256SUMS | grep -v ": OK$"',
  'If disc.par2 is gone name any other file parity/disc.* in its place. Of what',
  'the last line still names, parity files may be as they are. If par2 needs more',
  'blocks, and disc.iso was made: mv disc.iso "$HOME/mended", and name disc.iso',
  'behind parity/disc.par2, for par2 finds blocks in it whatever became of names.',
]
