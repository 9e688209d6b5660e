// Step 2 of rotations.c: sorts the rotations that begin at turns.

#define SMALL 8
#define STEPS 32

static inline u32 onward(u32 k, u32 h) { return k + h >= turnCount ? k + h - turnCount : k + h; }

// Compares two rotations whose first h pieces are equal by the ranks further on. 0: not known yet.
static inline i32 compare(u32 x, u32 y, u32 h) {
  for (u32 i = 0; i < STEPS; i++) {
    x = onward(x, h);
    y = onward(y, h);
    i32 difference = (i32)(ranks[x] - ranks[y]);
    if (difference != 0) return difference;
  }
  return 0;
}

// Both return whether something was decided.
static u32 sortSmall(u32 start, u32 length, u32 h) {
  u32 *sorted = order + start;
  u32 same = 0; // bit i: the one at i equals the one before it
  for (u32 i = 1; i < length; i++) {
    u32 k = sorted[i], at = i, tie = 0;
    for (; at > 0; at--) {
      i32 difference = compare(sorted[at - 1], k, h);
      tie = difference == 0;
      if (difference <= 0) break;
      sorted[at] = sorted[at - 1];
    }
    sorted[at] = k;
    same = (same & ((1u << at) - 1)) | tie << at | same >> at << (at + 1);
  }
  for (u32 i = 0; i < length;) {
    u32 first = i;
    do ranks[sorted[i++]] = start + first;
    while (i < length && same >> i & 1);
    noteGroup(start + first, i - first);
  }
  return same != (1u << length) - 2;
}

static u32 sortLarge(u32 start, u32 length, u32 h) {
  u32 *sorted = order + start;
  u64 differ = 0;
  for (u32 i = 0; i < length; i++) {
    u32 k = sorted[i], next = onward(k, h);
    X[i] = (u64)ranks[next] << 39 | (u64)ranks[onward(next, h)] << PLACE_BITS | k;
    differ |= X[i] ^ X[0];
  }
  if (differ >> PLACE_BITS == 0) {
    noteGroup(start, length);
    return 0;
  }
  if (length < 600) quickSort(X, length, 30);
  else radixSort(X, Y, length);
  for (u32 i = 0; i < length;) {
    u32 first = i;
    u64 key = X[i] >> PLACE_BITS;
    for (; i < length && X[i] >> PLACE_BITS == key; i++) {
      sorted[i] = X[i] & PLACE;
      ranks[sorted[i]] = start + first;
    }
    noteGroup(start + first, i - first);
  }
  return 1;
}

// Three times as many pieces decide in each round. Rotations that stay equal are equal altogether.
static void sortTurns(void) {
  u32 which = 0, decided = 1;
  for (u32 h = 1; newCount > 0 && h < turnCount && decided; h *= 3) {
    u32 *old = groups[which], many = newCount;
    which ^= 1;
    newGroups = groups[which];
    newCount = 0;
    decided = 0;
    for (u32 i = 0; i < many; i += 2) {
      u32 start = old[i], length = old[i + 1];
      decided |= length <= SMALL ? sortSmall(start, length, h) : sortLarge(start, length, h);
    }
  }
}
