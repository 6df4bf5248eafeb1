import type { ByteAutomaton } from '../base/regex/byte-automaton.ts';
import type { Needle } from '../base/regex/byte-search.ts';

/** The part of the block kernel that reads template frames. */
export interface TemplateExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  linesAt(): number;
  templateHeaderAt(): number;
  templateTextsAt(): number;
  templatePackedAt(): number;
  openTemplates(lines: number, headerBytes: number, textBytes: number, packedBytes: number): number;
  markedLine(place: number): number;
  decodeLines(): number;
  beginLines(count: number): void;
  wantedRowsAt(): number;
  wantRows(count: number): void;
  decodeWanted(first: number, count: number, used: number): number;
  decodeRow(first: number, row: number, used: number): number;
  listWanted(first: number, end: number): number;
  measureWanted(first: number, count: number): number;
  openSearch(): void;
  forgetChains(): void;
  narrow(): void;
  candidates(first: number, count: number, wants: boolean): number;
  nextStatesAt(): number;
  acceptsAt(): number;
  useAutomaton(start: number, count: number): void;
  forgetSteps(): void;
  matchWanted(first: number, count: number, wanted: boolean): number;
}

/** Sizes of kernels/block-areas.ts. */
const SECTION_CAPACITY = 1 << 20;
const ROW_CAPACITY = 1 << 16;
const SOME_LINES_AT = 1 << 20;
const SOME_LINES_CAPACITY = 5 << 19;
/** Lines and fields of larger frames might not fit. */
const MAX_RAW_BYTES = 1 << 20;
/** The kernel keeps so much free behind what it decodes: for whole vectors, and for a number, whose length it does not know before. */
const SLACK_BYTES = 128;
const STATE_CAPACITY = 256;
const BYTES = 256;
/** Added to rows that an automaton cannot tell; IS_UNKNOWN of kernels/template-automaton.ts. */
export const UNKNOWN_ROW = 0x80000000;

/** So many numbers are copied one by one. */
const FEW_ROWS = 32;

/** Reads one template frame at a time, in the memory of the block kernel. */
export class TemplateKernel {
  /** Where the sections of a frame go before it is opened. */
  readonly header: Buffer;
  readonly texts: Buffer;
  readonly packed: Buffer;
  /** Where wanted lines are decoded to. */
  readonly someLines: Buffer;
  readonly maxLines: number = ROW_CAPACITY;
  readonly maxRawBytes: number = MAX_RAW_BYTES - SLACK_BYTES;
  readonly #exports: TemplateExports;
  readonly #rows: Uint32Array;
  readonly #nextStates: Uint8Array;
  readonly #accepts: Uint8Array;
  #automaton: ByteAutomaton | undefined;
  readonly #useNeedle: (needle: Needle) => void;
  /** Words of needles that were searched for. */
  readonly #runs = new WeakMap<Needle, readonly Needle[]>();
  #used = 0;
  /** What the open frame was searched for last: blocks that share a frame ask for the same. */
  #searched: Needle | undefined;
  /** Counts the frames that were opened. */
  frame = 0;
  #lines = 0;

  constructor(exports: TemplateExports, useNeedle: (needle: Needle) => void) {
    const { buffer } = exports.memory;
    this.#exports = exports;
    this.#useNeedle = useNeedle;
    this.header = Buffer.from(buffer, exports.templateHeaderAt(), SECTION_CAPACITY);
    this.texts = Buffer.from(buffer, exports.templateTextsAt(), SECTION_CAPACITY);
    this.packed = Buffer.from(buffer, exports.templatePackedAt(), SECTION_CAPACITY);
    this.someLines = Buffer.from(buffer, exports.linesAt() + SOME_LINES_AT, SOME_LINES_CAPACITY);
    this.#rows = new Uint32Array(buffer, exports.wantedRowsAt(), ROW_CAPACITY);
    this.#nextStates = new Uint8Array(buffer, exports.nextStatesAt(), STATE_CAPACITY * BYTES);
    this.#accepts = new Uint8Array(buffer, exports.acceptsAt(), STATE_CAPACITY);
  }

  /** Opens the frame whose sections have been put in place; false when it is damaged or too much. */
  open(lines: number, headerBytes: number, textBytes: number, packedBytes: number): boolean {
    this.#exports.forgetChains();
    this.#exports.forgetSteps();
    this.#searched = undefined;
    this.frame++;
    this.#lines = lines;
    return this.#exports.openTemplates(lines, headerBytes, textBytes, packedBytes) === 0;
  }

  /** Lines of the open frame. */
  get lines(): number {
    return this.#lines;
  }

  /** Line that begins at a place of the raw frame, if a mark says so; else -1. */
  markedLine(place: number): number {
    return this.#exports.markedLine(place);
  }

  /** Decodes all lines to where frames of lines are decompressed to. @returns their bytes, -1 when the frame is damaged */
  decodeAll(): number {
    return this.#exports.decodeLines();
  }

  /** Whether one of lines `[first, first + count)` may hold a needle. False is sure. */
  mayHold(needle: Needle, first: number, count: number): boolean {
    this.#search(needle);
    return this.#exports.candidates(first, count, false) > 0;
  }

  /** Begins a block of so many lines: none of them is decoded. */
  begin(count: number): void {
    this.#exports.beginLines(count);
    this.#used = 0;
  }

  /** Wants those of lines `[first, first + count)` that may hold a needle. */
  wantCandidates(needle: Needle, first: number, count: number): void {
    this.#search(needle);
    this.#exports.candidates(first, count, true);
  }

  /** Rows `[first, end)` that are wanted and have not been decoded. @returns how many are put into `into` */
  listWanted(first: number, end: number, into: Uint32Array): number {
    const count = this.#exports.listWanted(first, end);
    into.set(this.#rows.subarray(0, count));
    return count;
  }

  /**
   * Keeps those of some rows whose lines an automaton matches, or with `wanted` false does not; rows that it cannot tell stay, with UNKNOWN_ROW added. No line
   * is decoded for it.
   *
   * @param first line that is row 0
   * @returns how many, -1 when the frame is damaged
   */
  keepMatching(automaton: ByteAutomaton, wanted: boolean, first: number, rows: Uint32Array, count: number): number {
    if (this.#automaton !== automaton) {
      this.#nextStates.set(automaton.next);
      this.#accepts.set(automaton.accepts);
      this.#exports.useAutomaton(automaton.start, automaton.accepts.length);
      this.#automaton = automaton;
    }
    this.#rows.set(rows.subarray(0, count));
    const kept = this.#exports.matchWanted(first, count, wanted);
    if (kept > 0) rows.set(this.#rows.subarray(0, kept));
    return kept;
  }

  /** Wants rows of the block. */
  want(rows: Uint32Array, count: number, from = 0): void {
    // To copy a few by hand is faster than to make a view of them.
    if (count > FEW_ROWS) this.#rows.set(rows.subarray(from, from + count));
    else for (let i = 0; i < count; i++) this.#rows[i] = rows[from + i]!;
    this.#exports.wantRows(count);
  }

  /**
   * Decodes what is wanted of lines `[first, first + count)`, the block's rows, to `someLines`.
   *
   * @returns bytes decoded, -1 when the frame is damaged
   */
  decode(first: number, count: number): number {
    const before = this.#used;
    this.#used = this.#exports.decodeWanted(first, count, before);
    return this.#used < 0 ? -1 : this.#used - before;
  }

  /**
   * Sets starts and ends of what is wanted of lines `[first, first + count)` as far apart as the lines are long, without the lines.
   *
   * @returns false when the frame is damaged
   */
  measure(first: number, count: number): boolean {
    return this.#exports.measureWanted(first, count) !== 0;
  }

  /** Decodes one row, if it has not been; the same result. */
  decodeRow(first: number, row: number): number {
    const before = this.#used;
    this.#used = this.#exports.decodeRow(first, row, before);
    return this.#used < 0 ? -1 : this.#used - before;
  }

  /**
   * Puts something else behind the decoded lines.
   *
   * @param put gets the bytes in use, and returns those in use then
   * @returns whether it did
   */
  append(put: (used: number) => number): boolean {
    const used = put(this.#used);
    if (used >= 0) this.#used = used;
    return used >= 0;
  }

  #search(needle: Needle): void {
    if (this.#searched === needle) return;
    this.#searched = needle;
    let runs = this.#runs.get(needle);
    if (runs === undefined) {
      runs = wordRuns(needle);
      this.#runs.set(needle, runs);
    }
    this.#exports.openSearch();
    for (const run of runs) {
      this.#useNeedle(run);
      this.#exports.narrow();
    }
  }
}

/** The runs of word bytes in a needle, the longest first; as kernels/template-search.ts tells words. */
function wordRuns({ bytes, ignoreCase }: Needle): Needle[] {
  const runs: Needle[] = [];
  let start = 0;
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && isWord(bytes[at]!)) continue;
    if (at > start) runs.push({ bytes: bytes.slice(start, at), ignoreCase });
    start = at + 1;
  }
  return runs.sort((a, b) => b.bytes.length - a.bytes.length);
}

function isWord(byte: number): boolean {
  const lower = byte | 0x20;
  return (
    (lower >= 0x61 && lower <= 0x7a && byte < 0x80) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f || byte >= 0x80
  );
}
