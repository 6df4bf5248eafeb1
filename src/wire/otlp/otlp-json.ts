import { LogError } from '../../base/errors.ts';
import {
  checkDepth,
  type OtlpAttributes,
  type OtlpRecord,
  type OtlpResource,
  type OtlpScope,
  type OtlpValue,
} from './otlp-model.ts';

type Json = undefined | null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

// Whole numbers that a double would round.
const LONG_NUMBER = /[:,[]\s*-?\d{16,}/;

/**
 * Decodes an OTLP/JSON logs request: camel case keys, 64-bit numbers as strings or numbers, ids as hex.
 *
 * @throws LogError PUSH_DECODE
 */
export function decodeOtlpJson(body: Buffer): OtlpResource[] {
  const text = body.toString('utf8');
  let root: Json;
  try {
    root = LONG_NUMBER.test(text) ? (JSON.parse(text, keepLongNumbers) as Json) : (JSON.parse(text) as Json);
  } catch (cause) {
    throw new LogError('PUSH_DECODE', `malformed JSON: ${cause instanceof Error ? cause.message : 'unreadable'}`, {
      status: 400,
      cause,
    });
  }
  return list(member(root, 'resourceLogs')).map(readResourceLogs);
}

function keepLongNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return /^-?\d{16,}$/.test(context.source) ? context.source : value;
}

function bad(what: string): LogError {
  return new LogError('PUSH_DECODE', `malformed OTLP JSON: ${what}`, { status: 400 });
}

function member(value: Json, key: string): Json {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw bad(`expected an object around "${key}"`);
  return (value as { readonly [key: string]: Json })[key];
}

function list(value: Json): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw bad('expected an array');
  return value;
}

function textOf(value: Json): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw bad('expected a string');
  if (!value.isWellFormed()) throw bad('lone surrogate in a string');
  return value;
}

function wholeNumber(value: Json): bigint {
  if (value === undefined || value === null || value === '') return 0n;
  const text = String(value);
  if (!/^-?\d{1,20}$/.test(text)) throw bad(`"${text.slice(0, 40)}" is not a whole number`);
  return BigInt(text);
}

function readResourceLogs(value: Json): OtlpResource {
  return {
    attributes: readAttributes(member(member(value, 'resource'), 'attributes'), 0),
    scopes: list(member(value, 'scopeLogs')).map(readScopeLogs),
  };
}

function readScopeLogs(value: Json): OtlpScope {
  const scope = member(value, 'scope');
  return {
    name: textOf(member(scope, 'name')),
    version: textOf(member(scope, 'version')),
    attributes: readAttributes(member(scope, 'attributes'), 0),
    droppedAttributes: Number(wholeNumber(member(scope, 'droppedAttributesCount'))),
    records: list(member(value, 'logRecords')).map(readRecord),
  };
}

function readRecord(value: Json): OtlpRecord {
  return {
    timeNs: wholeNumber(member(value, 'timeUnixNano')),
    observedNs: wholeNumber(member(value, 'observedTimeUnixNano')),
    severityNumber: Number(wholeNumber(member(value, 'severityNumber'))),
    severityText: textOf(member(value, 'severityText')),
    body: readValue(member(value, 'body'), 0),
    attributes: readAttributes(member(value, 'attributes'), 0),
    droppedAttributes: Number(wholeNumber(member(value, 'droppedAttributesCount'))),
    flags: Number(wholeNumber(member(value, 'flags'))),
    traceId: readId(member(value, 'traceId'), 32),
    spanId: readId(member(value, 'spanId'), 16),
  };
}

function readId(value: Json, length: number): string {
  const text = textOf(value).toLowerCase();
  if (text === '') return '';
  if (text.length !== length || !/^[0-9a-f]+$/.test(text))
    throw bad('a trace or span id is not hex of the right length');
  return /^0+$/.test(text) ? '' : text;
}

function readAttributes(value: Json, depth: number): OtlpAttributes {
  return list(value).map((item) => [textOf(member(item, 'key')), readValue(member(item, 'value'), depth)] as const);
}

function readValue(value: Json, depth: number): OtlpValue {
  checkDepth(depth);
  if (value === undefined || value === null) return undefined;
  const text = member(value, 'stringValue');
  if (text !== undefined) return textOf(text);
  const truth = member(value, 'boolValue');
  if (truth !== undefined) return truth === true || truth === 'true';
  const whole = member(value, 'intValue');
  if (whole !== undefined) return wholeNumber(whole);
  const double = member(value, 'doubleValue');
  if (double !== undefined) return Number(double);
  const array = member(value, 'arrayValue');
  if (array !== undefined) return list(member(array, 'values')).map((item) => readValue(item, depth + 1));
  const map = member(value, 'kvlistValue');
  if (map !== undefined) return { pairs: readAttributes(member(map, 'values'), depth + 1) };
  const bytes = member(value, 'bytesValue');
  if (bytes !== undefined) return Buffer.from(textOf(bytes), 'base64');
  return undefined;
}
