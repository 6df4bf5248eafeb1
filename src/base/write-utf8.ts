/** UTF-8 bytes that a UTF-16 unit takes at most. */
export const MAX_UNIT_BYTES = 3;
/** Shorter texts are written character by character, as most are ASCII: a call of the platform costs more. */
const MAX_SHORT_TEXT = 32;

/**
 * Writes a text as UTF-8 (lone surrogates as U+FFFD) to memory that has room for `MAX_UNIT_BYTES` for each of its units.
 *
 * @returns bytes written
 */
export function writeUtf8(to: Buffer, text: string, at: number): number {
  return text.length <= MAX_SHORT_TEXT && writeAscii(to, text, at) ? text.length : to.utf8Write(text, at);
}

/** @returns false for a text that is not ASCII, not all written then */
function writeAscii(to: Uint8Array, text: string, at: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return false;
    to[at + i] = code;
  }
  return true;
}
