(module
  (memory (export "memory") 1)

  ;; Copies 16 bytes at a time, so up to 15 bytes more than were asked for.
  (func $copy (param $to i32) (param $from i32) (param $bytes i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $to) (local.get $bytes)))
    (loop $next
      (v128.store (local.get $to) (v128.load (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $to) (local.get $end)))))

  ;; Decodes the block from $from to $inputEnd. Returns the end of its content, or -1 if it is damaged or does
  ;; not fit. Matches may reach back to $floor. 64 bytes behind $outputEnd and behind $inputEnd must exist.
  (func (export "decode")
    (param $from i32) (param $inputEnd i32) (param $to i32) (param $outputEnd i32) (param $floor i32)
    (result i32)
    (local $token i32) (local $length i32) (local $more i32) (local $distance i32) (local $i i32)
    (loop $sequence
      (if (i32.ge_u (local.get $from) (local.get $inputEnd)) (then (return (i32.const -1))))
      (local.set $token (i32.load8_u (local.get $from)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))

      ;; The literals.
      (local.set $length (i32.shr_u (local.get $token) (i32.const 4)))
      (if (i32.eq (local.get $length) (i32.const 15))
        (then
          (loop $longer
            (if (i32.ge_u (local.get $from) (local.get $inputEnd)) (then (return (i32.const -1))))
            (local.set $more (i32.load8_u (local.get $from)))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (local.set $length (i32.add (local.get $length) (local.get $more)))
            (br_if $longer (i32.eq (local.get $more) (i32.const 255))))))
      (if
        (i32.or
          (i32.gt_u (local.get $length) (i32.sub (local.get $inputEnd) (local.get $from)))
          (i32.gt_u (local.get $length) (i32.sub (local.get $outputEnd) (local.get $to))))
        (then (return (i32.const -1))))
      (if (local.get $length)
        (then
          (call $copy (local.get $to) (local.get $from) (local.get $length))
          (local.set $from (i32.add (local.get $from) (local.get $length)))
          (local.set $to (i32.add (local.get $to) (local.get $length)))))
      ;; The last sequence has no match.
      (if (i32.eq (local.get $from) (local.get $inputEnd)) (then (return (local.get $to))))

      ;; The match.
      (if (i32.lt_u (i32.sub (local.get $inputEnd) (local.get $from)) (i32.const 2))
        (then (return (i32.const -1))))
      (local.set $distance (i32.load16_u (local.get $from)))
      (local.set $from (i32.add (local.get $from) (i32.const 2)))
      (local.set $length (i32.add (i32.and (local.get $token) (i32.const 15)) (i32.const 4)))
      (if (i32.eq (local.get $length) (i32.const 19))
        (then
          (loop $longer
            (if (i32.ge_u (local.get $from) (local.get $inputEnd)) (then (return (i32.const -1))))
            (local.set $more (i32.load8_u (local.get $from)))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (local.set $length (i32.add (local.get $length) (local.get $more)))
            (br_if $longer (i32.eq (local.get $more) (i32.const 255))))))
      (if
        (i32.or
          (i32.eqz (local.get $distance))
          (i32.or
            (i32.gt_u (local.get $distance) (i32.sub (local.get $to) (local.get $floor)))
            (i32.gt_u (local.get $length) (i32.sub (local.get $outputEnd) (local.get $to)))))
        (then (return (i32.const -1))))
      (if (i32.lt_u (local.get $distance) (i32.const 16))
        (then
          ;; It repeats its first $distance bytes. After 16 bytes, a multiple of the distance reaches as well.
          (local.set $i (i32.const 0))
          (loop $byte
            (i32.store8
              (i32.add (local.get $to) (local.get $i))
              (i32.load8_u (i32.sub (i32.add (local.get $to) (local.get $i)) (local.get $distance))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $byte (i32.lt_u (local.get $i) (i32.const 16))))
          (if (i32.gt_u (local.get $length) (i32.const 16))
            (then
              (local.set $distance
                (i32.mul
                  (local.get $distance)
                  (i32.div_u (i32.add (local.get $distance) (i32.const 15)) (local.get $distance))))
              (call $copy
                (i32.add (local.get $to) (i32.const 16))
                (i32.sub (i32.add (local.get $to) (i32.const 16)) (local.get $distance))
                (i32.sub (local.get $length) (i32.const 16))))))
        (else
          (call $copy
            (local.get $to)
            (i32.sub (local.get $to) (local.get $distance))
            (local.get $length))))
      (local.set $to (i32.add (local.get $to) (local.get $length)))
      (br $sequence))
    (unreachable)))
