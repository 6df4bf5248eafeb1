import { LogError } from '../../base/errors.ts';

/** What an OTLP logs request holds, whichever of its two encodings it came in. */
export interface OtlpResource {
  readonly attributes: OtlpAttributes;
  readonly scopes: readonly OtlpScope[];
}

export interface OtlpScope {
  readonly name: string;
  readonly version: string;
  readonly attributes: OtlpAttributes;
  readonly droppedAttributes: number;
  readonly records: readonly OtlpRecord[];
}

export interface OtlpRecord {
  /** 0n when unset. */
  readonly timeNs: bigint;
  readonly observedNs: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: OtlpValue;
  readonly attributes: OtlpAttributes;
  readonly droppedAttributes: number;
  readonly flags: number;
  /** Lower-case hex. */
  readonly traceId: string;
  readonly spanId: string;
}

export type OtlpAttributes = readonly (readonly [string, OtlpValue])[];

/** A map is kept as its pairs. */
export interface OtlpMap {
  readonly pairs: OtlpAttributes;
}

export type OtlpValue = undefined | string | boolean | number | bigint | Uint8Array | readonly OtlpValue[] | OtlpMap;

/** Deeper values are refused: they are walked by recursion. */
const MAX_VALUE_DEPTH = 64;

export function checkDepth(depth: number): void {
  if (depth > MAX_VALUE_DEPTH) {
    throw new LogError('PUSH_DECODE', `value is nested more than ${MAX_VALUE_DEPTH} deep`, { status: 400 });
  }
}

export function isOtlpMap(value: OtlpValue): value is OtlpMap {
  return typeof value === 'object' && 'pairs' in value;
}

/** Text of a value: strings as they are, arrays and maps as compact JSON with sorted keys, bytes as base64. */
export function otlpValueText(value: OtlpValue): string {
  if (value === undefined) return '';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return typeof value === 'object' ? jsonText(value) : String(value);
}

function jsonText(value: OtlpValue): string {
  if (value === undefined) return 'null';
  if (typeof value === 'string') return quoteJson(value);
  if (value instanceof Uint8Array) return quoteJson(otlpValueText(value));
  if (isOtlpMap(value)) {
    const members = new Map(value.pairs);
    const names = [...members.keys()].sort();
    return `{${names.map((name) => `${quoteJson(name)}:${jsonText(members.get(name))}`).join(',')}}`;
  }
  if (typeof value === 'object') return `[${value.map(jsonText).join(',')}]`;
  return String(value);
}

/** As Go's encoding/json writes strings, which escapes what HTML or JavaScript would trip over. */
function quoteJson(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
