import { type FormatSpec, plainSpec } from './format-spec.ts';
import { formatValue, goText } from './format-value.ts';
import { GoInt, type GoValue, goTypeName } from './value.ts';

/**
 * fmt.Sprintf: verbs, flags, `*`, argument indexes, and Go's notes for what does not fit (`%!d(string=5)`,
 * `%!s(MISSING)`, `%!(EXTRA int=1)`).
 */

/** Go's own bound for width and precision, lowered: nobody reads columns of a million characters. */
const MAX_WIDTH = 100_000;

/** Longest text one call may make; checked after each verb. */
const MAX_CHARS = 10 * 1024 * 1024;

/** State of one call. */
interface Cursor {
  readonly format: string;
  readonly args: readonly GoValue[];
  at: number;
  arg: number;
  reordered: boolean;
  goodIndex: boolean;
}

/**
 * @param format text with `%` verbs
 * @throws Error if the result would be longer than 10 MiB
 */
export function goSprintf(format: string, args: readonly GoValue[]): string {
  const cursor: Cursor = { format, args, at: 0, arg: 0, reordered: false, goodIndex: true };
  let out = '';
  for (;;) {
    const percent = format.indexOf('%', cursor.at);
    if (percent < 0) break;
    out += format.slice(cursor.at, percent);
    cursor.at = percent + 1;
    out += nextVerb(cursor);
    if (out.length > MAX_CHARS) throw new Error(`printf: text longer than ${MAX_CHARS} characters`);
  }
  out += format.slice(cursor.at);
  if (!cursor.reordered && cursor.arg < args.length) {
    const extra = args
      .slice(cursor.arg)
      .map((arg) => (arg === null || arg === undefined ? '<nil>' : `${goTypeName(arg)}=${goText(arg)}`));
    out += `%!(EXTRA ${extra.join(', ')})`;
  }
  return out;
}

function nextVerb(cursor: Cursor): string {
  const { format, args } = cursor;
  const spec = plainSpec();
  let notes = '';
  cursor.goodIndex = true;
  readFlags(cursor, spec);
  let afterIndex = readIndex(cursor);
  if (format[cursor.at] === '*') {
    cursor.at++;
    const width = takeInt(cursor);
    if (width === undefined) notes += '%!(BADWIDTH)';
    else {
      spec.width = Math.abs(width);
      if (width < 0) spec.minus = true;
    }
    afterIndex = false;
  } else {
    spec.width = readNumber(cursor);
    if (afterIndex && spec.width !== undefined) cursor.goodIndex = false;
  }
  if (format[cursor.at] === '.') {
    cursor.at++;
    if (afterIndex) cursor.goodIndex = false;
    afterIndex = readIndex(cursor);
    if (format[cursor.at] === '*') {
      cursor.at++;
      const precision = takeInt(cursor);
      if (precision === undefined) notes += '%!(BADPREC)';
      else if (precision < 0) notes += '%!(BADPREC)';
      else spec.precision = precision;
      afterIndex = false;
    } else spec.precision = readNumber(cursor) ?? 0;
  }
  if (!afterIndex) readIndex(cursor);
  const verb = cursor.at < format.length ? String.fromCodePoint(format.codePointAt(cursor.at) ?? 0) : undefined;
  if (verb === undefined) return `${notes}%!(NOVERB)`;
  cursor.at += verb.length;
  if (verb === '%') return `${notes}%`;
  if (!cursor.goodIndex) return `${notes}%!${verb}(BADINDEX)`;
  if (cursor.arg >= args.length) return `${notes}%!${verb}(MISSING)`;
  const value = args[cursor.arg];
  cursor.arg++;
  // `%+v` asks for the field names of structs, which no value here has; the sign of numbers is left alone.
  if (verb === 'v') spec.plus = false;
  return notes + formatValue(value, verb, spec);
}

function readFlags(cursor: Cursor, spec: FormatSpec): void {
  for (; ; cursor.at++) {
    switch (cursor.format[cursor.at]) {
      case '-':
        spec.minus = true;
        break;
      case '+':
        spec.plus = true;
        break;
      case '#':
        spec.sharp = true;
        break;
      case ' ':
        spec.space = true;
        break;
      case '0':
        spec.zero = true;
        break;
      default:
        return;
    }
  }
}

function readNumber(cursor: Cursor): number | undefined {
  const start = cursor.at;
  let value = 0;
  for (;;) {
    const digit = cursor.format.charCodeAt(cursor.at) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    value = Math.min(value * 10 + digit, MAX_WIDTH);
    cursor.at++;
  }
  return cursor.at === start ? undefined : value;
}

/** `[2]`: the next operand is the second one. @returns whether there was one */
function readIndex(cursor: Cursor): boolean {
  if (cursor.format[cursor.at] !== '[') return false;
  cursor.reordered = true;
  const end = cursor.format.indexOf(']', cursor.at);
  const digits = end < 0 ? '' : cursor.format.slice(cursor.at + 1, end);
  cursor.at = end < 0 ? cursor.at + 1 : end + 1;
  const index = /^\d{1,6}$/.test(digits) ? Number(digits) : 0;
  if (index < 1 || index > cursor.args.length) {
    cursor.goodIndex = false;
    return end >= 0;
  }
  cursor.arg = index - 1;
  return true;
}

function takeInt(cursor: Cursor): number | undefined {
  const value = cursor.args[cursor.arg];
  if (cursor.arg < cursor.args.length) cursor.arg++;
  if (!(value instanceof GoInt)) return undefined;
  const size = Number(value.value);
  return Math.abs(size) > MAX_WIDTH ? undefined : size;
}
