import type { LabelPredicate } from '../../../../grammar/ast.ts';
import {
  ABSENT,
  EMPTY,
  type FieldKernel,
  type FieldScan,
  MAX_FIELDS,
  PENDING,
  type StructuredFormat,
  type TargetFormat,
  type ValueKind,
} from '../../../kernels/field-kernel.ts';
import type { Labels } from '../../../model/labels.ts';
import { haveSameNames, labelValue } from '../../../model/labels.ts';
import type { LinesOnDemand } from '../../../model/row-block.ts';
import { type FieldTest, fieldTests, type NumberTest, type TextTest } from '../filters/field-tests.ts';
import { mayHaveMetadata, type ReadableBlock } from '../row/readable-block.ts';
import type { LabelState } from '../row/stage.ts';
import { sliceCleanText, sliceText } from '../text/byte-text.ts';
import type { Extractor } from './extractor.ts';
import { type FieldKeys, LabelKeys } from './field-keys.ts';
import type { ParsedPattern } from './line-pattern.ts';
import { type EncodedPattern, encodePattern } from './pattern-fields.ts';

/** Of fewer rows of a frame all lines are decoded: a plan for each template would not pay. */
const MIN_PLANNED_ROWS = 48;

/** Rows chosen so far: `rows[0, count)`, ascending. */
export interface ChosenRows {
  rows: Uint32Array;
  count: number;
}

/** What the first parser of a pipeline is, as far as fields can be read ahead for it. */
export type FieldSource =
  | { readonly format: StructuredFormat }
  | { readonly format: TargetFormat; readonly targets: readonly string[]; readonly keys: FieldKeys }
  | { readonly format: 'pattern'; readonly pattern: ParsedPattern };

/**
 * Reads the wanted labels of the first parser for all rows of a block at once, by a kernel. Rows that are sure to fail a label filter
 * right behind the parser are dropped; for others the parser takes its labels from here (`isRead`), or parses the line itself where
 * the kernel left it alone.
 */
export class FieldReader {
  readonly #source: FieldSource;
  readonly #keys: FieldKeys;
  /** How the parser makes a label value of bytes. */
  readonly #toText: typeof sliceText;
  /** Labels that the parser extracts, when these are all it has to extract. */
  readonly #names: readonly string[];
  /** All labels that the parser has to extract are fields here. */
  readonly complete: boolean;
  readonly #tests: readonly FieldTest[];
  /** All labels that the filters test are fields here. */
  readonly #testsAll: boolean;
  /** The kernel that was used last, which has numbered the keys: blocks of one scan may lie in several. */
  #numbering: FieldKernel | undefined;
  /** What stands for fields that a row does not have. */
  #missing = ABSENT;
  /** The stream has a label of the name of a target: parsers tell what becomes of that. */
  #clashes = false;
  /** Rows whose lines have to be decoded. */
  #undecoded: Uint32Array = new Uint32Array(0);
  /** Frame of the rows that were read without a plan last, and how many of it were. */
  #frame = -1;
  #unplanned = 0;
  #stream: Labels | undefined;
  /** Pattern for the current stream: which captures are wanted depends on its labels. */
  #pattern: EncodedPattern = { bytes: new Uint8Array(0), captures: 0 };
  #kernel: FieldKernel | undefined;
  /** Kernel rows of the rows that are left. */
  #indexes: Uint32Array = new Uint32Array(0);
  /** By kernel row: 1 when its fields were read and all tests are sure to pass. */
  #passed: Uint8Array = new Uint8Array(0);
  /** Kernel row at work, -1 when its line has to be parsed. */
  #at = -1;
  readonly #order = new Int32Array(MAX_FIELDS);

  /**
   * @param names labels that the parser has to extract, undefined: all of them, so that rows are only dropped here
   * @param filters predicates of the label filters right behind the parser
   * @returns undefined when there is nothing to gain
   */
  static create(
    source: FieldSource,
    names: ReadonlySet<string> | undefined,
    filters: readonly LabelPredicate[],
  ): FieldReader | undefined {
    if ('targets' in source) return new FieldReader(source, source.targets, true, fieldTests(filters));
    const isComplete = names !== undefined && names.size > 0 && names.size <= MAX_FIELDS;
    const tests = fieldTests(filters);
    const wanted = isComplete ? [...names] : [...new Set(tests.map((test) => test.name))].slice(0, MAX_FIELDS);
    if (wanted.length === 0) return undefined;
    return new FieldReader(source, wanted, isComplete, tests);
  }

  private constructor(source: FieldSource, names: readonly string[], complete: boolean, tests: readonly FieldTest[]) {
    this.#source = source;
    this.#toText = source.format === 'pattern' ? sliceText : sliceCleanText;
    this.#names = names;
    this.#keys = keysOf(source, names);
    this.complete = complete;
    this.#tests = tests.filter((test) => names.includes(test.name));
    this.#testsAll = this.#tests.length === tests.length;
  }

  /**
   * Reads the fields of the chosen rows of a block, and drops rows. Where the block has no kernel, nothing happens. Of lines on demand only those
   * are decoded that have to be: not even rows that are left need to be among them.
   */
  read(block: ReadableBlock, chosen: ChosenRows): void {
    this.#at = -1;
    this.#kernel = block.fields;
    const kernel = this.#kernel;
    if (kernel === undefined) return;
    const { count } = chosen;
    this.#prepare(kernel, block.streamLabels);
    if (this.#clashes) {
      this.#kernel = undefined;
      block.someLines?.need(chosen.rows, count);
      return;
    }
    this.#decideMissing(kernel, block);
    // Of keys that a query names the last value counts, so their lines are read to the end.
    const isEnough = this.complete && this.#source.format !== 'logfmt-targets';
    kernel.select(chosen.rows, count, this.#names.length, isEnough ? this.#names.length : ABSENT, this.#missing);
    this.#readRows(kernel, chosen, block.someLines);
    if (this.#indexes.length < count) {
      this.#indexes = new Uint32Array(count * 2);
      this.#passed = new Uint8Array(count * 2);
    }
    const { status } = kernel;
    for (let i = 0; i < count; i++) {
      this.#indexes[i] = i;
      this.#passed[i] = 1 - status[i]!;
    }
    for (const test of this.#tests) {
      if (test.kind === 'text') this.#dropByText(test, kernel, chosen, block.bytes);
      else this.#dropByNumber(test, kernel, chosen);
    }
  }

  #readRows(kernel: FieldKernel, { rows, count }: ChosenRows, lines: LinesOnDemand | undefined): void {
    const source: FieldScan =
      this.#source.format === 'pattern'
        ? { format: 'pattern', pattern: this.#pattern.bytes, captures: this.#pattern.captures }
        : this.#source;
    if (lines === undefined || !this.#plans(lines, kernel, count)) {
      lines?.need(rows, count);
      kernel.read(source, this.#keys);
      return;
    }
    lines.readFields(kernel, source, this.#keys);
    const { status } = kernel;
    let pending = 0;
    if (this.#undecoded.length < count) this.#undecoded = new Uint32Array(count * 2);
    for (let i = 0; i < count; i++) if (status[i] === PENDING) this.#undecoded[pending++] = rows[i]!;
    if (pending === 0) return;
    lines.need(this.#undecoded, pending);
    for (let begin = 0; begin < count; begin++) {
      if (status[begin] !== PENDING) continue;
      let end = begin + 1;
      while (end < count && status[end] === PENDING) end++;
      kernel.read(source, this.#keys, begin, end);
      begin = end;
    }
  }

  /** Whether plans pay: small blocks share a frame with neighbours, which most likely are read as well. */
  #plans(lines: LinesOnDemand, kernel: FieldKernel, count: number): boolean {
    if (count >= MIN_PLANNED_ROWS || lines.hasPlans(kernel)) return true;
    if (lines.frame !== this.#frame) this.#unplanned = 0;
    this.#frame = lines.frame;
    this.#unplanned += count;
    return this.#unplanned >= MIN_PLANNED_ROWS;
  }

  /** Rows may be dropped by reading ahead. */
  get drops(): boolean {
    return this.#tests.length > 0;
  }

  /**
   * Points at a row: its place among the chosen ones.
   *
   * @returns true when its fields were read and it passes all tests for sure
   */
  row(place: number): boolean {
    if (this.#kernel === undefined) return false;
    const index = this.#indexes[place]!;
    this.#at = this.complete && this.#kernel.status[index] === 0 ? index : -1;
    return this.#at >= 0 && this.#testsAll && this.#passed[index] === 1;
  }

  /** Makes numbers of a field, for `number`. */
  convert(name: string, kind: ValueKind): void {
    this.#kernel?.convert(this.#names.indexOf(name), kind);
  }

  /** What `convert` made of the field of the row that is pointed at; NaN when it takes a closer look. */
  get number(): number {
    return this.#kernel!.values[this.#at]!;
  }

  /** Number of a field; -1 for a name that is none. */
  fieldOfName(name: string): number {
    return this.#names.indexOf(name);
  }

  /** Where a field of the row that is pointed at begins and ends; see ABSENT. */
  start(field: number): number {
    return this.#kernel!.ranges[(this.#at * this.#names.length + field) * 2]!;
  }

  end(field: number): number {
    return this.#kernel!.ranges[(this.#at * this.#names.length + field) * 2 + 1]!;
  }

  /** The parser need not look at the line: `deliver` has its labels. */
  get isRead(): boolean {
    return this.#at >= 0;
  }

  /**
   * Hands the labels of the row to an extractor in the order of the line.
   *
   * @param bytes of the block
   * @returns false when a label filter drops the row
   */
  deliver(labels: LabelState, extractor: Extractor, bytes: Uint8Array): boolean {
    const { ranges } = this.#kernel!;
    const names = this.#names;
    const from = this.#at * names.length * 2;
    const order = this.#order;
    let count = 0;
    for (let field = 0; field < names.length; field++) {
      const start = ranges[from + field * 2]!;
      if (start === ABSENT) continue;
      let place = count++;
      for (; place > 0 && ranges[from + order[place - 1]! * 2]! > start; place--) order[place] = order[place - 1]!;
      order[place] = field;
    }
    const toText = this.#toText;
    for (let i = 0; i < count; i++) {
      const field = order[i]!;
      const start = ranges[from + field * 2]!;
      const end = ranges[from + field * 2 + 1]!;
      const value = toText(bytes, start, end);
      const verdict = extractor.take(labels, names[field]!, value);
      if (verdict !== 'go-on') return verdict === 'enough';
    }
    return true;
  }

  /** As `deliver`, for labels that the query names: all of them are there afterwards. */
  deliverTargets(labels: LabelState, bytes: Uint8Array): true {
    const names = this.#names;
    for (let field = 0; field < names.length; field++) {
      const start = this.start(field);
      if (start !== ABSENT) labels.setParsed(names[field]!, this.#toText(bytes, start, this.end(field)));
      else if (labels.get(names[field]!) === undefined) labels.setParsed(names[field]!, '');
    }
    return true;
  }

  #prepare(kernel: FieldKernel, stream: Labels): void {
    if (kernel.owner !== this || kernel !== this.#numbering) {
      kernel.own(this);
      this.#numbering = kernel;
      this.#keys.forget();
      this.#stream = undefined;
    }
    const before = this.#stream;
    if (before === stream) return;
    this.#stream = stream;
    // What a key is depends on the names of the stream's labels alone.
    if (before !== undefined && haveSameNames(before, stream)) return;
    if (this.#source.format === 'pattern') {
      const encoded = this.#pattern;
      this.#pattern = encodePattern(this.#source.pattern, this.#names, stream);
      if (Buffer.compare(encoded.bytes, this.#pattern.bytes) !== 0) kernel.forgetPlans();
      return;
    }
    this.#keys.useStream(stream, kernel);
    this.#clashes = isTargets(this.#source) && this.#names.some((name) => labelValue(stream, name) !== undefined);
  }

  /** Labels that a query names are empty where a line does not have them; those of JSON only where no metadata has the name. */
  #decideMissing(kernel: FieldKernel, block: ReadableBlock): void {
    const { format } = this.#source;
    const isEmpty = format === 'logfmt-targets' || (format === 'json-paths' && !mayHaveMetadata(block, this.#names));
    const missing = isEmpty ? EMPTY : ABSENT;
    // Plans made for empty fields put such fields where there are none.
    if (missing !== this.#missing) kernel.forgetPlans();
    this.#missing = missing;
  }

  #dropByText(test: TextTest, kernel: FieldKernel, chosen: ChosenRows, bytes: Uint8Array): void {
    const { ranges, status } = kernel;
    const { rows, count } = chosen;
    const indexes = this.#indexes;
    const stride = this.#names.length * 2;
    const field = this.#names.indexOf(test.name) * 2;
    const toText = this.#toText;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const index = indexes[i]!;
      const at = index * stride + field;
      const start = ranges[at]!;
      if (status[index] !== 0 || start === ABSENT) this.#passed[index] = 0;
      else if (!test.passes(bytes, start, ranges[at + 1]!, toText)) continue;
      rows[kept] = rows[i]!;
      indexes[kept++] = index;
    }
    chosen.count = kept;
  }

  /** Drops the chosen rows whose field is there and fails a test. */
  #dropByNumber(test: NumberTest, kernel: FieldKernel, chosen: ChosenRows): void {
    kernel.convert(this.#names.indexOf(test.name), test.kind);
    const { values } = kernel;
    const { rows, count } = chosen;
    const indexes = this.#indexes;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const index = indexes[i]!;
      const value = values[index]!;
      if (test.fails(value)) continue;
      if (!test.passes(value)) this.#passed[index] = 0;
      rows[kept] = rows[i]!;
      indexes[kept++] = index;
    }
    chosen.count = kept;
  }
}

function isTargets(source: FieldSource): boolean {
  return source.format === 'json-paths' || source.format === 'logfmt-targets';
}

function keysOf(source: FieldSource, names: readonly string[]): FieldKeys {
  return 'keys' in source ? source.keys : new LabelKeys(names, source.format === 'json');
}
