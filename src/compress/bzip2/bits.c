// The output as bits, from the highest on; and the checksum of bzip2, eight bytes at a time.

static u64 bits;
static u32 bitCount;
static u8 *to;

static inline void put(u32 count, u64 value) {
  bits = bits << count | value;
  bitCount += count;
  if (bitCount >= 32) {
    bitCount -= 32;
    u32 word = __builtin_bswap32((u32)(bits >> bitCount));
    __builtin_memcpy(to, &word, 4);
    to += 4;
  }
}

static void endBits(void) {
  while (bitCount > 0) {
    u32 some = bitCount < 8 ? bitCount : 8;
    *to++ = (u8)(bits << 8 >> bitCount);
    bitCount -= some;
  }
}

static u32 crcs[8][256];

static void makeCrcs(void) {
  for (u32 i = 0; i < 256; i++) {
    u32 crc = i << 24;
    for (u32 k = 0; k < 8; k++) crc = crc << 1 ^ (crc >> 31) * 0x04C11DB7u;
    crcs[0][i] = crc;
  }
  for (u32 k = 1; k < 8; k++)
    for (u32 i = 0; i < 256; i++) crcs[k][i] = crcs[k - 1][i] << 8 ^ crcs[0][crcs[k - 1][i] >> 24];
}

static u32 crcOf(const u8 *bytes, u32 length) {
  u32 crc = ~0u;
  for (; length >= 8; length -= 8, bytes += 8) {
    crc ^= (u32)bytes[0] << 24 | (u32)bytes[1] << 16 | (u32)bytes[2] << 8 | bytes[3];
    crc = crcs[7][crc >> 24] ^ crcs[6][crc >> 16 & 255] ^ crcs[5][crc >> 8 & 255] ^ crcs[4][crc & 255] ^
      crcs[3][bytes[4]] ^ crcs[2][bytes[5]] ^ crcs[1][bytes[6]] ^ crcs[0][bytes[7]];
  }
  for (; length > 0; length--) crc = crc << 8 ^ crcs[0][crc >> 24 ^ *bytes++];
  return ~crc;
}
