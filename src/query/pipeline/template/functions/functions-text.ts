import { charCount, firstChars } from '../../../../base/go/format-spec.ts';
import {
  byteLength,
  goLower,
  goTitle,
  goUpper,
  queryEscape,
  queryUnescape,
  replaceCount,
  sliceBytes,
  trimSet,
  trimSpace,
} from '../../../../base/go/text.ts';
import { GoInt, type GoValue } from '../../../../base/go/value.ts';
import type { ParamType, TemplateFunction } from './call-types.ts';
import { cachedRegex } from './regex-cache.ts';
import { MAX_OUTPUT_CHARS } from './runtime.ts';

/** A function of strings (and ints) with the arguments as plain JavaScript values. */
function textFunction(
  params: readonly ParamType[],
  run: (...args: never[]) => string | boolean | GoInt,
): TemplateFunction {
  const call = (args: readonly GoValue[]): GoValue =>
    (run as (...args: unknown[]) => string | boolean | GoInt)(
      ...args.map((arg) => (arg instanceof GoInt ? Number(arg.value) : arg)),
    );
  return { params, call };
}

const one = (run: (text: string) => string): TemplateFunction => textFunction(['string'], run);
const two = (run: (a: string, b: string) => string | boolean): TemplateFunction =>
  textFunction(['string', 'string'], run);
const sized = (run: (size: number, text: string) => string): TemplateFunction => textFunction(['int', 'string'], run);

/** Refuses before the memory is taken. */
function checkSize(chars: number): void {
  if (chars > MAX_OUTPUT_CHARS) throw new Error(`text longer than ${MAX_OUTPUT_CHARS} characters`);
}

function replace(text: string, old: string, replacement: string, count: number): string {
  if (text.length * replacement.length > MAX_OUTPUT_CHARS) {
    const gaps = old === '' ? text.length + 1 : text.split(old).length - 1;
    checkSize(text.length + (count < 0 ? gaps : Math.min(gaps, count)) * replacement.length);
  }
  return replaceCount(text, old, replacement, count);
}

function trunc(size: number, text: string): string {
  const bytes = byteLength(text);
  if (size < 0) return bytes + size > 0 ? sliceBytes(text, bytes + size, bytes) : text;
  return bytes > size ? sliceBytes(text, 0, size) : text;
}

/** Bytes start to end; a negative start or an end out of range leaves that side open, as far as Go's slices allow. */
function substr(start: number, end: number, text: string): string {
  const bytes = byteLength(text);
  const fail = (bounds: string): never => {
    throw new Error(`runtime error: slice bounds out of range ${bounds}`);
  };
  if (start < 0) {
    if (end < 0) fail(`[:${end}]`);
    if (end > bytes) fail(`[:${end}] with length ${bytes}`);
    return sliceBytes(text, 0, end);
  }
  if (end < 0 || end > bytes) return start > bytes ? fail(`[${start}:${bytes}]`) : sliceBytes(text, start, bytes);
  return start > end ? fail(`[${start}:${end}]`) : sliceBytes(text, start, end);
}

function alignLeft(count: number, text: string): string {
  const size = charCount(text);
  if (count < 0 || size === count) return text;
  if (size > count) return firstChars(text, count);
  checkSize(count);
  return text + ' '.repeat(count - size);
}

function alignRight(count: number, text: string): string {
  const size = charCount(text);
  if (count < 0 || size === count) return text;
  if (size > count) return text.slice(firstChars(text, size - count).length);
  checkSize(count);
  return ' '.repeat(count - size) + text;
}

function repeat(count: number, text: string): string {
  if (count < 0) throw new Error('strings: negative Repeat count');
  checkSize(count * text.length);
  return text === '' ? '' : text.repeat(count);
}

function indent(size: number, text: string): string {
  checkSize(size);
  const blanks = repeat(size, ' ');
  return blanks + replace(text, '\n', `\n${blanks}`, -1);
}

function base64Decode(text: string): string {
  const bad = badBase64(text.replace(/[\r\n]/g, ''));
  if (bad !== undefined) return `illegal base64 data at input byte ${bad}`;
  return Buffer.from(text, 'base64').toString('utf8');
}

/** @returns the place that Go complains about, or undefined if the text is right */
function badBase64(text: string): number | undefined {
  const end = /[^A-Za-z0-9+/]/.exec(text)?.index ?? text.length;
  const rest = text.slice(end);
  if (rest === '') return text.length % 4 === 0 ? undefined : text.length - (text.length % 4);
  if (rest[0] !== '=' || end % 4 < 2) return end;
  const padding = 4 - (end % 4);
  if (rest.startsWith('='.repeat(padding))) return rest.length > padding ? end + padding : undefined;
  return rest.length === 1 ? text.length : end + 1;
}

function regexReplace(pattern: string, text: string, replacement: string, isLiteral: boolean): string {
  const regex = cachedRegex(pattern);
  const references = isLiteral ? 0 : replacement.split('$').length - 1;
  if ((text.length + 1) * (replacement.length + 1) > MAX_OUTPUT_CHARS) {
    checkSize(text.length * (1 + references) + regex.count(text) * replacement.length);
  }
  return isLiteral ? regex.replaceAllLiteral(text, replacement) : regex.replaceAll(text, replacement);
}

/** Strings: case, cuts, padding, search, encodings, regexes. */
export const TEXT_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  ToLower: one(goLower),
  ToUpper: one(goUpper),
  lower: one(goLower),
  upper: one(goUpper),
  title: one(goTitle),
  Replace: textFunction(['string', 'string', 'string', 'int'], replace),
  replace: textFunction(['string', 'string', 'string'], (old: string, next: string, text: string) =>
    replace(text, old, next, -1),
  ),
  Trim: two((text, set) => trimSet(text, set, true, true)),
  TrimLeft: two((text, set) => trimSet(text, set, true, false)),
  TrimRight: two((text, set) => trimSet(text, set, false, true)),
  TrimPrefix: two((text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  TrimSuffix: two((text, suffix) => (text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text)),
  TrimSpace: one(trimSpace),
  trim: one(trimSpace),
  trimAll: two((set, text) => trimSet(text, set, true, true)),
  trimPrefix: two((prefix, text) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  trimSuffix: two((suffix, text) => (text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text)),
  trunc: sized(trunc),
  substr: textFunction(['int', 'int', 'string'], substr),
  alignLeft: sized(alignLeft),
  alignRight: sized(alignRight),
  indent: sized(indent),
  nindent: sized((size, text) => `\n${indent(size, text)}`),
  repeat: sized(repeat),
  contains: two((part, text) => text.includes(part)),
  hasPrefix: two((prefix, text) => text.startsWith(prefix)),
  hasSuffix: two((suffix, text) => text.endsWith(suffix)),
  b64enc: one((text) => Buffer.from(text).toString('base64')),
  b64dec: one(base64Decode),
  urlencode: one(queryEscape),
  urldecode: one(queryUnescape),
  regexReplaceAll: textFunction(['string', 'string', 'string'], (re: string, text: string, to: string) =>
    regexReplace(re, text, to, false),
  ),
  regexReplaceAllLiteral: textFunction(['string', 'string', 'string'], (re: string, text: string, to: string) =>
    regexReplace(re, text, to, true),
  ),
  count: textFunction(
    ['string', 'string'],
    (re: string, text: string) => new GoInt(BigInt(cachedRegex(re).count(text))),
  ),
};
