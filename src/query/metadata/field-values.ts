import { formatByteSize, parseByteSize, parseGoDuration } from '../../../grammar/literals.ts';
import { parseGoFloat } from '../../base/go/parse-number.ts';
import type { DetectedField } from '../../wire/result/metadata-json.ts';

export type FieldType = DetectedField['type'];

const INTEGER = /^[+-]?\d{1,19}$/;
const BOOLEAN: ReadonlySet<string> = new Set(['t', 'T', 'TRUE', 'true', 'True', 'f', 'F', 'FALSE', 'false', 'False']);

// What the parsers may accept, and little else: a refusal by exception takes microseconds, and most values are of no type.
const FLOAT =
  /^[+-]?(?:[\d_]*(?:\.[\d_]*)?(?:e[+-]?[\d_]*)?|0x[\da-f_]*(?:\.[\da-f_]*)?p[+-]?[\d_]*|inf|infinity|nan)$/i;
const DURATION = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[nuµμm]?s|m|h))+)$/;
const BYTES = /^[\d.,]+\s*(?:(?:b|[kmgtpe]i?b?)\s*)?$/iu;

/** Type of a value: the first that fits of int, float, boolean, duration, bytes; else string. */
export function fieldType(value: string): FieldType {
  if (isInteger(value)) return 'int';
  if (FLOAT.test(value) && parses(parseGoFloat, value)) return 'float';
  if (BOOLEAN.has(value)) return 'boolean';
  if (DURATION.test(value) && parses(parseGoDuration, value)) return 'duration';
  if (BYTES.test(value) && parses(parseByteSize, value)) return 'bytes';
  return 'string';
}

function isInteger(value: string): boolean {
  if (!INTEGER.test(value)) return false;
  const number = BigInt(value.startsWith('+') ? value.slice(1) : value);
  return number < 2n ** 63n && number >= -(2n ** 63n);
}

function parses(parse: (text: string) => unknown, value: string): boolean {
  try {
    parse(value);
    return true;
  } catch {
    // Not of this type: the next one is tried.
    return false;
  }
}

/** A parsed value as the values endpoint shows it: byte sizes in their short decimal form. */
export function shownValue(value: string): string {
  return fieldType(value) === 'bytes' ? formatByteSize(parseByteSize(value)).replace(' ', '') : value;
}
