// The last column of all sorted rotations of a block. bzip2 sorts the block as a ring.
//
// A "turn" is a place where the bytes, read backwards, stop falling and begin to rise. No two turns are
// neighbours, so at most half of all places are turns. Three steps:
// 1. Sort the pieces from each turn to the next, by five bytes at a time.
// 2. Sort the rotations that begin at turns. Each is a row of pieces, and a piece is known by its rank.
// 3. The rotations at turns give the order of all others: one walk up for places where the bytes fall, one
//    walk down for places where they rise. An entry of a list is a place and the byte before it.

#include "numbers.c"
#include "pieces.c"
#include "turns.c"

// A place by its own kind and by that of the place before it.
enum { fallsOn, fallStops, turnsUp, risesOn };
static u32 kinds[256][4];

static void findTurns(const u8 *bytes, u32 n) {
  for (u32 c = 0; c < 256; c++) for (u32 i = 0; i < 4; i++) kinds[c][i] = 0;
  // Gathered from the end on, then moved.
  u32 *turn = lists + BLOCK, *seed = lists + 2 * BLOCK;
  u32 byte = bytes[n], rises = 1;
  for (u32 i = n; i > 0; i--) {
    u32 before = bytes[i - 1];
    u32 roseBefore = (before < byte) | ((before == byte) & rises);
    kinds[byte][rises * 2 + roseBefore]++;
    *turn = i;
    *seed = i | before << PLACE_BITS;
    u32 found = rises & (roseBefore ^ 1);
    turn -= found;
    seed -= found;
    byte = before;
    rises = roseBefore;
  }
  turnCount = (u32)(lists + BLOCK - turn);
  for (u32 i = 0; i < turnCount; i++) {
    turns[i] = turn[i + 1];
    seeds[i] = seed[i + 1];
  }
}

static u32 sortAll(const u8 *bytes, u32 origin, u8 *column) {
  // One list of falling places that go on, with the turns behind those of their byte; then one of falling
  // places that stop, with the rising ones behind those of their byte.
  u32 up[512], rows[256], down[256], row = 0, place = 0, turn = 0;
  for (u32 c = 0, sum = 0; c < 256; c++) {
    up[2 * c] = place;
    place += kinds[c][fallsOn];
    for (u32 i = kinds[c][turnsUp]; i > 0; i--) lists[place++] = seeds[order[turn++]];
    rows[c] = sum;
    sum += kinds[c][fallsOn] + kinds[c][fallStops] + kinds[c][turnsUp] + kinds[c][risesOn];
  }
  u32 middle = place;
  for (u32 c = 0; c < 256; c++) {
    up[2 * c + 1] = place;
    place += kinds[c][fallStops] + kinds[c][risesOn];
    down[c] = place;
  }
  u32 spare = place;
  for (u32 i = 0; i < middle; i++) {
    u32 at = (lists[i] & PLACE) - 1, c = lists[i] >> PLACE_BITS, before = bytes[at - 1];
    lists[up[2 * c + (before < c)]++] = at | before << PLACE_BITS;
    column[rows[c]] = (u8)before;
    if (at == origin) row = rows[c];
    rows[c]++;
  }
  for (u32 c = 0, sum = 0; c < 256; c++) {
    sum += kinds[c][fallsOn] + kinds[c][fallStops] + kinds[c][turnsUp] + kinds[c][risesOn];
    rows[c] = sum;
  }
  for (u32 i = spare; i-- > middle;) {
    i32 at = (i32)(lists[i] & PLACE) - 1;
    u32 c = lists[i] >> PLACE_BITS, before = bytes[at - 1], goesOn = before <= c;
    down[c] -= goesOn;
    lists[goesOn ? down[c] : spare] = (u32)at | before << PLACE_BITS;
    column[--rows[c]] = (u8)before;
    if ((u32)at == origin) row = rows[c];
  }
  return row;
}

// Writes the last column of the sorted rotations of `text`. Returns the row of the text itself.
static u32 sortRotations(const u8 *text, u32 n, u8 *column) {
  u32 at = 1, turn = 0;
  while (at < n && text[at - 1] <= text[at]) at++;
  if (at == n) at = 0;
  if (at == 0 && text[n - 1] == text[0]) {
    for (u32 i = 0; i < n; i++) column[i] = text[0];
    return 0;
  }
  // The bytes fall to this place, so the lowest place of the fall is a turn: the first of equal ones.
  turn = at;
  for (;;) {
    u32 next = at + 1 == n ? 0 : at + 1;
    if (text[next] > text[at]) break;
    if (text[next] < text[at]) turn = next;
    at = next;
  }
  u8 *bytes = room + 16;
  __builtin_memcpy(bytes, text + turn, n - turn);
  __builtin_memcpy(bytes + n - turn, text, turn);
  for (u32 i = 0; i < 32; i++) bytes[n + i] = bytes[i % n];
  bytes[-1] = bytes[n - 1];
  bytes[-2] = bytes[n - 2];
  findTurns(bytes, n);
  sortPieces(bytes);
  sortTurns();
  return sortAll(bytes, turn == 0 ? 0 : n - turn, column);
}
