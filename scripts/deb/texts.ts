/** The texts of the Debian package. */

export interface Origin {
  readonly version: string
  readonly architecture: string
  readonly maintainer: string
  /** As an email has it. */
  readonly date: string
}

export const controlText = (
  { version, architecture, maintainer }: Origin,
  installedKibibytes: number,
): string => `Package: butcher
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${installedKibibytes}
Depends: libc6 (>= 2.28), libgcc-s1 (>= 3.4) | libgcc1 (>= 1:3.4), libstdc++6 (>= 5.2)
Recommends: gnupg, lbzip2, rclone, xorriso
Suggests: fuse3, par2, sqlite3, xz-utils, zstd
Section: utils
Priority: optional
Description: incremental, encrypted backups on optical discs
 butcher stores folders on CD, DVD and Blu-ray, for decades. Later backups need
 no old disc: butcher stores only content that no disc has yet. Each disc
 explains itself, and uses only common formats: tar, bzip2, OpenPGP, SQLite and
 ISO 9660. You can restore without butcher.
 .
 A daemon starts backups by schedules, into folders, remotes of rclone, or
 discs to burn. Its page in a browser shows whether everything is backed up.
 .
 The program brings its own Node.js.
`

export const changelogText = ({
  version,
  maintainer,
  date,
}: Origin): string => `butcher (${version}) unstable; urgency=medium

  * The package of this version. changelog.gz lists the changes of the program.

 -- ${maintainer}  ${date}
`

/** In the machine-readable form: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/ */
export function copyrightText(license: string, licencesInside: string): string {
  const [, ...mit] = license.trimEnd().split('\n')
  const holder = /Copyright \(c\) (.+)/.exec(license)?.[1] ?? ''
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: butcher

Files: *
Copyright: ${holder}
License: MIT

Files: usr/bin/butcher
Copyright: ${holder}, and the authors of the packages inside
License: MIT-and-licences-inside
Comment: The program has Node.js and other packages inside.
 butcher licenses also prints these licences.

License: MIT
${indented(
  mit
    .filter((line) => !line.startsWith('Copyright'))
    .join('\n')
    .trim(),
)}

License: MIT-and-licences-inside
${indented(licencesInside.trim())}
`
}

/** A line that is blank has a dot. */
const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n')
