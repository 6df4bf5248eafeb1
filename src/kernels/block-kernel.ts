import type { Needle } from '../base/regex/byte-search.ts';
import { type FieldExports, FieldKernel } from './field-kernel.ts';
import { loadKernel } from './load-kernel.ts';
import { rarestPlaces } from './rare-bytes.ts';
import { type TemplateExports, TemplateKernel } from './template-kernel.ts';

interface BlockExports extends FieldExports, TemplateExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  rowsAt(): number;
  linesAt(): number;
  timesAt(): number;
  startsAt(): number;
  endsAt(): number;
  offsetsAt(): number;
  splitLines(from: number, length: number, rows: number): number;
  decodeTimes(from: number, to: number, rows: number, unit: number): number;
  decodeRice(from: number, to: number, rows: number, unit: number): number;
  needleAt(): number;
  useNeedle(bytes: number, first: number, second: number, ignoreCase: boolean): void;
  findNeedle(from: number, length: number, start: number): number;
  matchRows(from: number, first: number, end: number, start: number, marks: boolean): number;
  clearMarks(first: number, end: number): void;
  listRows(first: number, end: number, marked: boolean): number;
}

/** Sizes of kernels/block-areas.ts. */
const TIMES_CAPACITY = 1 << 20;
/** The first mebibyte of the area: lines and fields of template frames go behind it. */
const LINES_CAPACITY = 1 << 20;
const ROW_CAPACITY = 1 << 16;
const NEEDLE_CAPACITY = 1 << 12;

export interface RowSearch {
  readonly needles: readonly Needle[];
  readonly wanted: boolean;
  readonly first: number;
  readonly end: number;
  readonly known?: { readonly needle: Needle | undefined; readonly place: number };
}

/**
 * Decodes the columns of stored blocks in a memory of its own, which frames are decompressed into. One instance for each thread;
 * its columns are overwritten by the next block.
 */
export class BlockKernel {
  /** Where frames go. */
  readonly times: Buffer;
  readonly lines: Buffer;
  /** Columns of the block decoded last. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly offsets: Float64Array;
  /** Rows that the last search found. */
  readonly rows: Uint32Array;
  readonly rowCapacity: number = ROW_CAPACITY;
  readonly fields: FieldKernel;
  readonly templates: TemplateKernel;
  readonly #exports: BlockExports;
  readonly #needle: Uint8Array;
  /** The needle that the kernel was told last. */
  #used: Needle | undefined;

  constructor(exports: BlockExports) {
    const { buffer } = exports.memory;
    this.#exports = exports;
    this.times = Buffer.from(buffer, exports.timesAt(), TIMES_CAPACITY);
    this.lines = Buffer.from(buffer, exports.linesAt(), LINES_CAPACITY);
    this.starts = new Uint32Array(buffer, exports.startsAt(), ROW_CAPACITY);
    this.ends = new Uint32Array(buffer, exports.endsAt(), ROW_CAPACITY);
    this.offsets = new Float64Array(buffer, exports.offsetsAt(), ROW_CAPACITY);
    this.rows = new Uint32Array(buffer, exports.rowsAt(), ROW_CAPACITY);
    this.#needle = new Uint8Array(buffer, exports.needleAt(), NEEDLE_CAPACITY);
    this.fields = new FieldKernel(exports);
    this.templates = new TemplateKernel(exports, (needle) => this.#use(needle));
  }

  /** True when the bytes lie in `lines` (or `times`), as those of a frame that was decompressed into it do. */
  owns(bytes: Uint8Array): boolean {
    return bytes.buffer === this.lines.buffer;
  }

  /** Splits `bytes`, a part of `lines`, at newlines; false when that does not give `rowCount` lines. */
  splitLines(bytes: Uint8Array, rowCount: number): boolean {
    return this.#exports.splitLines(bytes.byteOffset - this.lines.byteOffset, bytes.length, rowCount) === rowCount;
  }

  /** Decodes times from `bytes`, a part of `times`; as decodeTimes of chunk/times.ts behind its first byte. */
  decodeTimes(bytes: Uint8Array, from: number, to: number, rowCount: number, unitNs: number): number {
    const shift = bytes.byteOffset - this.times.byteOffset;
    const next = this.#exports.decodeTimes(from + shift, to + shift, rowCount, unitNs);
    return next < 0 ? -1 : next - shift;
  }

  /** The same for times in Rice code; as decodeRice of chunk/rice-times.ts. */
  decodeRice(bytes: Uint8Array, from: number, to: number, rowCount: number, unitNs: number): number {
    const shift = bytes.byteOffset - this.times.byteOffset;
    const next = this.#exports.decodeRice(from + shift, to + shift, rowCount, unitNs);
    return next < 0 ? -1 : next - shift;
  }

  /** Whether a needle can be searched for here. */
  searches(needle: Needle): boolean {
    return needle.bytes.length > 0 && needle.bytes.length <= NEEDLE_CAPACITY;
  }

  /** First place of a needle in `bytes`, a part of `lines`; -1 when there is none. */
  findNeedle(bytes: Uint8Array, needle: Needle): number {
    this.#use(needle);
    return this.#exports.findNeedle(bytes.byteOffset - this.lines.byteOffset, bytes.length, 0);
  }

  /**
   * Lists in `rows` those of `[first, end)` whose lines hold the needle; `bytes` was split before.
   *
   * @param start a place in `bytes` before which the needle is not
   */
  rowsWith(bytes: Uint8Array, needle: Needle, first: number, end: number, start: number): number {
    this.#use(needle);
    return this.#exports.matchRows(bytes.byteOffset - this.lines.byteOffset, first, end, start, false);
  }

  /** Lists in `rows` those of `[first, end)` whose lines hold one of the needles, or, with `wanted` false, none of them. */
  rowsWithAny(bytes: Uint8Array, needles: readonly Needle[], wanted: boolean, first: number, end: number): number {
    const from = bytes.byteOffset - this.lines.byteOffset;
    this.#exports.clearMarks(first, end);
    for (const needle of needles) {
      this.#use(needle);
      this.#exports.matchRows(from, first, end, 0, true);
    }
    return this.#exports.listRows(first, end, wanted);
  }

  /**
   * Rows whose lines hold one of the needles, or none of them; as `RowFinder.rowsWith`, for lines that were split here.
   *
   * @param known a needle that was looked for before, and its first place
   */
  collectRows(bytes: Uint8Array, { needles, wanted, first, end, known }: RowSearch, into: Uint32Array): number {
    if (!needles.every((needle) => this.searches(needle))) return -1;
    const one = needles.length === 1 && wanted ? needles[0]! : undefined;
    const start = known !== undefined && one === known.needle ? Math.max(0, known.place) : 0;
    const count =
      one === undefined
        ? this.rowsWithAny(bytes, needles, wanted, first, end)
        : this.rowsWith(bytes, one, first, end, start);
    for (let i = 0; i < count; i++) into[i] = this.rows[i]!;
    return count;
  }

  #use(needle: Needle): void {
    if (this.#used === needle) return;
    const { bytes, ignoreCase } = needle;
    const [first, second] = rarestPlaces(bytes, ignoreCase);
    this.#needle.set(bytes);
    this.#exports.useNeedle(bytes.length, first, second, ignoreCase);
    this.#used = needle;
  }
}

export function openBlockKernel(): BlockKernel | undefined {
  const exports = loadKernel('block') as BlockExports | undefined;
  return exports === undefined ? undefined : new BlockKernel(exports);
}
