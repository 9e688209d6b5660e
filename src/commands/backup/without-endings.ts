/** Names a partition by its image: `sda1` for `sda1.ext4-ptcl-img.gz.aa`. */

/** Of parts, compressions, and images: by Clonezilla, partclone, partimage, ntfsclone and dd. */
const ending =
  /\.(?:[a-z]{2}|[a-z]a[a-z]|\d{3}|gz|zstd?|xz|lz4|lzma|bz2|img|image|raw|pimg|pcl|partclone|partimg|ntfsclone|[a-z0-9+]+(?:-ptcl)?-img)$/i

export function withoutEndings(name: string): string {
  let short = name
  while (ending.test(short)) short = short.replace(ending, '')
  return short === '' ? name : short
}
