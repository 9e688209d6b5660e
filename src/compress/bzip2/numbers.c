// Names of types, the memory that the steps share, and sorts of numbers.

#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int32_t i32;

#define BLOCK 900000
#define TURNS (BLOCK / 2 + 2)
#define PLACE_BITS 20
#define PLACE 0xFFFFFu

static u8 room[BLOCK + 64];
static u32 turns[TURNS]; // in the order of the block; the last one is at its end, which is its beginning
static u32 seeds[TURNS]; // the entry of each turn
static u32 ranks[TURNS];
static u32 order[TURNS]; // numbers of turns, as sorted until now
static u64 X[TURNS], Y[TURNS];
static u32 lists[2 * BLOCK + 64];
static u32 groups[2][TURNS]; // starts and lengths of equal ones
static u32 counts[4][2048];

static u32 turnCount;
static u32 *newGroups;
static u32 newCount;

static inline u64 bytesAt(const u8 *p) {
  u64 v;
  __builtin_memcpy(&v, p, 8);
  return __builtin_bswap64(v);
}

static void insertionSort(u64 *a, u32 n) {
  for (u32 i = 1; i < n; i++) {
    u64 v = a[i];
    u32 k = i;
    for (; k > 0 && a[k - 1] > v; k--) a[k] = a[k - 1];
    a[k] = v;
  }
}

static void sink(u64 *a, u32 k, u32 n) {
  u64 v = a[k];
  for (u32 child; (child = 2 * k + 1) < n; k = child) {
    if (child + 1 < n && a[child + 1] > a[child]) child++;
    if (a[child] <= v) break;
    a[k] = a[child];
  }
  a[k] = v;
}

static void heapSort(u64 *a, u32 n) {
  for (u32 i = n / 2; i-- > 0;) sink(a, i, n);
  while (n-- > 1) {
    u64 v = a[n];
    a[n] = a[0];
    a[0] = v;
    sink(a, 0, n);
  }
}

static void quickSort(u64 *a, u32 n, u32 depth) {
  while (n > 20) {
    if (depth-- == 0) {
      heapSort(a, n);
      return;
    }
    u64 x = a[n / 4], y = a[n / 2], z = a[n - 1 - n / 4];
    u64 middle = x < y ? (y < z ? y : x < z ? z : x) : (x < z ? x : y < z ? z : y);
    u32 i = 0, j = n - 1;
    for (;;) {
      while (a[i] < middle) i++;
      while (a[j] > middle) j--;
      if (i >= j) break;
      u64 v = a[i];
      a[i++] = a[j];
      a[j--] = v;
    }
    if (i == 0) i = 1;
    if (i < n - i) {
      quickSort(a, i, depth);
      a += i;
      n -= i;
    } else {
      quickSort(a + i, n - i, depth);
      n = i;
    }
  }
  insertionSort(a, n);
}

// One pass from a to b, by the digit at `shift`. `count` has how often each digit occurs.
static void scatter(const u64 *a, u64 *b, u32 n, u32 shift, u32 size, u32 *count) {
  for (u32 i = 0, sum = 0; i < size; i++) {
    u32 some = count[i];
    count[i] = sum;
    sum += some;
  }
  for (u32 i = 0; i < n; i++) b[count[a[i] >> shift & (size - 1)]++] = a[i];
}

// Sorts by 38 bits from bit 20 on. The result is in a again.
static void radixSort(u64 *a, u64 *b, u32 n) {
  for (u32 pass = 0; pass < 4; pass++) {
    u32 *count = counts[pass], shift = PLACE_BITS + 10 * pass;
    for (u32 i = 0; i < 1024; i++) count[i] = 0;
    for (u32 i = 0; i < n; i++) count[a[i] >> shift & 1023]++;
    scatter(a, b, n, shift, 1024, count);
    u64 *other = a;
    a = b;
    b = other;
  }
}
