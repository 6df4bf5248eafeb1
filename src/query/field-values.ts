import { formatByteSize, parseByteSize, parseGoDuration } from '../../grammar/literals.ts';
import { parseGoFloat } from '../base/go/parse-number.ts';
import type { DetectedField } from '../wire/metadata-json.ts';

export type FieldType = DetectedField['type'];

const INTEGER = /^[+-]?\d{1,19}$/;
const BOOLEAN: ReadonlySet<string> = new Set(['t', 'T', 'TRUE', 'true', 'True', 'f', 'F', 'FALSE', 'false', 'False']);

/** Type of a value: the first that fits of int, float, boolean, duration, bytes; else string. */
export function fieldType(value: string): FieldType {
  if (isInteger(value)) return 'int';
  if (parses(parseGoFloat, value)) return 'float';
  if (BOOLEAN.has(value)) return 'boolean';
  if (parses(parseGoDuration, value)) return 'duration';
  if (parses(parseByteSize, value)) return 'bytes';
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

/** A field found in a JSON line: the joined and cleaned name, its value, and the keys that lead to it. */
export interface JsonField {
  readonly name: string;
  readonly value: string;
  readonly path: readonly string[];
}

/** Most levels of nesting that are followed. */
const MAX_DEPTH = 128;

/** Fields of a line that is a JSON object; undefined when it is none. Arrays and nulls are skipped; the first of a name wins. */
export function jsonFields(line: string): JsonField[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line, numberAsWritten);
  } catch {
    // Not JSON: the caller tries logfmt.
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const fields = new Map<string, JsonField>();
  collect(value, [], '', fields);
  return [...fields.values()];
}

/** Numbers keep the text they came in, as with `| json`: an id may have more digits than a double holds. */
function numberAsWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? value) : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function collect(
  object: Record<string, unknown>,
  path: readonly string[],
  prefix: string,
  fields: Map<string, JsonField>,
): void {
  if (path.length >= MAX_DEPTH) return;
  for (const [key, value] of Object.entries(object)) {
    const cleaned = cleanName(key, prefix === '');
    const name = prefix === '' ? cleaned : `${prefix}_${cleaned}`;
    const own = [...path, key];
    if (isObject(value)) collect(value, own, name, fields);
    else if (value !== null && !Array.isArray(value) && name !== '' && !fields.has(name)) {
      fields.set(name, { name, value: String(value), path: own });
    }
  }
}

/** Label name of a key: one underscore per character that a label cannot hold, and before a leading digit. */
function cleanName(key: string, first: boolean): string {
  const trimmed = key.trim();
  const cleaned = trimmed.replace(/[^A-Za-z0-9_]/gu, '_');
  return first && /^\d/.test(trimmed) ? `_${cleaned}` : cleaned;
}
