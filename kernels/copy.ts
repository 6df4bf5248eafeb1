/** Copies `count` bytes and not one more: what lies behind the target may be another thread's to read. */
export function copyExact(to: usize, from: usize, count: usize): void {
  if (count >= 16) {
    const lastTo = to + count - 16;
    const lastFrom = from + count - 16;
    while (to < lastTo) {
      v128.store(to, v128.load(from));
      to += 16;
      from += 16;
    }
    v128.store(lastTo, v128.load(lastFrom));
  } else if (count >= 8) {
    const last = load<u64>(from + count - 8);
    store<u64>(to, load<u64>(from));
    store<u64>(to + count - 8, last);
  } else if (count >= 4) {
    const last = load<u32>(from + count - 4);
    store<u32>(to, load<u32>(from));
    store<u32>(to + count - 4, last);
  } else {
    for (let i: usize = 0; i < count; i++) store<u8>(to + i, load<u8>(from + i));
  }
}

/** Copies in steps of 16 bytes: up to 15 bytes behind the target are overwritten with anything. */
// @ts-ignore: decorator
@inline
export function copyWithSlack(to: usize, from: usize, count: usize): void {
  const end = to + count;
  do {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  } while (to < end);
}
