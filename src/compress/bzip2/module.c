// bzip2 as a module of WebAssembly: a segment becomes one whole stream. See docs/design.md.

#include "rotations.c"
#include <wasm_simd128.h>

#define SEGMENT 3600000
#define SYMBOLS 258
#define GROUP 50
#define TABLES 6
#define ROUNDS 3
#define LONGEST 17

static u8 input[SEGMENT + 64];
static u8 output[SEGMENT + SEGMENT / 100 + 8192];
static u8 block[BLOCK + 64];

#include "bits.c"
#include "runs.c"
#include "front.c"
#include "codes.c"

static void putTables(u32 many) {
  put(3, tables);
  put(15, groupCount);
  u8 order[TABLES] = { 0, 1, 2, 3, 4, 5 };
  for (u32 g = 0; g < groupCount; g++) {
    u32 place = 0;
    while (order[place] != selectors[g]) place++;
    for (u32 i = place; i > 0; i--) order[i] = order[i - 1];
    order[0] = selectors[g];
    put(place + 1, (1u << (place + 1)) - 2);
  }
  for (u32 t = 0; t < tables; t++) {
    u32 now = lengths[t][0];
    put(5, now);
    for (u32 i = 0; i < many; i++) {
      for (; now < lengths[t][i]; now++) put(2, 2);
      for (; now > lengths[t][i]; now--) put(2, 3);
      put(1, 0);
    }
  }
}

static void putSymbols(void) {
  u32 at = 0;
  for (u32 g = 0; g < groupCount; g++) {
    u32 t = selectors[g], stop = at + GROUP < symbolCount ? at + GROUP : symbolCount;
    const u32 *code = codes[t];
    const u8 *length = lengths[t];
    for (; at < stop; at++) put(length[symbols[at]], code[symbols[at]]);
  }
}

static void putBlock(u32 crc) {
  for (u32 i = 0; i < 256; i++) used[i] = 0;
  for (u32 i = 0; i < blockLength; i++) used[block[i]] = 1;
  u8 *column = (u8 *)ranks;
  u32 row = sortRotations(block, blockLength, column);
  symbols = (u16 *)X;
  moveToFront(column, blockLength);
  u32 many = end + 1;
  chooseTables(many);
  put(24, 0x314159);
  put(24, 0x265359);
  put(32, crc);
  put(1, 0);
  put(24, row);
  u32 parts = 0;
  for (u32 i = 0; i < 256; i++) if (used[i]) parts |= 0x8000u >> (i >> 4);
  put(16, parts);
  for (u32 part = 0; part < 16; part++)
    if (parts & 0x8000u >> part) for (u32 i = 0; i < 16; i++) put(1, used[part * 16 + i]);
  putTables(many);
  putSymbols();
}

__attribute__((export_name("input"))) u8 *inputAt(void) { return input; }
__attribute__((export_name("output"))) u8 *outputAt(void) { return output; }

// Compresses the first `length` bytes of the input. Returns the length of the output.
__attribute__((export_name("compress"))) u32 compress(u32 length) {
  if (crcs[0][1] == 0) {
    makeCrcs();
    for (u32 k = 0; k < 16; k++)
      for (u32 i = 0; i < 16; i++) moves[k][i] = (u8)(i == 0 ? k : i <= k ? i - 1 : i);
  }
  to = output;
  bitCount = 0;
  bits = 0;
  put(32, 0x425A6839);
  u32 all = 0;
  const u8 *from = input, *stop = input + length;
  while (from < stop) {
    const u8 *next = takeBlock(from, stop);
    u32 crc = crcOf(from, (u32)(next - from));
    all = (all << 1 | all >> 31) ^ crc;
    putBlock(crc);
    from = next;
  }
  put(24, 0x177245);
  put(24, 0x385090);
  put(32, all);
  endBits();
  return (u32)(to - output);
}
