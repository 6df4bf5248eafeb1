/** What a word can be besides a text: a number, or hexadecimal. Words are read by whole vectors: the caller has slack behind them. */

const MAX_DIGITS: usize = 15;

/** Up to eight characters as a number; -1 when one of them is no digit. */
// @ts-ignore: decorator
@inline
function digitsOf(at: usize, count: usize): i64 {
  if (count === 0) return 0;
  const shift = (8 - <u64>count) << 3;
  const padding = shift === 0 ? 0 : (<u64>0x3030303030303030) >> (64 - shift);
  const text = (load<u64>(at) << shift) | padding;
  const above = text + 0x0606060606060606;
  if (((text & 0xf0f0f0f0f0f0f0f0) | ((above & 0xf0f0f0f0f0f0f0f0) >> 4)) !== 0x3333333333333333) return -1;
  let value = text - 0x3030303030303030;
  value = (value * 10 + (value >> 8)) & 0x00ff00ff00ff00ff;
  value = (value * 100 + (value >> 16)) & 0x0000ffff0000ffff;
  return <i64>((value * 10000 + (value >> 32)) & 0xffffffff);
}

/** The number that a word is; -1 when it is none of up to 15 digits. */
// @ts-ignore: decorator
@inline
export function numberOf(at: usize, count: usize): i64 {
  if (count <= 8) return digitsOf(at, count);
  if (count > MAX_DIGITS) return -1;
  const high = digitsOf(at, count - 8);
  const low = digitsOf(at + count - 8, 8);
  return high < 0 || low < 0 ? -1 : high * 100000000 + low;
}

/** Tells hexadecimal characters: 1 if a word could be of lower case, 2 of upper case, added up. */
export function hexCases(at: usize, count: usize): u32 {
  let lower = true;
  let upper = true;
  for (let i: usize = 0; i < count; i += 16) {
    const text = v128.load(at + i);
    const left = count - i;
    const wanted: u32 = left >= 16 ? 0xffff : ((<u32>1) << <u32>left) - 1;
    const digits = i8x16.lt_u(i8x16.sub(text, i8x16.splat(0x30)), i8x16.splat(10));
    const lowers = v128.or(digits, i8x16.lt_u(i8x16.sub(text, i8x16.splat(0x61)), i8x16.splat(6)));
    const uppers = v128.or(digits, i8x16.lt_u(i8x16.sub(text, i8x16.splat(0x41)), i8x16.splat(6)));
    lower = lower && (<u32>i8x16.bitmask(lowers) & wanted) === wanted;
    upper = upper && (<u32>i8x16.bitmask(uppers) & wanted) === wanted;
  }
  return <u32>lower | ((<u32>upper) << 1);
}
