// Step 1 of rotations.c: sorts the pieces from each turn to the next.

static inline void noteGroup(u32 start, u32 length) {
  if (length < 2) return;
  newGroups[newCount++] = start;
  newGroups[newCount++] = length;
}

static inline u32 pieceStart(u32 k) { return k == turnCount - 1 ? 0 : turns[k]; }
static inline u32 pieceEnd(u32 k) { return turns[k == turnCount - 1 ? 0 : k + 1]; }

struct rest {
  u64 key;
  u32 turn;
  u32 goesOn;
};

static void sinkRest(struct rest *a, u32 k, u32 n) {
  struct rest v = a[k];
  for (u32 child; (child = 2 * k + 1) < n; k = child) {
    if (child + 1 < n && a[child + 1].key > a[child].key) child++;
    if (a[child].key <= v.key) break;
    a[k] = a[child];
  }
  a[k] = v;
}

#define OPENS 0x80000000u
#define CLOSES 0x40000000u

// Sorts long pieces that are equal up to `depth`, seven bytes further. The runs of a block are at most four
// bytes and a count, and a piece rises and falls once. So the depth is bounded.
static void sortLong(const u8 *bytes, u32 start, u32 length, u32 depth) {
  struct rest *rests = (struct rest *)lists;
  u32 *sorted = order + start;
  for (u32 i = 0; i < length; i++) {
    u32 k = sorted[i], from = pieceStart(k) + depth, to = pieceEnd(k);
    u32 left = from > to ? 0 : to + 1 - from;
    u64 key = bytesAt(bytes + from);
    // A piece that ends is greater than one that falls on: padded with the greatest byte.
    rests[i].key = left <= 7 ? key | (u64)-1 >> (8 * left) : key & ~(u64)0xFF;
    rests[i].turn = k;
    rests[i].goesOn = left > 7;
  }
  if (length < 16) {
    for (u32 i = 1; i < length; i++) {
      struct rest v = rests[i];
      u32 k = i;
      for (; k > 0 && rests[k - 1].key > v.key; k--) rests[k] = rests[k - 1];
      rests[k] = v;
    }
  } else {
    for (u32 i = length / 2; i-- > 0;) sinkRest(rests, i, length);
    for (u32 last = length; last-- > 1;) {
      struct rest v = rests[last];
      rests[last] = rests[0];
      rests[0] = v;
      sinkRest(rests, 0, last);
    }
  }
  for (u32 i = 0; i < length;) {
    u32 next = i + 1;
    while (next < length && rests[next].key == rests[i].key) next++;
    for (u32 k = i; k < next; k++) {
      sorted[k] = rests[k].turn;
      ranks[rests[k].turn] = start + i;
    }
    if (next - i > 1 && rests[i].goesOn) {
      sorted[i] |= OPENS;
      sorted[next - 1] |= CLOSES;
    } else {
      noteGroup(start + i, next - i);
    }
    i = next;
  }
  for (u32 i = 0; i < length; i++) {
    if (!(sorted[i] & OPENS)) continue;
    u32 first = i;
    while (!(sorted[i] & CLOSES)) i++;
    sorted[first] &= ~OPENS;
    sorted[i] &= ~CLOSES;
    sortLong(bytes, start + first, i + 1 - first, depth + 7);
  }
}

static void sortPieces(const u8 *bytes) {
  for (u32 i = 0; i < 4; i++) for (u32 k = 0; k < 2048; k++) counts[i][k] = 0;
  for (u32 k = 0; k < turnCount; k++) {
    u32 start = pieceStart(k), length = pieceEnd(k) + 1 - start;
    // Five bytes and a bit: whether the piece ends here.
    u64 key = bytesAt(bytes + start) >> 24 << 1;
    key |= length < 5 ? ((u64)2 << 8 * (5 - length)) - 1 : length == 5;
    counts[0][key & 1023]++;
    counts[1][key >> 10 & 1023]++;
    counts[2][key >> 20 & 1023]++;
    counts[3][key >> 30]++;
    X[k] = key << PLACE_BITS | k;
  }
  scatter(X, Y, turnCount, PLACE_BITS, 1024, counts[0]);
  scatter(Y, X, turnCount, PLACE_BITS + 10, 1024, counts[1]);
  scatter(X, Y, turnCount, PLACE_BITS + 20, 1024, counts[2]);
  scatter(Y, X, turnCount, PLACE_BITS + 30, 2048, counts[3]);
  newGroups = groups[0];
  newCount = 0;
  for (u32 i = 0; i < turnCount; i++) order[i] = X[i] & PLACE;
  for (u32 start = 0; start < turnCount;) {
    u64 key = X[start] >> PLACE_BITS;
    u32 next = start;
    for (; next < turnCount && X[next] >> PLACE_BITS == key; next++) ranks[order[next]] = start;
    if (key & 1) noteGroup(start, next - start);
    else if (next - start > 1) sortLong(bytes, start, next - start, 5);
    start = next;
  }
}
