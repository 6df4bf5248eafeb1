import type { Extraction } from '../../../../grammar/ast.ts';
import { EXTRACTED_SUFFIX } from '../row/label-names.ts';
import type { LabelState, PipelineStage, Row } from '../row/stage.ts';
import { equalBytes, sliceText } from '../text/byte-text.ts';
import type { ParserOptions } from './extractor.ts';
import type { FieldReader } from './field-reader.ts';
import { fail, JSON_PARSER_ERROR, scalarEnd, valueStart } from './json-parser.ts';
import { parseJsonPath } from './json-path-syntax.ts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  JSON_ERRORS,
  type JsonError,
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

/** A step in the tree of all paths of the stage. */
interface PathNode {
  readonly members: { readonly key: Uint8Array; readonly text: string; readonly node: PathNode }[];
  readonly elements: { readonly index: number; readonly node: PathNode }[];
  /** Labels whose path ends here. */
  readonly targets: string[];
  /** Row number in which the node was met: the first member of a name counts. */
  seenInRow: number;
}

/** Outcome of a walk: the position after the value, or -1 when the walk is over (broken or everything was found). */
const OVER = -1;

const textEncoder = new TextEncoder();

/** `| json x="path", ...`: the values at the paths become labels; all listed labels are present afterwards. */
export class JsonPathParser implements PipelineStage {
  readonly #fields: FieldReader | undefined;
  readonly #root: PathNode = makeNode();
  readonly #targets: readonly string[];
  readonly #skip: boolean;
  readonly #pathCount: number;
  readonly #found: Set<string> = new Set();
  #row = 0;
  #left = 0;
  #error: JsonError | undefined;

  /**
   * @param fields what was read ahead
   * @throws LogError QUERY_INVALID when a path does not parse
   */
  constructor(extractions: readonly Extraction[], options: ParserOptions = {}, fields?: FieldReader) {
    this.#fields = fields;
    this.#skip = options.hints?.skip === true;
    this.#targets = extractions.map((extraction) => extraction.target);
    let ends = 0;
    for (const { target, source } of extractions) {
      let node = this.#root;
      for (const step of parseJsonPath(source)) node = childNode(node, step);
      if (node.targets.length === 0) ends++;
      node.targets.push(target);
    }
    this.#pathCount = ends;
  }

  process(row: Row): boolean {
    if (this.#skip) return true;
    const labels = row.labels;
    const fields = this.#fields;
    if (fields?.isRead === true) return fields.deliverTargets(labels, row.bytes);
    const { bytes, start, end } = row;
    if (start >= end) return true;
    const first = bytes[start];
    if (first !== QUOTE && first !== OPEN_BRACE && first !== OPEN_BRACKET) {
      labels.error = JSON_PARSER_ERROR;
      return true;
    }
    this.#row++;
    this.#left = this.#pathCount;
    this.#error = undefined;
    this.#found.clear();
    this.#value(labels, this.#root, bytes, start, end);
    for (const target of this.#targets) {
      if (!this.#found.has(target) && labels.get(target) === undefined) labels.setParsed(target, '');
    }
    return this.#error === undefined ? true : fail(labels, this.#error);
  }

  /** Walks the value at `at`, on which `node` stands. */
  #value(labels: LabelState, node: PathNode, bytes: Uint8Array, at: number, end: number): number {
    const c = bytes[at]!;
    const isTarget = node.targets.length > 0;
    if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      const needsInside = c === OPEN_BRACE ? node.members.length > 0 : node.elements.length > 0;
      if (isTarget || !needsInside) {
        const close = jsonBlockEnd(bytes, at, end);
        if (close < 0) return this.#broken(isTarget, c === OPEN_BRACE ? JSON_ERRORS.object : JSON_ERRORS.array);
        if (isTarget && this.#take(labels, node, sliceText(bytes, at, close))) return OVER;
        if (!needsInside) return close;
      }
      return c === OPEN_BRACE
        ? this.#object(labels, node, bytes, at + 1, end)
        : this.#array(labels, node, bytes, at + 1, end);
    }
    const close = scalarEnd(bytes, at, end);
    if (close < 0) return this.#broken(isTarget, JSON_ERRORS.string);
    if (!isTarget) return close;
    if (c === QUOTE) return this.#take(labels, node, jsonString(bytes, at + 1, close - 1) ?? '') ? OVER : close;
    const kind = jsonTokenKind(bytes, at, close);
    if (kind === 'bad') return this.#broken(true, JSON_ERRORS.literal);
    return this.#take(labels, node, kind === 'null' ? '' : sliceText(bytes, at, close)) ? OVER : close;
  }

  #object(labels: LabelState, node: PathNode, bytes: Uint8Array, at: number, end: number): number {
    for (;;) {
      at = skipJsonSpace(bytes, at, end);
      if (at >= end) return OVER;
      if (bytes[at] === CLOSE_BRACE) return at + 1;
      if (bytes[at] !== QUOTE) return OVER;
      const keyEnd = jsonStringEnd(bytes, at + 1, end);
      if (keyEnd < 0) return OVER;
      const value = valueStart(bytes, keyEnd + 1, end);
      if (value < 0) return OVER;
      const child = this.#member(node, bytes, at + 1, keyEnd);
      at = child === undefined ? skipValue(bytes, value, end) : this.#value(labels, child, bytes, value, end);
      if (at < 0) return OVER;
      at = skipJsonSpace(bytes, at, end);
      if (at < end && bytes[at] === COMMA) at++;
      else if (at >= end || bytes[at] !== CLOSE_BRACE) return OVER;
    }
  }

  #array(labels: LabelState, node: PathNode, bytes: Uint8Array, at: number, end: number): number {
    for (let index = 0; ; index++) {
      at = skipJsonSpace(bytes, at, end);
      if (at >= end) return OVER;
      if (bytes[at] === CLOSE_BRACKET) return at + 1;
      const child = node.elements.find((element) => element.index === index)?.node;
      const before = at;
      at = child === undefined ? skipValue(bytes, at, end) : this.#value(labels, child, bytes, at, end);
      if (at <= before) return OVER;
      at = skipJsonSpace(bytes, at, end);
      if (at < end && bytes[at] === COMMA) at++;
      else if (at >= end || bytes[at] !== CLOSE_BRACKET) return OVER;
    }
  }

  #member(node: PathNode, bytes: Uint8Array, start: number, end: number): PathNode | undefined {
    const text = hasEscape(bytes, start, end) ? unescapeJson(sliceText(bytes, start, end)) : undefined;
    const members = node.members;
    for (let i = 0; i < members.length; i++) {
      const member = members[i]!;
      const isSame = text === undefined ? equalBytes(bytes, start, end, member.key) : text === member.text;
      if (!isSame) continue;
      if (member.node.seenInRow === this.#row) return undefined;
      member.node.seenInRow = this.#row;
      return member.node;
    }
    return undefined;
  }

  /** @returns true when nothing is left to find */
  #take(labels: LabelState, node: PathNode, value: string): boolean {
    for (const target of node.targets) {
      labels.setParsed(labels.isStreamLabel(target) ? target + EXTRACTED_SUFFIX : target, value);
      this.#found.add(target);
    }
    return --this.#left === 0;
  }

  #broken(isTarget: boolean, error: JsonError): number {
    if (isTarget) this.#error = error;
    return OVER;
  }
}

function makeNode(): PathNode {
  return { members: [], elements: [], targets: [], seenInRow: 0 };
}

function childNode(parent: PathNode, step: string | number): PathNode {
  if (typeof step === 'number') {
    const known = parent.elements.find((element) => element.index === step);
    if (known !== undefined) return known.node;
    const node = makeNode();
    parent.elements.push({ index: step, node });
    return node;
  }
  const known = parent.members.find((member) => member.text === step);
  if (known !== undefined) return known.node;
  const node = makeNode();
  parent.members.push({ key: textEncoder.encode(step), text: step, node });
  return node;
}

function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === BACKSLASH) return true;
  return false;
}

/** Position after the value at `at`, or -1 when it is not closed. */
function skipValue(bytes: Uint8Array, at: number, end: number): number {
  return bytes[at] === OPEN_BRACE ? jsonBlockEnd(bytes, at, end) : scalarEnd(bytes, at, end);
}
