/** Headers of a tar as anybody may write them, right or wrong. */

export interface HeaderFields {
  readonly name: string
  readonly sizeBytes?: number
  /** The twelve bytes of the size field as they are, instead of `sizeBytes`. */
  readonly sizeField?: Buffer
  readonly type?: string
  /** Instead of the right one. */
  readonly checksum?: string
}

export function tarHeader({ name, sizeBytes = 0, sizeField, type = '0', checksum }: HeaderFields): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0, 100, 'latin1')
  header.write('0000644\0', 100, 'latin1')
  header.write('0000000\0', 108, 'latin1')
  header.write('0000000\0', 116, 'latin1')
  if (sizeField) sizeField.copy(header, 124, 0, 12)
  else if (sizeBytes < 8 ** 11) header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  else {
    header[124] = 0x80
    header.writeBigUInt64BE(BigInt(sizeBytes), 128)
  }
  header.write('00000000000\0', 136, 'latin1')
  header.write('        ', 148, 'latin1')
  header.write(type, 156, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

/** A member with its data, filled up to whole blocks. */
export function tarMember(fields: HeaderFields, data: Uint8Array = Buffer.alloc(0)): Buffer {
  const padding = Buffer.alloc((512 - (data.length % 512)) % 512)
  return Buffer.concat([tarHeader({ sizeBytes: data.length, ...fields }), data, padding])
}
