// Up to six Huffman codes for a block. Each group of 50 symbols takes the one that makes it shortest.

static u8 lengths[TABLES][SYMBOLS];
static u32 codes[TABLES][SYMBOLS];
static u32 uses[TABLES][SYMBOLS];
static u16 costs[SYMBOLS][8] __attribute__((aligned(16)));
static u8 selectors[BLOCK / GROUP + 2];
static u32 tables, groupCount;

// Lengths of a Huffman code; longest ones are shortened by evening out the weights, as bzip2 does.
static void makeLengths(u8 *length, const u32 *weights, u32 many) {
  static u32 weight[SYMBOLS];
  static u64 sorted[SYMBOLS];
  static u32 joined[SYMBOLS], leafParent[SYMBOLS], nodeParent[SYMBOLS], depth[SYMBOLS];
  for (u32 i = 0; i < many; i++) weight[i] = weights[i] == 0 ? 1 : weights[i];
  for (;;) {
    for (u32 i = 0; i < many; i++) sorted[i] = (u64)weight[i] << 16 | i;
    quickSort(sorted, many, 16);
    u32 leaf = 0, node = 0;
    for (u32 made = 0; made < many - 1; made++) {
      u32 sum = 0;
      for (u32 k = 0; k < 2; k++) {
        if (leaf < many && (node >= made || (u32)(sorted[leaf] >> 16) <= joined[node])) {
          sum += (u32)(sorted[leaf] >> 16);
          leafParent[leaf++] = made;
        } else {
          sum += joined[node];
          nodeParent[node++] = made;
        }
      }
      joined[made] = sum;
    }
    depth[many - 2] = 0;
    for (u32 i = many - 2; i-- > 0;) depth[i] = depth[nodeParent[i]] + 1;
    u32 longest = 0;
    for (u32 i = 0; i < many; i++) {
      u32 d = depth[leafParent[i]] + 1;
      length[sorted[i] & 0xFFFF] = (u8)d;
      if (d > longest) longest = d;
    }
    if (longest <= LONGEST) return;
    for (u32 i = 0; i < many; i++) weight[i] = weight[i] / 2 + 1;
  }
}

static void makeCodes(u32 table, u32 many) {
  u32 code = 0;
  for (u32 l = 1; l <= LONGEST; l++, code <<= 1)
    for (u32 i = 0; i < many; i++) if (lengths[table][i] == l) codes[table][i] = code++;
}

// The first tables: each is cheap for its share of the symbols.
static void guessLengths(u32 many) {
  u32 left = symbolCount, from = 0;
  for (u32 part = tables; part > 0; part--) {
    u32 wanted = left / part, sum = 0, last = from;
    while (sum < wanted && last < many) sum += frequency[last++];
    if (last > from + 1 && part != tables && part != 1 && (tables - part) % 2 == 1) sum -= frequency[--last];
    for (u32 i = 0; i < many; i++) lengths[part - 1][i] = i >= from && i < last ? 0 : 15;
    left -= sum;
    from = last;
  }
}

static void chooseTables(u32 many) {
  tables = 2 + (symbolCount >= 200) + (symbolCount >= 600) + (symbolCount >= 1200) + (symbolCount >= 2400);
  guessLengths(many);
  for (u32 round = 0; round < ROUNDS; round++) {
    for (u32 i = 0; i < many; i++)
      for (u32 t = 0; t < 8; t++) costs[i][t] = t < tables ? lengths[t][i] : 20;
    for (u32 t = 0; t < tables; t++) for (u32 i = 0; i < many; i++) uses[t][i] = 0;
    groupCount = 0;
    for (u32 at = 0; at < symbolCount; at += GROUP) {
      u32 stop = at + GROUP < symbolCount ? at + GROUP : symbolCount;
      v128_t sum = wasm_i16x8_splat(0);
      for (u32 i = at; i < stop; i++) sum = wasm_i16x8_add(sum, wasm_v128_load(costs[symbols[i]]));
      u16 cost[8];
      wasm_v128_store(cost, sum);
      u32 best = 0;
      for (u32 t = 1; t < tables; t++) if (cost[t] < cost[best]) best = t;
      selectors[groupCount++] = (u8)best;
      u32 *use = uses[best];
      for (u32 i = at; i < stop; i++) use[symbols[i]]++;
    }
    for (u32 t = 0; t < tables; t++) makeLengths(lengths[t], uses[t], many);
  }
  for (u32 t = 0; t < tables; t++) makeCodes(t, many);
}
