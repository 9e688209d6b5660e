(module
  (import "parity" "memory" (memory 1 65536 shared))

  ;; Twice a word of GF(2^16), with the polynomial 0x1100B of PAR2.
  (func $twice (param $x i32) (result i32)
    (i32.xor
      (i32.shl (local.get $x) (i32.const 1))
      (i32.mul (i32.shr_u (local.get $x) (i32.const 15)) (i32.const 0x1100B))))

  ;; One byte of the products of 0 to 15, where $a is the word once, $b twice, $c four times, $d eight times.
  (func $table (param $a i32) (param $b i32) (param $c i32) (param $d i32) (param $shift i32) (result v128)
    (v128.xor
      (v128.xor
        (v128.and (i8x16.splat (i32.shr_u (local.get $a) (local.get $shift)))
          (v128.const i8x16 0 -1 0 -1 0 -1 0 -1 0 -1 0 -1 0 -1 0 -1))
        (v128.and (i8x16.splat (i32.shr_u (local.get $b) (local.get $shift)))
          (v128.const i8x16 0 0 -1 -1 0 0 -1 -1 0 0 -1 -1 0 0 -1 -1)))
      (v128.xor
        (v128.and (i8x16.splat (i32.shr_u (local.get $c) (local.get $shift)))
          (v128.const i8x16 0 0 0 0 -1 -1 -1 -1 0 0 0 0 -1 -1 -1 -1))
        (v128.and (i8x16.splat (i32.shr_u (local.get $d) (local.get $shift)))
          (v128.const i8x16 0 0 0 0 0 0 0 0 -1 -1 -1 -1 -1 -1 -1 -1)))))

  ;; Splits 16 words at a time into four bits each: the lowest of all words first. The products are tables of
  ;; four bits, and a table's place in a vector is a byte. So $to gets twice the bytes. It may end where the
  ;; words end. $bytes is a multiple of 32.
  (func (export "split") (param $from i32) (param $to i32) (param $bytes i32)
    (local $end i32) (local $x v128) (local $y v128) (local $low v128) (local $high v128)
    (local.set $end (i32.add (local.get $from) (local.get $bytes)))
    (loop $next
      (if (i32.lt_u (local.get $from) (local.get $end))
        (then
          (local.set $x (v128.load (local.get $from)))
          (local.set $y (v128.load offset=16 (local.get $from)))
          (local.set $low
            (i8x16.shuffle 0 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 (local.get $x) (local.get $y)))
          (local.set $high
            (i8x16.shuffle 1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31 (local.get $x) (local.get $y)))
          (v128.store (local.get $to)
            (v128.and (local.get $low) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
          (v128.store offset=16 (local.get $to)
            (i8x16.shr_u (local.get $low) (i32.const 4)))
          (v128.store offset=32 (local.get $to)
            (v128.and (local.get $high) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
          (v128.store offset=48 (local.get $to)
            (i8x16.shr_u (local.get $high) (i32.const 4)))
          (local.set $from (i32.add (local.get $from) (i32.const 32)))
          (local.set $to (i32.add (local.get $to) (i32.const 64)))
          (br $next)))))

  ;; Joins in place words that are kept as 16 low bytes, then 16 high ones.
  (func (export "join") (param $at i32) (param $bytes i32)
    (local $end i32) (local $x v128) (local $y v128)
    (local.set $end (i32.add (local.get $at) (local.get $bytes)))
    (loop $next
      (if (i32.lt_u (local.get $at) (local.get $end))
        (then
          (local.set $x (v128.load (local.get $at)))
          (local.set $y (v128.load offset=16 (local.get $at)))
          (v128.store (local.get $at)
            (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $x) (local.get $y)))
          (v128.store offset=16 (local.get $at)
            (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $x) (local.get $y)))
          (local.set $at (i32.add (local.get $at) (i32.const 32)))
          (br $next)))))

  ;; Adds $factor times the words at $from, which are split, to those at $to: 16 low bytes, then 16 high ones.
  ;; $bytes is the size of the words, a multiple of 32. The eight tables stay in registers.
  (func $addProduct (export "addProduct") (param $from i32) (param $to i32) (param $bytes i32) (param $factor i32)
    (local $end i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local $l0 v128) (local $h0 v128) (local $l1 v128) (local $h1 v128)
    (local $l2 v128) (local $h2 v128) (local $l3 v128) (local $h3 v128)
    (local $n0 v128) (local $n1 v128) (local $n2 v128) (local $n3 v128)
    (local.set $a (local.get $factor))
    (local.set $b (call $twice (local.get $a)))
    (local.set $c (call $twice (local.get $b)))
    (local.set $d (call $twice (local.get $c)))
    (local.set $l0 (call $table (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i32.const 0)))
    (local.set $h0 (call $table (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i32.const 8)))
    (local.set $a (call $twice (local.get $d)))
    (local.set $b (call $twice (local.get $a)))
    (local.set $c (call $twice (local.get $b)))
    (local.set $d (call $twice (local.get $c)))
    (local.set $l1 (call $table (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i32.const 0)))
    (local.set $h1 (call $table (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i32.const 8)))
    (local.set $a (call $twice (local.get $d)))
    (local.set $b (call $twice (local.get $a)))
    (local.set $c (call $twice (local.get $b)))
    (local.set $d (call $twice (local.get $c)))
    (local.set $l2 (call $table (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i32.const 0)))
    (local.set $h2 (call $table (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i32.const 8)))
    (local.set $a (call $twice (local.get $d)))
    (local.set $b (call $twice (local.get $a)))
    (local.set $c (call $twice (local.get $b)))
    (local.set $d (call $twice (local.get $c)))
    (local.set $l3 (call $table (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i32.const 0)))
    (local.set $h3 (call $table (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i32.const 8)))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $bytes) (i32.const 1))))
    (loop $next
      (if (i32.lt_u (local.get $from) (local.get $end))
        (then
          (local.set $n0 (v128.load offset=0 (local.get $from)))
          (local.set $n1 (v128.load offset=16 (local.get $from)))
          (local.set $n2 (v128.load offset=32 (local.get $from)))
          (local.set $n3 (v128.load offset=48 (local.get $from)))
          (v128.store (local.get $to)
            (v128.xor (v128.load (local.get $to))
              (v128.xor
                (v128.xor (i8x16.relaxed_swizzle (local.get $l0) (local.get $n0))
                  (i8x16.relaxed_swizzle (local.get $l1) (local.get $n1)))
                (v128.xor (i8x16.relaxed_swizzle (local.get $l2) (local.get $n2))
                  (i8x16.relaxed_swizzle (local.get $l3) (local.get $n3))))))
          (v128.store offset=16 (local.get $to)
            (v128.xor (v128.load offset=16 (local.get $to))
              (v128.xor
                (v128.xor (i8x16.relaxed_swizzle (local.get $h0) (local.get $n0))
                  (i8x16.relaxed_swizzle (local.get $h1) (local.get $n1)))
                (v128.xor (i8x16.relaxed_swizzle (local.get $h2) (local.get $n2))
                  (i8x16.relaxed_swizzle (local.get $h3) (local.get $n3))))))
          (local.set $from (i32.add (local.get $from) (i32.const 64)))
          (local.set $to (i32.add (local.get $to) (i32.const 32)))
          (br $next)))))
)
