// Moves each byte to the front of a list: its place is the symbol. Runs of place 0 become their length.
// The first 16 places of the list are one vector.

static u16 *symbols;
static u32 symbolCount, end;
static u32 frequency[SYMBOLS];
static u8 used[256];
static u8 moves[16][16];
static u8 list[256] __attribute__((aligned(16)));

static inline void putRun(u32 run) {
  u16 *s = symbols + symbolCount;
  run++;
  for (; run > 1; run >>= 1) {
    u32 digit = run & 1;
    *s++ = (u16)digit;
    frequency[digit]++;
  }
  symbolCount = (u32)(s - symbols);
}

static void moveToFront(const u8 *column, u32 length) {
  u32 inUse = 0;
  for (u32 i = 0; i < 256; i++) if (used[i]) list[inUse++] = (u8)i;
  for (u32 i = 0; i < SYMBOLS; i++) frequency[i] = 0;
  end = inUse + 1;
  symbolCount = 0;
  v128_t front = wasm_v128_load(list);
  u32 first = list[0], run = 0;
  for (u32 i = 0; i < length;) {
    u32 byte = column[i];
    if (byte == first) {
      // The column has 16 bytes of room behind it.
      u32 other = ~wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(column + i), wasm_i8x16_splat((i8)byte)));
      u32 same = (u32)__builtin_ctz(other | 0x10000);
      if (same > length - i) same = length - i;
      run += same;
      i += same;
      continue;
    }
    i++;
    if (run > 0) { putRun(run); run = 0; }
    v128_t wanted = wasm_i8x16_splat((i8)byte);
    u32 mask = wasm_i8x16_bitmask(wasm_i8x16_eq(front, wanted)), place;
    if (mask != 0) {
      place = (u32)__builtin_ctz(mask);
      front = wasm_i8x16_swizzle(front, wasm_v128_load(moves[place]));
    } else {
      u8 carried = wasm_u8x16_extract_lane(front, 15);
      v128_t back = wasm_i8x16_shuffle(front, front, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
      front = wasm_i8x16_replace_lane(back, 0, (i8)byte);
      for (place = 16;; place += 16) {
        v128_t some = wasm_v128_load(list + place);
        mask = wasm_i8x16_bitmask(wasm_i8x16_eq(some, wanted));
        if (mask != 0) {
          u32 here = (u32)__builtin_ctz(mask);
          v128_t moved = wasm_i8x16_swizzle(some, wasm_v128_load(moves[here]));
          wasm_v128_store(list + place, wasm_i8x16_replace_lane(moved, 0, (i8)carried));
          place += here;
          break;
        }
        u8 last = wasm_u8x16_extract_lane(some, 15);
        v128_t moved = wasm_i8x16_shuffle(some, some, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
        wasm_v128_store(list + place, wasm_i8x16_replace_lane(moved, 0, (i8)carried));
        carried = last;
      }
    }
    first = byte;
    symbols[symbolCount++] = (u16)(place + 1);
    frequency[place + 1]++;
  }
  if (run > 0) putRun(run);
  symbols[symbolCount++] = (u16)end;
  frequency[end]++;
}
