/** Writes the two digits of a number below 100. */
// @ts-ignore: decorator
@inline
export function putTwo(to: usize, value: u32): void {
  const tens = value / 10;
  store<u16>(to, <u16>(0x3030 + tens + ((value - tens * 10) << 8)));
}

/** Eight digits of nought. */
export const ZEROS: u64 = 0x3030303030303030;

/** The eight digits of a number below 10^8, a byte each, the first in the lowest: halves, pairs and digits side by side in one word. */
// @ts-ignore: decorator
@inline
export function eightDigits(value: u32): u64 {
  const high = value / 10000;
  const halves = <u64>high | (<u64>(value - high * 10000) << 32);
  const hundreds = ((halves * 10486) >> 20) & 0x7f0000007f;
  const pairs = ((halves - hundreds * 100) << 16) | hundreds;
  const tens = ((pairs * 103) >> 10) & 0xf000f000f000f;
  return ((pairs - tens * 10) << 8) | tens;
}
