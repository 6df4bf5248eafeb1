import { LogError } from '../../base/errors.ts';
import type { ByteAutomaton } from '../../base/regex/byte-automaton.ts';
import type { Needle } from '../../base/regex/byte-search.ts';
import type { BlockKernel } from '../../kernels/block-kernel.ts';
import type { FieldKernel, FieldScan, KeyReader } from '../../kernels/field-kernel.ts';
import { type TemplateKernel, UNKNOWN_ROW } from '../../kernels/template-kernel.ts';
import type { LinesOnDemand, RowFinder } from '../../model/row-block.ts';

/**
 * Lines of a block in a template frame, decoded when somebody needs them: a search decodes those that may hold its text, whoever looks at
 * other rows asks for them before. Starts, ends and bytes are the kernel's.
 */
export class SomeLines implements RowFinder, LinesOnDemand {
  readonly #kernel: BlockKernel;
  readonly #templates: TemplateKernel;
  #where = '';
  #firstLine = 0;
  #rowCount = 0;
  #all: Uint32Array = new Uint32Array(0);
  #hasAll = false;
  readonly #onDecoded: (bytes: number) => void;
  readonly #onDamage: (error: unknown) => void;

  /**
   * @param onDecoded told how many bytes were decoded
   * @param onDamage told of a block that was left out
   */
  constructor(kernel: BlockKernel, onDecoded: (bytes: number) => void, onDamage: (error: unknown) => void) {
    this.#kernel = kernel;
    this.#templates = kernel.templates;
    this.#onDecoded = onDecoded;
    this.#onDamage = onDamage;
  }

  get bytes(): Buffer {
    return this.#templates.someLines;
  }

  get frame(): number {
    return this.#templates.frame;
  }

  /** Begins a block: rows of the open frame from a line on. */
  begin(where: string, firstLine: number, rowCount: number): void {
    this.#where = where;
    this.#firstLine = firstLine;
    this.#rowCount = rowCount;
    this.#hasAll = false;
    this.#templates.begin(rowCount);
  }

  /** @throws LogError CHUNK_CORRUPT */
  rowsWith(needles: readonly Needle[], wanted: boolean, first: number, end: number, into: Uint32Array): number {
    if (!this.#wantRowsWith(needles)) return -1;
    this.#decode();
    return this.#kernel.collectRows(this.bytes, { needles, wanted, first, end }, into);
  }

  rowsThatMay(needles: readonly Needle[], first: number, end: number, into: Uint32Array): number {
    if (!this.#wantRowsWith(needles)) return -1;
    const count = this.#templates.listWanted(first, end, into);
    this.#templates.begin(this.#rowCount);
    return count;
  }

  /** @throws LogError CHUNK_CORRUPT */
  keepMatching(
    automaton: ByteAutomaton,
    wanted: boolean,
    rows: Uint32Array,
    count: number,
    test: (row: number) => boolean,
  ): number {
    const found = this.#templates.keepMatching(automaton, wanted, this.#firstLine, rows, count);
    if (found < 0) this.#count(-1);
    let kept = 0;
    for (let i = 0; i < found; i++) {
      const row = rows[i]!;
      if (row < UNKNOWN_ROW) rows[kept++] = row;
      else {
        this.needRow(row - UNKNOWN_ROW);
        if (test(row - UNKNOWN_ROW)) rows[kept++] = row - UNKNOWN_ROW;
      }
    }
    return kept;
  }

  /** Wants rows that may hold one of the needles, and no others. @returns false when one of them cannot be searched for */
  #wantRowsWith(needles: readonly Needle[]): boolean {
    if (!needles.every((needle) => this.#kernel.searches(needle))) return false;
    this.#templates.begin(this.#rowCount);
    this.#hasAll = false;
    for (const needle of needles) this.#templates.wantCandidates(needle, this.#firstLine, this.#rowCount);
    return true;
  }

  /** Decodes the lines of rows that have not been decoded. @throws LogError CHUNK_CORRUPT */
  need(rows: Uint32Array, count: number, from = 0): void {
    if (this.#hasAll || count === 0) return;
    this.#templates.want(rows, count, from);
    this.#decode();
    this.#hasAll = count === this.#rowCount;
  }

  /** Decodes one row, if it has not been. @throws LogError CHUNK_CORRUPT */
  needRow(row: number): void {
    if (!this.#hasAll) this.#count(this.#templates.decodeRow(this.#firstLine, row));
  }

  /** @throws LogError CHUNK_CORRUPT */
  measure(rows: Uint32Array, count: number): void {
    if (this.#hasAll || count === 0) return;
    this.#templates.want(rows, count);
    if (!this.#templates.measure(this.#firstLine, this.#rowCount)) this.#count(-1);
  }

  hasPlans(fields: FieldKernel): boolean {
    return fields.hasPlans(this.frame);
  }

  /** @throws LogError CHUNK_CORRUPT */
  readFields(fields: FieldKernel, source: FieldScan, reader: KeyReader): void {
    const { frame } = this;
    const first = this.#firstLine;
    if (!this.#templates.append((used) => fields.readTemplates(source, reader, { frame, first, used })))
      this.#count(-1);
  }

  /** Decodes the lines of all rows, in order. @throws LogError CHUNK_CORRUPT */
  needAll(): void {
    if (this.#hasAll) return;
    if (this.#all.length < this.#rowCount) this.#all = Uint32Array.from({ length: this.#rowCount * 2 }, (_, i) => i);
    this.#templates.begin(this.#rowCount);
    this.need(this.#all, this.#rowCount);
  }

  damaged(error: unknown): void {
    this.#onDamage(error);
  }

  #decode(): void {
    this.#count(this.#templates.decode(this.#firstLine, this.#rowCount));
  }

  #count(bytes: number): void {
    if (bytes < 0) throw new LogError('CHUNK_CORRUPT', `${this.#where}: template frame does not decode`);
    this.#onDecoded(bytes);
  }
}
