import type { LabelState, PipelineStage, Row } from '../row/stage.ts';
import { Extractor, type ParserOptions } from './extractor.ts';
import { fail, scalarEnd, valueStart } from './json-parser.ts';
import {
  CLOSE_BRACE,
  COMMA,
  JSON_ERRORS,
  jsonBlockEnd,
  jsonString,
  jsonStringEnd,
  jsonTokenKind,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipJsonSpace,
  unescapeJson,
} from './json-scanner.ts';
import { type KeyNode, KeyTable } from './key-table.ts';

/** The member that holds the original line of a packed one. */
const ENTRY_KEY = '_entry';
const NOT_AN_OBJECT = 'expecting json object(6), but it is not';

/** `| unpack`: undoes the packing of labels into a JSON line: `_entry` becomes the line, other strings become labels. */
export class UnpackParser implements PipelineStage {
  readonly #extractor: Extractor;
  readonly #keys: KeyTable = new KeyTable();
  readonly #nodes: KeyNode[] = [];
  readonly #values: string[] = [];
  #entry: string | undefined;

  constructor(options: ParserOptions = {}) {
    this.#extractor = new Extractor(options, 'other');
  }

  process(row: Row): boolean {
    if (this.#extractor.skip) return true;
    const { bytes, start, end, labels } = row;
    if (start >= end) return true;
    if (bytes[start] !== OPEN_BRACE) return fail(labels, NOT_AN_OBJECT);
    this.#nodes.length = 0;
    this.#values.length = 0;
    this.#entry = undefined;
    const error = this.#collect(bytes, start + 1, end);
    if (error !== undefined) return fail(labels, error);
    if (this.#entry === undefined) return true;
    if (!this.#takeLabels(labels)) return false;
    row.setLineText(this.#entry);
    return true;
  }

  /** Gathers the string members. @returns the error of a broken object */
  #collect(bytes: Uint8Array, at: number, end: number): string | undefined {
    let endError: string = JSON_ERRORS.malformed;
    for (;;) {
      at = skipJsonSpace(bytes, at, end);
      if (at >= end) return endError;
      if (bytes[at] === CLOSE_BRACE) return undefined;
      if (bytes[at] !== QUOTE) return JSON_ERRORS.object;
      const keyStart = at + 1;
      const keyEnd = jsonStringEnd(bytes, keyStart, end);
      if (keyEnd < 0) return JSON_ERRORS.malformed;
      at = valueStart(bytes, keyEnd + 1, end);
      if (at < 0) return JSON_ERRORS.malformed;
      const node = this.#keys.find(bytes, keyStart, keyEnd, unescapeJson);
      if (node.isBad) return JSON_ERRORS.escape;
      const c = bytes[at]!;
      const close = c === OPEN_BRACE ? jsonBlockEnd(bytes, at, end) : scalarEnd(bytes, at, end);
      if (close < 0) {
        return c === QUOTE ? JSON_ERRORS.string : c === OPEN_BRACE ? JSON_ERRORS.object : JSON_ERRORS.array;
      }
      if (c === QUOTE) this.#add(node, jsonString(bytes, at + 1, close - 1) ?? '');
      else if (c !== OPEN_BRACE && c !== OPEN_BRACKET && jsonTokenKind(bytes, at, close) === 'bad') {
        return JSON_ERRORS.literal;
      }
      at = skipJsonSpace(bytes, close, end);
      if (at >= end) return JSON_ERRORS.array;
      if (bytes[at] === COMMA) at++;
      else if (bytes[at] !== CLOSE_BRACE) return JSON_ERRORS.object;
      endError = JSON_ERRORS.array;
    }
  }

  #add(node: KeyNode, value: string): void {
    if (node.name === ENTRY_KEY) {
      this.#entry = value;
      return;
    }
    if (node.name === '') return;
    // The last of several members of one name wins.
    const known = this.#nodes.findIndex((other) => other.name === node.name);
    const at = known < 0 ? this.#nodes.length : known;
    this.#nodes[at] = node;
    this.#values[at] = value;
  }

  #takeLabels(labels: LabelState): boolean {
    const extractor = this.#extractor;
    extractor.begin(labels);
    for (let i = 0; i < this.#nodes.length; i++) {
      const name = this.#nodes[i]!.label(labels);
      if (!extractor.wants(labels, name)) continue;
      if (extractor.take(labels, name, this.#values[i]!) === 'drop') return false;
    }
    return true;
  }
}
