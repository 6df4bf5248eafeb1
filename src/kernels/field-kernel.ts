/** The part of the block kernel that reads fields of structured lines. */
export interface FieldExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  rowsAt(): number;
  statusAt(): number;
  rangesAt(): number;
  valuesAt(): number;
  patternAt(): number;
  useFields(count: number, enough: number, missing: number): void;
  clearKeys(): void;
  addUnknown(field: number): number;
  setField(key: number, field: number): void;
  unknownKeyParent(): number;
  unknownKeyStart(): number;
  unknownKeyEnd(): number;
  scanJson(from: number, index: number, count: number): number;
  scanJsonPaths(from: number, index: number, count: number): number;
  scanLogfmt(from: number, index: number, count: number, keepsEmpty: boolean, takesLast: boolean): number;
  scanPattern(from: number, index: number, count: number, captures: number): void;
  forgetPlans(): void;
  findSamples(first: number, count: number): void;
  planFields(template: number, kind: number, captures: number, first: number, used: number): number;
  readPlanned(first: number, count: number, used: number): number;
  templatesOpen(): number;
  convertField(from: number, count: number, field: number, kind: number): void;
}

/** Sizes of kernels/block-areas.ts. */
const ROW_CAPACITY = 1 << 16;
const PATTERN_CAPACITY = 1 << 12;
export const MAX_FIELDS = 8;

/** In place of a field: the key is not wanted; a row that has it is left alone. */
export const NOT_WANTED: number = -1;
export const UNCLEAR: number = -2;

/** In place of the start of a range: the row does not have the field. */
export const ABSENT = 0xffffffff;

/** In place of the start and end of a range: fields that a row does not have are empty. */
export const EMPTY = 0;

/** From this number on a field of 'json-paths' is an object on the way to some; there are numbers up to MAX_PATH_FIELDS. */
export const FIRST_OBJECT = 8;
export const MAX_PATH_FIELDS = 64;
/** Longest path of 'json-paths', in keys. */
export const MAX_PATH_KEYS = 16;

/** What lines are, where all labels of a line may be wanted. */
export type StructuredFormat = 'json' | 'logfmt' | 'logfmt-keep-empty';

/** What lines are, where the query names what it wants of them: first values at paths, or last values of keys. */
export type TargetFormat = 'json-paths' | 'logfmt-targets';

/** What fields are read of: structured lines, or captures of a pattern in the form that kernels/fields.ts wants. */
export type FieldScan =
  | { readonly format: StructuredFormat | TargetFormat }
  | { readonly format: 'pattern'; readonly pattern: Uint8Array; readonly captures: number };

/** As kernels/template-fields.ts numbers them. */
const KINDS: readonly FieldScan['format'][] = [
  'json',
  'logfmt',
  'logfmt-keep-empty',
  'pattern',
  'json-paths',
  'logfmt-targets',
];
/** What is made of the text of a field: durations in nanoseconds within a part in 10^9; all others exact. */
export type ValueKind = 'number' | 'duration' | 'seconds' | 'bytes';

/** As kernels/field-numbers.ts numbers them. */
const VALUE_KINDS: readonly ValueKind[] = ['number', 'duration', 'seconds', 'bytes'];

/** Status of rows: left to the plain parser; not read yet. */
const LEFT = 1;
export const PENDING = 2;

/** A key that is met for the first time: its bytes, and the number of the key whose object it stands in, 0 for the line. */
export interface UnknownKey {
  readonly parent: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export interface KeyReader {
  /** @returns the field that the key is, NOT_WANTED or UNCLEAR */
  fieldOf(key: UnknownKey): number;
  /** The kernel numbered the key. */
  numbered(number: number): void;
}

/** Reads wanted fields of many rows of a block at once, into columns that stay until the next call. */
export class FieldKernel {
  /** By row: 0 when its fields were read, 1 when the row is left to the plain parser, PENDING when it has not been looked at. */
  readonly status: Uint8Array;
  /** By row and field: start and end in the bytes of the block; see ABSENT. */
  readonly ranges: Uint32Array;
  /** By row: what `convert` made of a field, NaN where it cannot tell. */
  readonly values: Float64Array;
  /** Whose keys and fields the kernel knows. */
  owner: object | undefined;
  /** Where the lines of the block are. */
  from = 0;
  readonly #exports: FieldExports;
  readonly #bytes: Uint8Array;
  readonly #rows: Uint32Array;
  #count = 0;
  /** What the plans of the open template frame are for: frame, and who reads which fields. */
  #plannedFrame = -1;
  #plannedFor: object | undefined;

  constructor(exports: FieldExports) {
    const { buffer } = exports.memory;
    this.#exports = exports;
    this.#bytes = new Uint8Array(buffer);
    this.#rows = new Uint32Array(buffer, exports.rowsAt(), ROW_CAPACITY);
    this.status = new Uint8Array(buffer, exports.statusAt(), ROW_CAPACITY);
    this.ranges = new Uint32Array(buffer, exports.rangesAt(), ROW_CAPACITY * MAX_FIELDS * 2);
    this.values = new Float64Array(buffer, exports.valuesAt(), ROW_CAPACITY);
  }

  /** Takes over the kernel: it forgets the keys of others. */
  own(owner: object): void {
    this.owner = owner;
    this.#plannedFor = undefined;
    this.#exports.clearKeys();
  }

  setField(key: number, field: number): void {
    this.#exports.setField(key, field);
  }

  /** What a field is has changed: what was planned for template frames is forgotten. */
  forgetPlans(): void {
    this.#plannedFor = undefined;
  }

  /** Whether plans for the fields of a template frame have been made. */
  hasPlans(frame: number): boolean {
    return this.#plannedFrame === frame && this.#plannedFor === this.owner;
  }

  /**
   * @param fieldCount up to MAX_FIELDS; a line is left when `enough` fields were found
   * @param missing what stands in the ranges of fields that a row does not have: ABSENT or EMPTY
   */
  select(rows: Uint32Array, count: number, fieldCount: number, enough: number, missing: number = ABSENT): void {
    this.#rows.set(rows.subarray(0, count));
    this.#count = count;
    this.#exports.useFields(fieldCount, enough, missing);
  }

  /** Reads the fields of selected rows `[begin, end)`, whose lines are there. */
  read(source: FieldScan, reader: KeyReader, begin = 0, end: number = this.#count): void {
    const exports = this.#exports;
    if (source.format === 'pattern') {
      this.#bytes.set(source.pattern, exports.patternAt());
      exports.scanPattern(this.from, begin, end, source.captures);
      return;
    }
    let index = begin;
    while (index < end) {
      index = this.#scan(source.format, index, end);
      // No room for more keys: the row is left to the plain parser.
      if (index < end && !this.#addKey(reader)) this.status[index++] = LEFT;
    }
  }

  /** @returns `end`, or the row at which an unknown key was met */
  #scan(format: StructuredFormat | TargetFormat, index: number, end: number): number {
    const exports = this.#exports;
    if (format === 'json') return exports.scanJson(this.from, index, end);
    if (format === 'json-paths') return exports.scanJsonPaths(this.from, index, end);
    return exports.scanLogfmt(this.from, index, end, format !== 'logfmt', format === 'logfmt-targets');
  }

  /**
   * Reads the fields of the selected rows out of the template frame that is open, where all lines of a template have the same structure. The status of
   * other rows is PENDING.
   *
   * @param lines number of the frame, line of it that is row 0 of the block, and bytes of decoded lines; fields go behind them
   * @returns bytes in use then, -1 when the frame is damaged
   */
  readTemplates(
    source: FieldScan,
    reader: KeyReader,
    { frame, first, used }: { readonly frame: number; readonly first: number; readonly used: number },
  ): number {
    const exports = this.#exports;
    if (!this.hasPlans(frame)) {
      this.#plannedFrame = frame;
      this.#plannedFor = this.owner;
      exports.forgetPlans();
    }
    if (source.format === 'pattern') this.#bytes.set(source.pattern, exports.patternAt());
    const captures = source.format === 'pattern' ? source.captures : 0;
    const kind = KINDS.indexOf(source.format);
    exports.findSamples(first, this.#count);
    let template = exports.planFields(0, kind, captures, first, used);
    while (template < exports.templatesOpen()) {
      // A template with more keys than there is room for has no plan.
      if (!this.#addKey(reader)) template++;
      template = exports.planFields(template, kind, captures, first, used);
    }
    return exports.readPlanned(first, this.#count, used);
  }

  /** Numbers the key that a scan stopped at. @returns false when there is no room for it */
  #addKey(reader: KeyReader): boolean {
    const exports = this.#exports;
    const field = reader.fieldOf({
      parent: exports.unknownKeyParent(),
      bytes: this.#bytes,
      start: exports.unknownKeyStart(),
      end: exports.unknownKeyEnd(),
    });
    const number = exports.addUnknown(field);
    if (number > 0) reader.numbered(number);
    return number > 0;
  }

  /** Longest pattern. */
  get patternCapacity(): number {
    return PATTERN_CAPACITY;
  }

  /** Sets `values` to what the text of a field stands for. */
  convert(field: number, kind: ValueKind): void {
    this.#exports.convertField(this.from, this.#count, field, VALUE_KINDS.indexOf(kind));
  }
}
