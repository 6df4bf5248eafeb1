/** Writes the two digits of a number below 100. */
// @ts-ignore: decorator
@inline
export function putTwo(to: usize, value: u32): void {
  const tens = value / 10;
  store<u16>(to, <u16>(0x3030 + tens + ((value - tens * 10) << 8)));
}
