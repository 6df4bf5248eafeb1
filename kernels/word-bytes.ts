/** What the bytes of words are. */

// @ts-ignore: decorator
@inline
export function isDigit(c: u8): bool {
  return <u32>c - 0x30 < 10;
}

/** A byte of ASCII that can be in a word. */
// @ts-ignore: decorator
@inline
export function isPlainWord(c: u8): bool {
  const lower = c | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || isDigit(c) || c === 0x5f;
}

/** A byte that can be in a word; whatever is not ASCII can. */
// @ts-ignore: decorator
@inline
export function isWord(c: u8): bool {
  return isPlainWord(c) || c >= 0x80;
}
