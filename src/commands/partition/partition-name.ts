import path from 'node:path'

/** The first parts of split, compressors, and what programs call their images: `.ext4-ptcl-img`, `.img`. */
const endings = [
  /\.(?:a{2,4}|0{2,4}|0{1,3}1)$/,
  /\.(?:gz|bz2|zst|xz|lz4|lzma|lzo|lrz|lz|lzip|uncomp)$/i,
  /\.(?:img|pimg|image|pcl|partclone|partimage|ntfsclone|raw|dd|bin)$/i,
  /\.[\w-]+-img$/i,
]

/** The name of an image without its endings: `sda1` of `sda1.ext4-ptcl-img.gz.aa`. */
export function partitionName(file: string): string {
  let name = path.basename(file)
  for (;;) {
    const ending = endings.find((one) => one.test(name))
    const shorter = ending === undefined ? name : name.replace(ending, '')
    if (shorter === name || shorter === '') return name
    name = shorter
  }
}
