// Runs of the input: four equal bytes, then the count of further ones.

static u32 blockLength;

// Fills the block from [from, end). Returns where the next block begins. A run never crosses blocks.
static const u8 *takeBlock(const u8 *from, const u8 *end) {
  u8 *at = block, *full = block + BLOCK;
  while (from < end && at < full) {
    if (end - from >= 19 && full - at >= 16) {
      v128_t here = wasm_v128_load(from);
      v128_t same = wasm_v128_and(wasm_i8x16_eq(here, wasm_v128_load(from + 1)),
        wasm_v128_and(wasm_i8x16_eq(here, wasm_v128_load(from + 2)),
          wasm_i8x16_eq(here, wasm_v128_load(from + 3))));
      u32 mask = wasm_i8x16_bitmask(same);
      wasm_v128_store(at, here);
      u32 before = mask == 0 ? 16 : (u32)__builtin_ctz(mask);
      from += before;
      at += before;
      if (mask == 0) continue;
    }
    u8 byte = *from;
    u32 run = 1;
    while (run < 255 && from + run < end && from[run] == byte) run++;
    u32 left = (u32)(full - at);
    if (run >= 4 && left >= 5) {
      for (u32 i = 0; i < 4; i++) *at++ = byte;
      *at++ = (u8)(run - 4);
      from += run;
    } else {
      u32 some = run < 3 ? run : 3;
      if (some > left) some = left;
      for (u32 i = 0; i < some; i++) *at++ = byte;
      from += some;
      // Nothing of the run may follow its first three bytes in this block.
      if (run >= 4) break;
    }
  }
  blockLength = (u32)(at - block);
  return from;
}
