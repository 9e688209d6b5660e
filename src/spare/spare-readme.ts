/**
 * README.txt of a spare disc. Plain ASCII, lines of at most 79 columns; commands begin with four blanks and
 * `$ `.
 */

import { counted } from '../format/counted-text.ts'
import { type SpareGroup, streamBytes } from '../format/spare-group.ts'

/** These lines mark the script, so that a user can cut it out of the text. */
const scriptBegins = '# recover.py: makes a lost disc again from the spare and the other discs'
const scriptEnds = '# end of recover.py'

const recoverScript = `${scriptBegins}
import os, sys
lost, out, spare = sys.argv[1:]
files = []
for line in open(spare + "/group.txt"):
    if line.startswith("file "):
        kind, disc, size, sum, name = line.rstrip("\\n").split(" ", 4)
        files.append((disc, int(size), name))
os.makedirs(out)
work = open(out + "/parity", "w+b")
for name in sorted(os.listdir(spare)):
    if name.endswith(".xor"):
        with open(spare + "/" + name, "rb") as piece:
            while some := piece.read(1 << 20):
                work.write(some)
at, now = 0, lost
for disc, size, name in files:
    if disc == lost:
        continue
    if disc != now:
        folder, at, now = input("the folder of disc " + disc + ": "), 0, disc
    with open(folder + "/" + name, "rb") as file:
        if os.fstat(file.fileno()).st_size != size:
            sys.exit("disc " + disc + ": " + name + " has the wrong size")
        while some := file.read(1 << 20):
            work.seek(at)
            sum = int.from_bytes(work.read(len(some)), "big")
            sum ^= int.from_bytes(some, "big")
            work.seek(at)
            work.write(sum.to_bytes(len(some), "big"))
            at += len(some)
work.seek(0)
for disc, size, name in files:
    if disc == lost:
        os.makedirs(os.path.dirname(out + "/" + name), exist_ok=True)
        with open(out + "/" + name, "wb") as file:
            while size > 0:
                size -= file.write(work.read(min(size, 1 << 20)))
os.remove(out + "/parity")
${scriptEnds}`

export function spareReadme(group: SpareGroup): string {
  const numbers = group.discs.map(({ disc }) => disc)
  const example = numbers[0] as number
  const longest = Math.max(...group.discs.map(streamBytes))
  return `${[
    `SPARE DISC ${group.spare} OF SET ${group.set.slice(0, 8).toUpperCase()}`,
    '',
    'This is a spare disc of a backup. The program "butcher" made it. It holds no',
    'files itself. If one disc of the group below is lost or damaged, you can make',
    'that disc again from this disc and all other discs of the group. The new disc',
    'is the same to the last byte. If two discs are lost, this disc cannot help.',
    '',
    `Set id:      ${group.set}`,
    `This disc:   spare ${group.spare}, labelled ${group.label}`,
    'Its group:',
    ...group.discs.map(
      (disc) =>
        `  disc ${String(disc.disc).padEnd(5)} ${disc.label}, ${counted(disc.files.length, 'file')}, ${counted(streamBytes(disc), 'byte')}`,
    ),
    '',
    'WITH BUTCHER',
    '',
    `      butcher recover ${example} PLACES-OF-SPARE-AND-OTHER-DISCS... NEW-FOLDER`,
    '',
    'WITHOUT BUTCHER',
    '',
    'First check this disc and each other disc of the group. In the folder of each:',
    '    $ sha256sum -c SHA256SUMS',
    'Then run the script at the end of this text. It needs python3, version 3.8 or',
    'later. It asks for the folder of each other disc (mounted, or copied), one',
    'after another, so one drive is enough. It needs room on the hard disk for',
    `twice ${counted(longest, 'byte')}. In the folder of this disc, to make disc ${example}:`,
    '    $ SPARE=$PWD',
    `    $ sed -n '/^# recover.py:/,/^# end/p' README.txt > "$HOME/recover.py"`,
    `    $ python3 -I "$HOME/recover.py" ${example} "$HOME/disc-new" "$SPARE"`,
    'Check the new disc:',
    '    $ cd "$HOME/disc-new"',
    '    $ sha256sum -c SHA256SUMS',
    'Its README.txt explains how to restore the files. Burn it again first.',
    '',
    'HOW IT WORKS',
    '',
    'The stream of a disc is all its files end to end, in the order of the bytes of',
    'their paths. The files parity-NNNN.xor, end to end, are the XOR of the streams',
    `of all ${numbers.length} discs, byte by byte. After its end a stream counts as zeros. So the`,
    'XOR of this disc and of all streams but one is the missing stream, with zeros',
    'after it. group.txt lists the files of each disc in order: disc, bytes,',
    'SHA-256, path. The script does the same:',
    '',
    recoverScript,
  ].join('\n')}\n`
}
