import { LogError } from '../../../base/errors.ts';
import { BLANK_JSON_KEY_FAILS } from '../row/quirks.ts';
import type { LabelState, PipelineStage, Row } from '../row/stage.ts';
import { sliceText } from '../text/byte-text.ts';
import { Extractor, type ParserOptions, type Verdict } from './extractor.ts';
import type { FieldReader } from './field-reader.ts';
import {
  CLOSE_BRACE,
  COLON,
  COMMA,
  JSON_ERRORS,
  type JsonError,
  jsonBlockEnd,
  jsonString,
  jsonStringEnd,
  jsonTokenEnd,
  jsonTokenKind,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipJsonSpace,
  unescapeJson,
} from './json-scanner.ts';
import { type KeyNode, KeyTable } from './key-table.ts';

export const JSON_PARSER_ERROR = 'JSONParserErr';

/** `| json`: every scalar of the object becomes a label named by its path; arrays are left out. */
export class JsonParser implements PipelineStage {
  readonly #extractor: Extractor;
  readonly #fields: FieldReader | undefined;
  readonly #keys: KeyTable = new KeyTable();
  /** Tables of the objects around the current one. */
  readonly #outer: KeyTable[] = [];

  /** @param fields what was read ahead */
  constructor(options: ParserOptions = {}, fields?: FieldReader) {
    this.#fields = fields;
    this.#extractor = new Extractor(options, 'json');
  }

  process(row: Row): boolean {
    if (this.#extractor.skip) return true;
    const labels = row.labels;
    if (!this.#extractor.begin(labels)) return true;
    const fields = this.#fields;
    if (fields?.isRead === true) return fields.deliver(labels, this.#extractor, row.bytes);
    const { bytes, start, end } = row;
    const at = skipJsonSpace(bytes, start, end);
    if (at >= end || bytes[at] !== OPEN_BRACE) return fail(labels, JSON_ERRORS.object);
    return this.#members(labels, bytes, at + 1, end);
  }

  /** Walks the members from after the first brace; nested objects share the loop, so depth costs no stack. */
  #members(labels: LabelState, bytes: Uint8Array, at: number, end: number): boolean {
    const outer = this.#outer;
    outer.length = 0;
    let table = this.#keys;
    let endError: JsonError = JSON_ERRORS.malformed;
    for (;;) {
      at = skipJsonSpace(bytes, at, end);
      if (at >= end) return fail(labels, endError);
      if (bytes[at] === QUOTE) {
        const keyStart = at + 1;
        const keyEnd = jsonStringEnd(bytes, keyStart, end);
        if (keyEnd < 0) return fail(labels, JSON_ERRORS.malformed);
        at = valueStart(bytes, keyEnd + 1, end);
        if (at < 0) return fail(labels, JSON_ERRORS.malformed);
        const node = table.find(bytes, keyStart, keyEnd, unescapeJson);
        if (node.isBad) return fail(labels, JSON_ERRORS.escape);
        const c = bytes[at]!;
        if (c === OPEN_BRACE) {
          // Only the outermost nested object is checked to be closed: those inside it then are, too.
          if (outer.length === 0 && jsonBlockEnd(bytes, at, end) < 0) return fail(labels, JSON_ERRORS.object);
          outer.push(table);
          table = node.children;
          at++;
          endError = JSON_ERRORS.malformed;
          continue;
        }
        const valueEnd = scalarEnd(bytes, at, end);
        if (valueEnd < 0) return fail(labels, c === QUOTE ? JSON_ERRORS.string : JSON_ERRORS.array);
        if (c !== OPEN_BRACKET) {
          const verdict = this.#value(labels, node, bytes, at, valueEnd);
          if (verdict !== 'go-on') {
            if (verdict === 'bad') return fail(labels, JSON_ERRORS.literal);
            return verdict !== 'drop';
          }
        }
        at = valueEnd;
      } else if (bytes[at] === CLOSE_BRACE) {
        const parent = outer.pop();
        if (parent === undefined) return true;
        table = parent;
        at++;
      } else {
        return fail(labels, JSON_ERRORS.object);
      }
      // After a value: the object ends, or a comma leads on.
      at = skipJsonSpace(bytes, at, end);
      if (at >= end) return fail(labels, JSON_ERRORS.array);
      if (bytes[at] === COMMA) at++;
      else if (bytes[at] !== CLOSE_BRACE) return fail(labels, JSON_ERRORS.object);
      endError = JSON_ERRORS.array;
    }
  }

  #value(labels: LabelState, node: KeyNode, bytes: Uint8Array, start: number, end: number): Verdict | 'bad' {
    const isString = bytes[start] === QUOTE;
    if (!isString) {
      const kind = jsonTokenKind(bytes, start, end);
      if (kind === 'bad') return 'bad';
      if (kind === 'null') return 'go-on';
    }
    if (node.name === '') return blankKey();
    const name = node.label(labels);
    if (!this.#extractor.wants(labels, name)) return 'go-on';
    const value = isString ? (jsonString(bytes, start + 1, end - 1) ?? '') : sliceText(bytes, start, end);
    return this.#extractor.take(labels, name, value);
  }
}

function blankKey(): Verdict {
  if (BLANK_JSON_KEY_FAILS) throw new LogError('QUERY_EXECUTION', 'label name is empty');
  return 'go-on';
}

/** Position of the value after the key that ended before `at`, or -1 when there is no colon or nothing behind it. */
export function valueStart(bytes: Uint8Array, at: number, end: number): number {
  const colon = skipJsonSpace(bytes, at, end);
  if (colon >= end || bytes[colon] !== COLON) return -1;
  const value = skipJsonSpace(bytes, colon + 1, end);
  return value >= end ? -1 : value;
}

/** Position after the string, array or bare token at `at`, or -1 when it is not closed. */
export function scalarEnd(bytes: Uint8Array, at: number, end: number): number {
  const c = bytes[at]!;
  if (c === QUOTE) {
    const close = jsonStringEnd(bytes, at + 1, end);
    return close < 0 ? -1 : close + 1;
  }
  return c === OPEN_BRACKET ? jsonBlockEnd(bytes, at, end) : jsonTokenEnd(bytes, at, end);
}

/** Records broken JSON; the row lives on with the labels found so far. */
export function fail(labels: LabelState, details: string): true {
  labels.error = JSON_PARSER_ERROR;
  labels.errorDetails = details;
  return true;
}
