/**
 * Flags, width and precision of one `printf` verb, and the padding they ask for.
 */
export interface FormatSpec {
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

export function plainSpec(): FormatSpec {
  return { minus: false, plus: false, sharp: false, space: false, zero: false, width: undefined, precision: undefined };
}

/** Pads to the width, counted in characters: blanks, or zeros in front with the flag `0`. */
export function pad(text: string, spec: FormatSpec): string {
  const missing = (spec.width ?? 0) - charCount(text);
  if (missing <= 0) return text;
  if (spec.minus) return text + ' '.repeat(missing);
  return (spec.zero ? '0' : ' ').repeat(missing) + text;
}

/** Pads a number: zeros go between sign (or nothing) and digits. */
export function padNumber(sign: string, digits: string, spec: FormatSpec): string {
  const width = spec.width ?? 0;
  if (!spec.zero || spec.minus) return pad(sign + digits, { ...spec, zero: false });
  return sign + digits.padStart(width - sign.length, '0');
}

/** Characters (code points) of a text. */
export function charCount(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xdc00 || code > 0xdfff || i === 0) count++;
  }
  return count;
}

/** The first `count` characters. */
export function firstChars(text: string, count: number): string {
  if (text.length <= count) return text;
  let at = 0;
  for (let n = 0; n < count && at < text.length; n++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return text.slice(0, at);
}
